//! A disk that can be filled.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A small file system in memory, unmounted when this is dropped.
pub(crate) struct Disk {
    folder: PathBuf,
}

impl Disk {
    /// Mounts the file system. Users who may not mount get `None`, and a line that says so.
    pub(crate) fn mount(folder: &Path, bytes: u64) -> Option<Self> {
        std::fs::create_dir(folder).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={bytes}"), "torture"])
            .arg(folder)
            .output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self {
                folder: folder.to_owned(),
            });
        }
        println!("SKIPPED, the full disk: only root may mount a small one");
        None
    }

    /// Fills the disk.
    pub(crate) fn fill(&self) {
        let mut file = File::create(self.ballast()).unwrap();
        for size in [1 << 20, 4096, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
    }

    /// Frees the filled space.
    pub(crate) fn empty(&self) {
        let _ = std::fs::remove_file(self.ballast());
    }

    fn ballast(&self) -> PathBuf {
        self.folder.join("ballast")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily, because a store that was just dropped may keep its file open for a moment.
        let mut command = Command::new("umount");
        let _ = command.arg("--lazy").arg(&self.folder).status();
    }
}
