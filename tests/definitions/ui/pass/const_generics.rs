use bizproc_runtime::{ReturnValues, Robot};

#[derive(Robot)]
#[robot(code = "acme_sized", returns = Words<{ 2 + 1 }>)]
struct Sized<const N: usize, const FLAG: bool = true> {
    words: Vec<String>,
}

impl<const N: usize, const FLAG: bool> Sized<N, FLAG> {
    fn fits(&self) -> bool {
        FLAG && self.words.len() <= N
    }
}

#[derive(ReturnValues)]
struct Words<const N: usize> {
    count: u32,
}

fn main() {
    assert!(Sized::<3> { words: Vec::new() }.fits());
    assert_eq!(<Sized<3> as Robot>::DEFINITION.returns().len(), 1);
}
