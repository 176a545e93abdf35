//! For fuzzing alone: what reads the log's bytes.

use crate::codec::Bytes;
use crate::record::Record;

/// Reads a record of any bytes; one that is understood must come back from what is written of it.
pub fn record(bytes: &[u8]) {
    if let Some(record) = Record::decode(bytes) {
        assert_eq!(Record::decode(&record.encode()), Some(record));
    }
    let mut fields = Bytes(bytes);
    while fields.text().is_some() {}
}
