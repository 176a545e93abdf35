//! Writing a snapshot when the store is closed.

use std::path::Path;

use chunk::Encoding;
use wal::{Options, Position, Wal, WalError};

use super::record::{self, Open};
use super::{REFERENCES, References, path};
use crate::head::Head;
use crate::record::{bytes, exemplars};
use crate::{Store, StoreError};

/// Records are handed to the log once this many bytes wait.
const FLUSH_BYTES: usize = 1 << 20;
/// Exemplars of one record.
const EXEMPLARS_A_RECORD: usize = 10_000;

/// Records that wait for a call to the log.
struct Records {
    log: Wal,
    waiting: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
    written: u64,
}

impl Records {
    /// Takes what was appended to `waiting` as a record.
    fn end(&mut self) -> Result<(), WalError> {
        self.ends.push(self.waiting.len());
        self.written += 1;
        if self.waiting.len() < FLUSH_BYTES {
            return Ok(());
        }
        self.flush()
    }

    fn flush(&mut self) -> Result<(), WalError> {
        let mut begin = 0;
        let records = self.ends.iter().map(|&end| {
            let record = self.waiting.get(begin..end).unwrap_or_default();
            begin = end;
            record
        });
        let records: Vec<&[u8]> = records.collect();
        self.log.log(&records)?;
        self.ends.clear();
        self.waiting.clear();
        Ok(())
    }
}

impl Store {
    /// Writes a snapshot of the head as of the end of the log, which nobody writes to any more.
    pub(crate) fn write_snapshot(&self, at: Position) -> Result<(), StoreError> {
        let dir = &self.options.dir;
        super::remove_all(dir).map_err(StoreError::io(dir))?;
        // The snapshot has what follows them.
        let synced = self.chunks.sync();
        synced.map_err(StoreError::io(&dir.join("chunks_head")))?;
        let target = path(dir, at);
        let draft = target.with_extension(format!("{:010}.tmp", at.offset));
        let written = self.write_draft(&draft).and_then(|()| {
            disk::rename(&draft, &target).map_err(StoreError::io(&target))?;
            disk::sync_folder(dir).map_err(StoreError::io(dir))
        });
        if written.is_err() {
            let _ = disk::remove_dir_all(&draft);
        }
        written
    }

    fn write_draft(&self, draft: &Path) -> Result<(), StoreError> {
        // Unpacked: what counts is that it is read quickly.
        let options = Options {
            compress: false,
            ..Options::default()
        };
        let head = self.head.read();
        let series = Wal::open(draft, options)
            .map(|log| Records {
                log,
                waiting: Vec::new(),
                ends: Vec::new(),
                written: 0,
            })
            .and_then(|mut records| {
                self.write_series(&head, &mut records)?;
                let series = records.written;
                self.write_rest(&head, &mut records)?;
                records.flush()?;
                records.log.sync_handle().sync()?;
                Ok(series)
            })
            .map_err(StoreError::log::<WalError>(draft))?;
        let references = References {
            highest: head.last_reference(),
            records: series,
            chunks: head.full_count() as u64,
        };
        let file = draft.join(REFERENCES);
        disk::File::create(&file)
            .and_then(|file| {
                file.write_all_at(references.text().as_bytes(), 0)?;
                file.sync()
            })
            .map_err(StoreError::io(&file))
    }

    fn write_series(&self, head: &Head, records: &mut Records) -> Result<(), WalError> {
        let (mut labels, mut chunk) = (Vec::new(), Vec::new());
        let dictionary = head.dictionary.read();
        for (_, series) in head.all() {
            encode_labels(&mut labels, head.pairs_of(series), |pair| {
                dictionary.get(pair)
            });
            chunk.clear();
            head.copy_numbers(series, &mut chunk);
            let open = series.open.last_sample().map(|(last, value)| Open {
                first: series.open.first,
                last,
                encoding: Encoding::Xor,
                value,
                bytes: &chunk,
            });
            record::put_series(&mut records.waiting, series.reference(), &labels, open);
            records.end()?;
        }
        // The log knows some series by more than one reference.
        for &(reference, id) in self.aliases.read().iter() {
            if let Some(series) = head.series(id) {
                encode_labels(&mut labels, head.pairs_of(series), |pair| {
                    dictionary.get(pair)
                });
                record::put_series(&mut records.waiting, reference, &labels, None);
                records.end()?;
            }
        }
        Ok(())
    }

    fn write_rest(&self, head: &Head, records: &mut Records) -> Result<(), WalError> {
        record::put_tombstones(&mut records.waiting, head.all_deleted());
        records.end()?;
        let ring = self.exemplars.read();
        let kept: Vec<_> = ring
            .all()
            .filter_map(|(id, exemplar)| Some((head.series(id)?.reference(), exemplar)))
            .collect();
        let mut encoded = Vec::new();
        for some in kept.chunks(EXEMPLARS_A_RECORD) {
            exemplars::encode(&mut encoded, some.iter().copied());
            records.waiting.push(record::EXEMPLARS);
            let body = encoded.get(1..).unwrap_or_default();
            records.waiting.extend_from_slice(body);
            records.end()?;
        }
        Ok(())
    }
}

fn encode_labels<'a>(out: &mut Vec<u8>, pairs: &[u32], text: impl Fn(u32) -> (&'a str, &'a str)) {
    out.clear();
    bytes::put_uvarint(out, pairs.len() as u64);
    for &pair in pairs {
        let (name, value) = text(pair);
        bytes::put_text(out, name);
        bytes::put_text(out, value);
    }
}
