//! Snapshots: a folder below `snapshots/` that holds everything and opens as a data folder.
//!
//! Blocks are linked, not copied: their files are never changed where they lie, only replaced by
//! others. The head becomes a block of the snapshot.

use std::path::Path;
use std::time::Duration;

use crate::block::{self, Block};
use crate::{Store, StoreError};

/// The folder of all snapshots, below the data folder.
const FOLDER: &str = "snapshots";
/// Seconds of a day.
const DAY: u64 = 24 * 3600;

impl Store {
    /// Makes a snapshot and answers its name. For whoever holds `merging`.
    pub(super) fn copy_all(&self, skip_head: bool) -> Result<String, StoreError> {
        if !skip_head {
            // Samples that came out of order have blocks of their own.
            self.compact_out_of_order()?;
        }
        let _alone = self.maintenance.lock();
        let now = u64::try_from(self.options.clock.now()).unwrap_or_default();
        let name = format!(
            "{}-{:016x}",
            moment(Duration::from_millis(now)),
            ulid::Ulid::generate().random() as u64 >> 1
        );
        let all = self.options.dir.join(FOLDER);
        let folder = all.join(&name);
        disk::create_dir_all(&folder).map_err(StoreError::io(&folder))?;
        let written = self.fill(&folder, skip_head);
        if written.is_err() {
            // Half a snapshot would be taken for a whole one.
            disk::remove_dir_all(&folder).map_err(StoreError::io(&folder))?;
        }
        written?;
        disk::sync_folder(&all).map_err(StoreError::io(&all))?;
        tracing::info!(folder = %folder.display(), "snapshot made");
        Ok(name)
    }

    fn fill(&self, folder: &Path, skip_head: bool) -> Result<(), StoreError> {
        let persisted = self.persisted();
        for block in &persisted.blocks {
            block::link(Block::path(block), folder)?;
        }
        let range = self.head.read().range();
        if let (false, Some((first, last))) = (skip_head, range) {
            let first = first.max(persisted.head_from);
            if first <= last {
                self.write_head(folder, first, last.saturating_add(1))?;
            }
        }
        disk::sync_folder(folder).map_err(StoreError::io(folder))
    }
}

/// A moment since the epoch as upstream writes it in a snapshot's name: `20261121T101530Z`.
fn moment(since: Duration) -> String {
    let seconds = since.as_secs();
    let (year, month, day) = date(seconds / DAY);
    let rest = seconds % DAY;
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

/// The date of a day since the epoch. Months are counted from March on, so that the day a leap
/// year has more is the last of its year.
fn date(day: u64) -> (u64, u64, u64) {
    /// Days of 400 years.
    const ERA: u64 = 146_097;
    /// Days from 1 March 0000 to the epoch.
    const TO_EPOCH: u64 = 719_468;
    let day = day + TO_EPOCH;
    let (era, of_era) = (day / ERA, day % ERA);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let (month, later) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (era * 400 + year + later, month, of_month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_upstream_does() {
        for (seconds, expected) in [
            (0, "19700101T000000Z"),
            (951_782_399, "20000228T235959Z"),
            (951_782_400, "20000229T000000Z"),
            (1_512_940_344, "20171210T211224Z"),
            (4_107_542_400, "21000301T000000Z"),
        ] {
            assert_eq!(moment(Duration::from_secs(seconds)), expected);
        }
    }
}
