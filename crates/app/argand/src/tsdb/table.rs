//! The table of blocks, and times and sizes as Go programs print them.

use std::fmt::Write as _;
use std::io::Write;

use anyhow::Result;
use metrics_store::offline::BlockFacts;

use crate::tools::go_time;
use crate::tools::table::{self, Layout};

const HEADER: [&str; 8] = [
    "BLOCK ULID",
    "MIN TIME",
    "MAX TIME",
    "DURATION",
    "NUM SAMPLES",
    "NUM CHUNKS",
    "NUM SERIES",
    "SIZE",
];
/// As upstream's, whose last column ends nowhere.
const LAYOUT: Layout = Layout {
    least: 13,
    padding: 2,
};

/// Writes one line a block, in columns.
pub(super) fn write(
    out: &mut impl Write,
    blocks: &[BlockFacts],
    with_header: bool,
    human: bool,
) -> Result<()> {
    let mut rows: Vec<String> = Vec::with_capacity(blocks.len() + 1);
    if with_header {
        rows.push(HEADER.join("\t"));
    }
    rows.extend(blocks.iter().map(|block| row(block, human).join("\t")));
    Ok(table::write(out, LAYOUT, &rows.join("\n"))?)
}

fn row(block: &BlockFacts, human: bool) -> [String; 8] {
    let millis = block.max_time.saturating_sub(block.min_time);
    [
        block.ulid.clone(),
        time(block.min_time, human),
        time(block.max_time, human),
        go_time::duration(millis),
        block.samples.to_string(),
        block.chunks.to_string(),
        block.series.to_string(),
        bytes(block.bytes, human),
    ]
}

/// Milliseconds since the epoch, or the second they lie in.
fn time(millis: i64, human: bool) -> String {
    let second = jiff::Timestamp::from_second(millis / 1000);
    match second {
        Ok(second) if human => second.strftime("%Y-%m-%d %H:%M:%S +0000 UTC").to_string(),
        _ => millis.to_string(),
    }
}

/// Bytes as they are, or by powers of 1024, each named: `1MiB20KiB3B`.
fn bytes(size: u64, human: bool) -> String {
    const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if !human {
        return size.to_string();
    }
    if size == 0 {
        return "0B".to_owned();
    }
    let mut text = String::new();
    for (power, unit) in UNITS.iter().enumerate().rev() {
        let digit = (size >> (10 * power)) % 1024;
        if digit > 0 {
            let _ = write!(text, "{digit}{unit}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_for_people() {
        for (size, text) in [(0, "0B"), (1024, "1KiB"), (1_048_577, "1MiB1B")] {
            assert_eq!(bytes(size, true), text);
        }
        assert_eq!(
            time(1_700_000_000_999, true),
            "2023-11-14 22:13:20 +0000 UTC"
        );
        assert_eq!(time(1_700_000_000_999, false), "1700000000999");
    }
}
