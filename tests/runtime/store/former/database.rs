//! A database of its own, which may hold a dump.

use super::folder;
use crate::store::server::Schema;

#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) schema: Schema,
    pub(crate) name: String,
}

impl Database {
    /// `None` when there is no PostgreSQL.
    pub(crate) fn empty() -> Option<Self> {
        let schema = Schema::new()?;
        let name = format!("former_{}", schema.name);
        schema.sql(&format!(
            "CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0"
        ));
        Some(Self { schema, name })
    }

    /// A database with a dump of `former/`.
    pub(crate) fn from_dump(dump: &str) -> Option<Self> {
        let database = Self::empty()?;
        let restored = database
            .schema
            .program("psql", &database.name)
            .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f"])
            .arg(folder().join(dump))
            .output()
            .unwrap();
        assert!(restored.status.success(), "{restored:?}");
        Some(database)
    }

    pub(crate) fn url(&self) -> String {
        let url = self.schema.url_of(&self.name);
        url.replace(
            &format!("search_path%3D{}", self.schema.name),
            "search_path%3Dpublic",
        )
    }

    /// The statements that make the database anew.
    pub(crate) fn dump(&self) -> String {
        let dumped = self
            .schema
            .program("pg_dump", &self.name)
            .args(["--inserts", "--no-owner", "--no-privileges"])
            .output()
            .unwrap();
        assert!(dumped.status.success(), "{dumped:?}");
        let text = String::from_utf8(dumped.stdout).unwrap();
        // Without what depends on the version of the program.
        let lines = text.lines();
        let kept = lines.filter(|line| !line.starts_with('\\') && !line.starts_with("-- Dumped"));
        kept.collect::<Vec<_>>().join("\n") + "\n"
    }
}
