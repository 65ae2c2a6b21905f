use bizproc_runtime::{FileRef, ReturnValues};

#[derive(ReturnValues)]
struct Done {
    #[property(default = 1)]
    paid: bool,
    #[property(default = "report.pdf")]
    report: FileRef,
}

impl Done {
    fn count() -> usize {
        <Self as ReturnValues>::PROPERTIES.len()
    }
}

fn main() {
    println!("{}", Done::count());
}
