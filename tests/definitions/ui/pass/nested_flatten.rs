use bizproc_runtime::{Properties, ReturnValues, Robot};

#[derive(Properties)]
struct Leaf<T> {
    leaf: T,
}

#[derive(Properties)]
struct Branch {
    before: String,
    #[property(flatten)]
    leaf: Leaf<u32>,
    after: String,
}

/// Both a group of properties and return values.
#[derive(Properties, ReturnValues)]
struct Both {
    both: bool,
}

#[derive(Robot)]
#[robot(code = "acme_tree", returns = Output)]
struct Tree<G> {
    #[property(flatten)]
    branch: Branch,
    #[property(flatten)]
    other: G,
}

#[derive(ReturnValues)]
struct Output {
    #[property(flatten)]
    inner: Inner<Both>,
}

#[derive(ReturnValues)]
struct Inner<G> {
    sum: f64,
    #[property(flatten)]
    group: G,
}

#[derive(Properties)]
struct Own {
    own: String,
}

/// A robot is a group as well.
#[derive(Robot)]
#[robot(code = "acme_wider")]
struct Wider {
    #[property(flatten)]
    tree: Tree<Own>,
    more: String,
}

fn main() {
    let ids = Wider::DEFINITION.properties().iter().map(|input| input.id);
    let expected = ["before", "leaf", "after", "own", "more"];
    assert_eq!(ids.collect::<Vec<_>>(), expected);
    let ids = Tree::<Own>::DEFINITION.returns().iter().map(|output| output.id);
    assert_eq!(ids.collect::<Vec<_>>(), ["sum", "both"]);
}
