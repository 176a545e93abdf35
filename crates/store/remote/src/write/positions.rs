//! How far each queue is, kept on the disk: what was acknowledged is not sent again.
//!
//! A small file of JSON in the data directory, written under another name and renamed. A shard has
//! a place of its own, before which the far end has all of its series. Where the file does not say
//! anything of a queue, that queue begins with what is appended from now on; where it cannot be
//! read, with all that the log still has: what is sent twice is refused, what is left out is lost.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use contract::LogPosition;
use serde::{Deserialize, Serialize};

use super::item::Mark;
use super::names::hash_version;

/// The file's name in the data directory.
const FILE: &str = "remote_write.json";
/// The form of the file.
const VERSION: u32 = 1;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Written {
    version: u32,
    /// Says whether series still go to the shards that they went to.
    hash: u64,
    /// By the queue's key: of each shard the segment, the offset, and how many samples of that record
    /// have arrived.
    queues: BTreeMap<String, Vec<(u64, u64, u32)>>,
}

/// What is known of where a queue was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Resume {
    /// It is a new one.
    Now,
    /// Of each shard.
    At(Vec<Mark>),
}

/// The file.
pub(super) struct Positions {
    path: PathBuf,
    /// What it says; `None` where it could not be read.
    written: Option<Written>,
}

impl Positions {
    /// Reads the file in a data directory.
    pub(super) fn open(data: &Path) -> Self {
        let path = data.join(FILE);
        let written = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|error| error.to_string())
                .and_then(|written: Written| match written.version {
                    VERSION => Ok(written),
                    other => Err(format!("version {other} is not known")),
                }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Written::default()),
            Err(error) => Err(error.to_string()),
        };
        let written = written.map_err(|error| {
            let file = path.display();
            tracing::error!(%file, error, "how far remote write was cannot be read; all that the log has is sent");
        });
        let written = written.ok();
        Self { path, written }
    }

    /// Where a queue goes on.
    pub(super) fn resume(&self, key: &str) -> Resume {
        let Some(written) = &self.written else {
            return Resume::At(vec![Mark::default()]);
        };
        let Some(shards) = written.queues.get(key).filter(|shards| !shards.is_empty()) else {
            return Resume::Now;
        };
        let places = shards.iter().map(|&(segment, offset, nth)| Mark {
            at: LogPosition { segment, offset }.into(),
            nth,
        });
        if written.hash == hash_version() {
            return Resume::At(places.collect());
        }
        // Which shard has what is not known any more: all that one of them lacks.
        Resume::At(places.min().into_iter().collect())
    }

    /// Writes where all queues are, where that differs from what is written. Others are forgotten.
    pub(super) fn save(&mut self, queues: BTreeMap<String, Vec<Mark>>) -> io::Result<()> {
        let numbers = |mark: Mark| {
            let at = LogPosition::from(mark.at);
            (at.segment, at.offset, mark.nth)
        };
        let written = Written {
            version: VERSION,
            hash: hash_version(),
            queues: queues
                .into_iter()
                .map(|(key, places)| (key, places.into_iter().map(numbers).collect()))
                .collect(),
        };
        let is_nothing = written.queues.is_empty() && !self.path.exists();
        if self.written.as_ref() == Some(&written) || is_nothing {
            return Ok(());
        }
        let bytes = serde_json::to_vec(&written)?;
        let draft = self.path.with_extension("json.tmp");
        let file = disk::File::create(&draft)?;
        file.write_all_at(&bytes, 0)?;
        file.sync()?;
        disk::rename(&draft, &self.path)?;
        self.written = Some(written);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(segment: u64, offset: u64) -> Mark {
        Mark {
            at: LogPosition { segment, offset }.into(),
            nth: 5,
        }
    }

    #[test]
    fn places_come_back_and_queues_that_went_are_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let mut positions = Positions::open(dir.path());
        assert_eq!(positions.resume("a"), Resume::Now);
        positions.save(BTreeMap::new()).unwrap();
        assert!(!dir.path().join(FILE).exists());
        let queues = [("a", vec![at(3, 7), at(4, 0)]), ("b", vec![at(1, 1)])];
        let queues = queues.map(|(key, places)| (key.to_owned(), places));
        positions.save(queues.clone().into()).unwrap();
        let mut positions = Positions::open(dir.path());
        assert_eq!(positions.resume("a"), Resume::At(vec![at(3, 7), at(4, 0)]));
        assert_eq!(positions.resume("c"), Resume::Now);
        let [a, _] = queues;
        positions.save([a].into()).unwrap();
        assert_eq!(Positions::open(dir.path()).resume("b"), Resume::Now);
    }

    #[test]
    fn what_cannot_be_read_leaves_nothing_out() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(FILE);
        let all = Resume::At(vec![Mark::default()]);
        for bytes in ["", "{", r#"{"version":2,"hash":0,"queues":{}}"#] {
            std::fs::write(&file, bytes).unwrap();
            assert_eq!(Positions::open(dir.path()).resume("a"), all, "{bytes}");
        }
        // Shards were made in another way.
        let other = r#"{"version":1,"hash":5,"queues":{"a":[[3,7,5],[2,9,5]]}}"#;
        std::fs::write(&file, other).unwrap();
        assert_eq!(
            Positions::open(dir.path()).resume("a"),
            Resume::At(vec![at(2, 9)])
        );
    }
}
