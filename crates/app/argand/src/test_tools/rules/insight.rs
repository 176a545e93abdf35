//! `--debug`: when tests begin and end, and all that the store holds behind one.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::time::Instant;

use contract::memory::MemoryStore;
use model::is_stale;
use model::number::push_plain;

use crate::tools::go_time;
use crate::tsdb::histogram::push_value;

/// Tells of a test on standard error.
pub(super) struct Insight {
    name: String,
    began: Instant,
}

impl Insight {
    /// A test begins.
    pub(super) fn begins(name: &str) -> Self {
        let _ = writeln!(io::stderr(), "DEBUG: Starting test {name}");
        Self {
            name: name.to_owned(),
            began: Instant::now(),
        }
    }

    /// It has ended.
    pub(super) fn ends(self) {
        let took = i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX);
        let took = go_time::duration(took);
        let _ = writeln!(
            io::stderr(),
            "DEBUG: Test {} finished, took {took}",
            self.name
        );
    }
}

/// Writes all that a store holds behind `start` up to the second that follows `last`, both in
/// milliseconds; `start` since the epoch, `last` from there.
pub(super) fn dump(store: &MemoryStore, start: i64, last: i64) {
    let length = (last + 1000) / 1000 * 1000;
    let end = start.saturating_add(length);
    let mut text = format!(
        "DEBUG: Dump of all data (input_series and rules) at {}:\n",
        go_time::duration(length)
    );
    let is_within = |time: i64| time > start && time <= end;
    for (labels, columns) in store.dump() {
        let mut lines = String::new();
        for sample in columns.iter() {
            if is_within(sample.time) && !is_stale(sample.value) {
                lines.push('\n');
                push_plain(&mut lines, sample.value);
                let _ = write!(lines, " @[{}]", sample.time);
            }
        }
        for sample in &columns.histograms {
            if is_within(sample.time) {
                lines.push('\n');
                push_value(&mut lines, &sample.value);
                let _ = write!(lines, " @[{}]", sample.time);
            }
        }
        if !lines.is_empty() {
            let _ = writeln!(text, "{labels} =>{lines}");
        }
    }
    let _ = io::stderr().write_all(text.as_bytes());
}
