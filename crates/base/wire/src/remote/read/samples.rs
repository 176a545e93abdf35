//! The answer in one message: every sample by itself.
//!
//! ```text
//! answer = result of each query: { series: { label… sample… histogram… }… }…
//! ```
//! A result has the form of a write request of version 1.0, and is read as one.

use model::{Columns, Labels, LabelsBuilder};

use super::BadRead;
use crate::fields::Fields;
use crate::remote::histogram_put;
use crate::remote::put;
use crate::remote::write::{Content, Request, Version};

/// Bytes that a sample takes at most: its key and length, a float, and a time.
const SAMPLE: usize = 2 + 9 + 11;

/// Appends the result of one query, whose series `write` appends by [`push_series`].
pub fn push_result<E>(
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    let mut outcome = Ok(());
    put::long_message(out, 1, |out| outcome = write(out));
    outcome
}

/// Appends a series to a result.
pub fn push_series(out: &mut Vec<u8>, labels: &Labels, columns: &Columns) {
    out.reserve(columns.len().saturating_mul(SAMPLE));
    put::long_message(out, 1, |out| {
        push_labels(out, labels);
        for sample in columns.iter() {
            put::message(out, 2, |out| {
                put::double(out, 1, sample.value);
                put::number(out, 2, sample.time as u64);
            });
        }
        for sample in &columns.histograms {
            put::message(out, 4, |out| {
                histogram_put::put(out, sample.time, &sample.value)
            });
        }
    });
}

/// Appends labels, which all messages have in field 1.
pub(super) fn push_labels(out: &mut Vec<u8>, labels: &Labels) {
    for (name, value) in labels.iter() {
        put::message(out, 1, |out| {
            put::bytes(out, 1, name.as_bytes());
            put::bytes(out, 2, value.as_bytes());
        });
    }
}

/// Hands each series of an answer to one query to `each`, in the answer's order; its samples may
/// be in any. Answers how many results there were.
///
/// # Errors
/// Where the message is no answer.
pub fn read(message: &[u8], mut each: impl FnMut(Labels, Columns)) -> Result<usize, BadRead> {
    let mut results = 0;
    let mut content = Content::default();
    let mut builder = LabelsBuilder::new();
    let mut fields = Fields(message);
    while let Some((field, value)) = fields.next()? {
        if field != 1 {
            continue;
        }
        results += 1;
        let mut request = Request::new(value.bytes(field)?, Version::V1, 0)?;
        while let Some(series) = request.next_series()? {
            builder.clear();
            series.labels(&mut builder)?;
            series.read(&mut content)?;
            let mut columns = Columns::new();
            for &(time, value) in &content.samples {
                columns.push(time, value);
            }
            columns.histograms.append(&mut content.histograms);
            each(builder.build(), columns);
        }
    }
    Ok(results)
}
