// What elsewhere stops the program when it starts does not compile.
use bizproc_runtime::Robot;

#[derive(Robot)]
#[robot(code = "send invoice")]
struct Code {
    #[property(id = "send-to")]
    id: String,
    #[property(type = "strng")]
    schema: String,
}

fn main() {}
