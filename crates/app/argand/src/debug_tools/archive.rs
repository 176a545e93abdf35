//! A compressed archive of a few files in memory, in the form that every `tar` reads (POSIX ustar).

use std::io::{self, Write as _};
use std::path::Path;

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;

/// What headers and contents are a multiple of, in bytes.
const BLOCK: usize = 512;
/// Who may do what with the files.
const MODE: u64 = 0o666;

/// Files, one behind the other.
pub(super) struct Archive(Vec<u8>);

impl Archive {
    pub(super) fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a file with a name of 100 bytes at most.
    pub(super) fn add(&mut self, name: &str, content: &[u8]) -> Result<()> {
        let header = header(name, content.len() as u64).context("the name is too long")?;
        self.0.extend(header);
        self.0.extend(content);
        let over = content.len() % BLOCK;
        if over > 0 {
            self.0.resize(self.0.len() + BLOCK - over, 0);
        }
        Ok(())
    }

    /// Writes the whole archive, or leaves no file.
    pub(super) fn write(mut self, path: &Path) -> io::Result<()> {
        // Two empty blocks end an archive.
        self.0.resize(self.0.len() + 2 * BLOCK, 0);
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(&self.0)?;
        let packed = packed.finish()?;
        std::fs::write(path, packed).inspect_err(|_| {
            // What is there is no archive.
            let _ = std::fs::remove_file(path);
        })
    }
}

/// The header of a plain file; `None` where the name does not fit.
fn header(name: &str, size: u64) -> Option<[u8; BLOCK]> {
    let mut header = [0; BLOCK];
    let mut put = |place: usize, bytes: &[u8]| {
        let field = header.get_mut(place..place + bytes.len())?;
        field.copy_from_slice(bytes);
        Some(())
    };
    if name.len() > 100 {
        return None;
    }
    put(0, name.as_bytes())?;
    put(100, format!("{MODE:07o}\0").as_bytes())?;
    // User and group.
    put(108, b"0000000\0")?;
    put(116, b"0000000\0")?;
    put(124, format!("{size:011o}\0").as_bytes())?;
    // Changed at the epoch.
    put(136, b"00000000000\0")?;
    // The sum is made with spaces in its place.
    put(148, b"        ")?;
    put(156, b"0")?;
    put(257, b"ustar\x0000")?;
    let sum: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
    let field = header.get_mut(148..156)?;
    field.copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    Some(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tar_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut archive = Archive::new();
        archive.add("a.txt", b"hello\n").unwrap();
        archive.add("b", &[7; 1024]).unwrap();
        assert!(archive.add(&"n".repeat(101), b"").is_err());
        archive.write(&folder.path().join("x.tar.gz")).unwrap();
        let done = std::process::Command::new("tar")
            .args(["xzf", "x.tar.gz"])
            .current_dir(folder.path())
            .status()
            .unwrap();
        assert!(done.success());
        let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
        assert_eq!(read("a.txt"), b"hello\n");
        assert_eq!(read("b"), [7; 1024]);
    }
}
