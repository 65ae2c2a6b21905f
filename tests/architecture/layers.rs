//! A module uses those on one side of its place in the lists of `CONTRIBUTING.md`.

use crate::graph::Graph;
use crate::source::{Source, listed, rust};

/// The arrows that run against an order, lowest layer first, and how many run with it. `layer` is
/// the layer of a file; files without one are left out.
fn against(
    graph: &Graph,
    order: &[String],
    layer: fn(&str) -> Option<&str>,
) -> (Vec<String>, usize) {
    let place = |file: usize| {
        let name = layer(&graph.modules[file].file)?;
        order.iter().position(|listed| listed == name)
    };
    let mut wrong = Vec::new();
    for module in &graph.modules {
        let name = layer(&module.file).filter(|name| order.iter().all(|listed| listed != name));
        wrong.extend(name.map(|name| format!("{}: `{name}` is missing in the list", module.file)));
    }
    let mut right = 0;
    for arrow in &graph.arrows {
        let from = &graph.modules[arrow.from].file;
        let to = &graph.modules[arrow.to].file;
        match (place(arrow.from), place(arrow.to)) {
            (Some(from), Some(to)) if to < from => right += 1,
            (Some(above), Some(below)) if above < below => {
                wrong.push(format!(
                    "{from}:{} uses {to} by `{}`",
                    arrow.line, arrow.path
                ));
            }
            _ => {}
        }
    }
    (wrong, right)
}

fn check(folder: &str, order: &[String], layer: fn(&str) -> Option<&str>) {
    let graph = Graph::new(&rust(folder), "lib.rs");
    let (wrong, right) = against(&graph, order, layer);
    assert!(
        right > order.len(),
        "only {right} arrows run with the order of {folder}"
    );
    assert!(
        wrong.is_empty(),
        "{folder} against the order in CONTRIBUTING.md; move what is used down, or pass it as an \
         argument:\n{}",
        wrong.join("\n")
    );
}

/// The first folder or file of a path.
fn top(file: &str) -> Option<&str> {
    file.split(['/', '.']).next()
}

#[test]
fn modules_of_the_runtime_use_those_above() {
    let order = listed(
        "a module uses those above it in this list",
        "`tests/portal`",
    );
    // The crate's root and what generated code names stand above all.
    let layer: fn(&str) -> Option<&str> =
        |file| top(file).filter(|name| !matches!(*name, "lib" | "private"));
    check("bizproc-runtime/src", &order, layer);
}

#[test]
fn rooms_of_app_use_those_after() {
    let mut order = listed("Inside `app`, a room uses those after it:", ".");
    order.reverse();
    // `app/mod.rs` only re-exports.
    let layer: fn(&str) -> Option<&str> = |file| {
        let room = top(file.strip_prefix("app/")?);
        room.filter(|name| *name != "mod")
    };
    check("bizproc-runtime/src", &order, layer);
}

#[test]
fn floors_of_the_portal_use_those_before() {
    let order = listed("In `tests/portal/src` a folder uses those before it:", ".");
    let layer: fn(&str) -> Option<&str> = |file| top(file).filter(|name| *name != "lib");
    check("tests/portal/src", &order, layer);
}

#[test]
fn an_arrow_against_the_order_is_found() {
    let files = [
        ("lib.rs", "mod low; mod high; mod other;"),
        ("low.rs", "use crate::high::High;"),
        ("high.rs", "use super::low::Low;"),
        ("other.rs", ""),
    ];
    let sources = files.map(|(file, text)| Source::new(file, text));
    let order = ["low", "high"].map(str::to_owned);
    let layer: fn(&str) -> Option<&str> = |file| top(file).filter(|name| *name != "lib");
    let (wrong, right) = against(&Graph::new(&sources, "lib.rs"), &order, layer);
    assert_eq!(right, 1);
    assert_eq!(
        wrong,
        [
            "other.rs: `other` is missing in the list",
            "low.rs:1 uses high.rs by `crate::high::High`"
        ]
    );
}
