//! The sources to compile: the same structs with one or the other derive.

use std::path::Path;
use std::{fs, io};

/// A crate to compile.
#[derive(Debug)]
pub(crate) struct Crate {
    pub(crate) name: &'static str,
    /// The line of `[dependencies]`.
    dependency: &'static str,
    import: &'static str,
    /// The attributes of each struct; `{index}` is its number.
    attributes: &'static str,
}

pub(crate) const ROBOTS: Crate = Crate {
    name: "generated-robots",
    dependency: "bizproc-runtime = { path = \"{runtime}\" }",
    import: "use bizproc_runtime::Robot;",
    attributes: "#[derive(Robot)]\n#[robot(code = \"acme_robot_{index}\")]",
};

pub(crate) const SERDE: Crate = Crate {
    name: "generated-serde",
    dependency: "serde = { version = \"1\", features = [\"derive\"] }",
    import: "use serde::{Deserialize, Serialize};",
    attributes: "#[derive(Serialize, Deserialize)]",
};

const FIELDS: &str = "\
pub struct Robot{index} {
    /// Name of the customer
    pub customer_name: String,
    /// Number of the deal
    pub deal_number: i64,
    /// Paid in advance
    pub paid_in_advance: bool,
    /// Sum to pay
    pub sum_to_pay: f64,
    /// A comment
    pub comment: Option<String>,
}
";

impl Crate {
    /// The source of `count` structs of five fields.
    fn source(&self, count: usize) -> String {
        let structs = (0..count).map(|index| {
            let text = format!("\n/// Robot {{index}}\n{}\n{FIELDS}", self.attributes);
            text.replace("{index}", &index.to_string())
        });
        std::iter::once(format!("{}\n", self.import))
            .chain(structs)
            .collect()
    }

    fn write(&self, folder: &Path, runtime: &Path, count: usize) -> io::Result<()> {
        let own_folder = folder.join(self.name);
        fs::create_dir_all(own_folder.join("src"))?;
        let runtime_path = runtime.display().to_string().replace('\\', "/");
        let manifest = format!(
            "[package]\nname = \"{}\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
             [dependencies]\n{}\n",
            self.name,
            self.dependency.replace("{runtime}", &runtime_path),
        );
        fs::write(own_folder.join("Cargo.toml"), manifest)?;
        fs::write(own_folder.join("src/lib.rs"), self.source(count))
    }
}

/// Writes a workspace of both crates into `folder`, with the versions that `root` is locked to.
pub(crate) fn workspace(folder: &Path, root: &Path, count: usize) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let names = [ROBOTS.name, SERDE.name];
    let manifest = format!("[workspace]\nresolver = \"3\"\nmembers = {names:?}\n");
    fs::write(folder.join("Cargo.toml"), manifest)?;
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    for one in [ROBOTS, SERDE] {
        one.write(folder, &root.join("bizproc-runtime"), count)?;
    }
    Ok(())
}
