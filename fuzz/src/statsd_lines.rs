//! StatsD: a mapping file and the lines that come after it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use contract::{Gather, SystemClock};
use statsd::{Options, Statsd};

/// The mapping file up to the first zero byte, and lines behind it. What is exposed can be read.
pub(crate) fn lines(bytes: &[u8]) {
    let end = bytes.iter().position(|byte| *byte == 0);
    let (mapping, lines) = bytes.split_at(end.unwrap_or(bytes.len()));
    let mapping = String::from_utf8_lossy(mapping);
    let config = config::parse_statsd(&mapping, Path::new("mapping.yml")).unwrap_or_default();
    // So few that limits are reached by short inputs.
    let options = Options {
        set_interval: Some(Duration::from_millis(1)),
        cached_names: 4,
        series: 16,
        ..Options::default()
    };
    let statsd = Statsd::new(config, options, Arc::new(SystemClock));
    // The second time the names are known.
    for _ in 0..2 {
        statsd.receive(lines.get(1..).unwrap_or_default());
        statsd.expire();
    }
    let mut families = Vec::new();
    statsd.gather(&mut families);
    let mut text = String::new();
    wire::exposition::write::text(&families, &mut text);
    let format = wire::exposition::Format::Text004;
    let mut parser = wire::exposition::Parser::new(text.as_bytes(), format);
    while let Some(entry) = parser.next() {
        assert!(entry.is_ok(), "{entry:?} in {text}");
    }
}
