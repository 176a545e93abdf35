//! The table of blocks, and times, lengths and sizes as Go programs print them.

use std::fmt::Write as _;
use std::io::Write;

use anyhow::Result;
use metrics_store::offline::BlockFacts;

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
/// Fewest characters of a column, the space behind it included.
const MIN_WIDTH: usize = 13;
/// Spaces behind the longest text of a column, at least.
const PADDING: usize = 2;

/// Writes one line a block, in columns.
pub(super) fn write(
    out: &mut impl Write,
    blocks: &[BlockFacts],
    with_header: bool,
    human: bool,
) -> Result<()> {
    let mut rows: Vec<[String; 8]> = Vec::with_capacity(blocks.len() + 1);
    if with_header {
        rows.push(HEADER.map(str::to_owned));
    }
    rows.extend(blocks.iter().map(|block| row(block, human)));
    let mut widths = [MIN_WIDTH; 8];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.len() + PADDING);
        }
    }
    // Behind the last column stand no spaces.
    widths[7] = 0;
    for row in &rows {
        for (width, cell) in widths.into_iter().zip(row) {
            write!(out, "{cell:<width$}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn row(block: &BlockFacts, human: bool) -> [String; 8] {
    let millis = block.max_time.saturating_sub(block.min_time);
    [
        block.ulid.clone(),
        time(block.min_time, human),
        time(block.max_time, human),
        duration(millis),
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

/// A length of milliseconds in the form `2h0m0s`, `1m30.5s`, `20ms`.
pub(super) fn duration(millis: i64) -> String {
    if millis == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    if millis < 0 {
        text.push('-');
    }
    let size = millis.unsigned_abs();
    if size < 1000 {
        let _ = write!(text, "{size}ms");
        return text;
    }
    let (minutes, rest) = (size / 60_000, size % 60_000);
    if minutes >= 60 {
        let _ = write!(text, "{}h", minutes / 60);
    }
    if minutes > 0 {
        let _ = write!(text, "{}m", minutes % 60);
    }
    model::number::push_seconds(&mut text, rest as i64);
    text.push('s');
    text
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
    fn lengths_as_go_prints_them() {
        for (millis, text) in [
            (0, "0s"),
            (1, "1ms"),
            (999, "999ms"),
            (1500, "1.5s"),
            (60_000, "1m0s"),
            (7_200_000, "2h0m0s"),
            (7_199_999, "1h59m59.999s"),
            (-1500, "-1.5s"),
        ] {
            assert_eq!(duration(millis), text);
        }
    }

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
