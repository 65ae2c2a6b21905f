//! What the derives depend on: their crate is compiled before everything else.

use crate::source::read;

#[test]
fn the_derives_depend_on_three_crates() {
    let manifest = read("bizproc-derive/Cargo.toml");
    let mut table = "";
    let mut found = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            table = line.trim_matches(['[', ']']);
            let own = table == "dependencies" || table == "dev-dependencies";
            assert!(
                own || !table.contains("dependencies"),
                "`[{table}]` is no table that this test reads"
            );
        } else if table == "dependencies" && line.starts_with(|c: char| c.is_alphabetic()) {
            found.extend(line.split(['.', '=', ' ']).next());
        }
    }
    assert_eq!(found, ["proc-macro2", "quote", "syn"]);
}
