//! The files that a portal stores, on its Drive and elsewhere.

use std::collections::BTreeMap;

use crate::rules::random;

/// A file that a portal stores.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use bizproc_portal::{Portal, StoredFile};
///
/// let portal = Portal::start().await?;
/// let id = portal.create_file("contract.txt", "Whereas");
/// let expected = StoredFile { name: "contract.txt".to_owned(), content: b"Whereas".to_vec() };
/// assert_eq!(portal.file(id), Some(expected));
/// # Ok::<(), bizproc_portal::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

impl StoredFile {
    pub(crate) fn new(name: &str, content: impl Into<Vec<u8>>) -> Self {
        Self {
            name: name.to_owned(),
            content: content.into(),
        }
    }
}

/// The files of a portal.
#[derive(Debug, Default)]
pub(crate) struct Files {
    /// By internal id, which is the value of a property of type `file`; each with the key of its
    /// link.
    kept: BTreeMap<u64, (String, StoredFile)>,
    /// The internal ids of the files on the Drive, by the Drive's own.
    drive: BTreeMap<u64, u64>,
    /// One counter for both, so that an id of one kind is never mistaken for one of the other.
    last: u64,
}

impl Files {
    /// Stores a file and returns its internal id.
    pub(crate) fn add(&mut self, file: StoredFile) -> u64 {
        self.last += 1;
        self.kept.insert(self.last, (random::hex32(), file));
        self.last
    }

    /// Stores a file on the Drive and returns its id there.
    pub(crate) fn add_to_drive(&mut self, file: StoredFile) -> u64 {
        let id = self.add(file);
        self.last += 1;
        self.drive.insert(self.last, id);
        self.last
    }

    pub(crate) fn get(&self, id: u64) -> Option<&StoredFile> {
        self.kept.get(&id).map(|(_, file)| file)
    }

    /// The internal id of a file on the Drive.
    pub(crate) fn on_drive(&self, drive_id: u64) -> Option<u64> {
        self.drive.get(&drive_id).copied()
    }

    /// Returns the link to a file below the portal's url. It does not reveal the id; anyone who has
    /// the link may read the file.
    pub(crate) fn link(&self, portal: &str, id: u64) -> Option<String> {
        let (key, file) = self.kept.get(&id)?;
        let mut link = reqwest::Url::parse(portal).ok()?;
        let folder = key.get(..3)?;
        // A path cannot end in one of these names.
        let name = match file.name.as_str() {
            "" | "." | ".." => "file",
            name => name,
        };
        link.path_segments_mut()
            .ok()?
            .extend(["upload", "bizproc", folder, key, name]);
        Some(link.into())
    }

    pub(crate) fn keyed(&self, key: &str) -> Option<&StoredFile> {
        let mut files = self.kept.values();
        files.find_map(|(known, file)| (known == key).then_some(file))
    }
}
