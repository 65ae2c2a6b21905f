use bizproc_runtime::Robot;

struct Money;

#[derive(Robot)]
#[robot(code = "acme_generic")]
struct Generic<T> {
    value: T,
}

fn main() {
    println!("{:?}", Generic::<Money>::DEFINITION);
}
