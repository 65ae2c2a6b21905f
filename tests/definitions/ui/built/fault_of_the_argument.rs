use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "acme_generic")]
struct Generic<T> {
    #[property(default = 300)]
    value: T,
}

fn main() {
    println!("{:?}", Generic::<u16>::DEFINITION);
    println!("{:?}", Generic::<u8>::DEFINITION);
}
