//! `crate = "…"` through a re-export.
mod toolkit {
    pub mod nested {
        pub use bizproc_runtime as robots;
    }
}

use toolkit::nested::robots::{ReturnValues, Robot, Select};

#[derive(Robot)]
#[robot(code = "acme_reexported", returns = Output, crate = "crate::toolkit::nested::robots")]
struct Input {
    choice: Choice,
}

#[derive(ReturnValues)]
#[return_values(crate = "crate::toolkit::nested::robots")]
struct Output {
    chosen: Choice,
}

#[derive(Select)]
#[select(crate = "crate::toolkit::nested::robots")]
enum Choice {
    One,
}

fn main() {
    let Input { choice } = Input { choice: Choice::One };
    let Output { chosen } = Output { chosen: choice };
    assert_eq!(chosen.key(), Input::DEFINITION.returns().get(0).unwrap().options[0].key);
}
