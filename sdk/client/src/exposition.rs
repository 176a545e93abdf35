//! The two text formats, and which of them a client wants.
//!
//! In comes a registry and an `Accept` header, out goes text with its media type. OpenMetrics is
//! written by the library underneath; the older format is made from it line by line. Absent: the
//! protobuf formats, which no scraper insists on, and compression.

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry as Raw;

/// A text format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Prometheus' text format, version 0.0.4: what everything reads.
    Text,
    /// OpenMetrics 1.0: with units and exemplars.
    OpenMetrics,
}

impl Format {
    /// The `Content-Type` of the format.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// The format that an `Accept` header prefers; the older one when it says nothing.
    ///
    /// ```
    /// use argand_client::Format;
    /// let accept = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.2";
    /// assert_eq!(Format::accepted(Some(accept)), Format::OpenMetrics);
    /// assert_eq!(Format::accepted(Some("*/*")), Format::Text);
    /// assert_eq!(Format::accepted(None), Format::Text);
    /// ```
    #[must_use]
    pub fn accepted(accept: Option<&str>) -> Self {
        let mut open_metrics = 0.0;
        let mut text = 0.0;
        for range in accept.unwrap_or("*/*").split(',') {
            let mut parts = range.split(';').map(str::trim);
            let media = parts.next().unwrap_or_default().to_ascii_lowercase();
            let (mut weight, mut version) = (1.0, None);
            for (name, value) in parts.filter_map(|part| part.split_once('=')) {
                match name.trim() {
                    "q" => weight = value.trim().parse().unwrap_or(0.0),
                    "version" => version = Some(value.trim()),
                    _ => {}
                }
            }
            let best: &mut f64 = match (media.as_str(), version) {
                ("application/openmetrics-text", None | Some("1.0.0")) => &mut open_metrics,
                ("text/plain", None | Some("0.0.4")) | ("text/*" | "*/*", _) => &mut text,
                _ => continue,
            };
            *best = best.max(weight);
        }
        if open_metrics > 0.0 && open_metrics >= text {
            Self::OpenMetrics
        } else {
            Self::Text
        }
    }
}

/// All metrics of a registry.
pub(crate) fn render(raw: &Raw, format: Format) -> String {
    let mut written = String::new();
    // Writing into a string does not fail, and no metric of this crate does: a collector that
    // cannot read its figures leaves them out.
    if encode(&mut written, raw).is_err() && !written.ends_with('\n') {
        written.push('\n');
    }
    match format {
        Format::OpenMetrics => written,
        Format::Text => older(&written),
    }
}

/// OpenMetrics, as the library underneath writes it, as version 0.0.4: families of counters are
/// named with `_total`, there are no units and exemplars and no end mark.
fn older(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut help = None;
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            help = rest.split_once(' ');
        } else if let Some((name, kind)) = line
            .strip_prefix("# TYPE ")
            .and_then(|rest| rest.split_once(' '))
        {
            let total = if kind == "counter" { "_total" } else { "" };
            if let Some((_, help)) = help.take() {
                out.extend(["# HELP ", name, total, " ", help, "\n"]);
            }
            out.extend(["# TYPE ", name, total, " ", kind, "\n"]);
        } else if !line.starts_with('#') {
            out.extend([without_exemplar(line), "\n"]);
        }
    }
    out
}

/// A line of a sample up to its exemplar: what follows the first ` #` outside quotes.
fn without_exemplar(line: &str) -> &str {
    let mut quoted = false;
    let mut escaped = false;
    for (at, byte) in line.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'#' if !quoted => return line.get(..at).unwrap_or(line).trim_end(),
            _ => {}
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Registry, TraceId};
    use proptest::prelude::*;

    #[test]
    fn formats_by_what_clients_accept() {
        let prometheus = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
        for (accept, expected) in [
            (prometheus, Format::OpenMetrics),
            ("", Format::Text),
            ("text/html,*/*;q=0.8", Format::Text),
            ("application/openmetrics-text", Format::OpenMetrics),
            ("APPLICATION/OpenMetrics-Text; q=1", Format::OpenMetrics),
            ("application/openmetrics-text;version=0.0.1", Format::Text),
            ("application/openmetrics-text;q=0", Format::Text),
            (
                "application/openmetrics-text;q=0.1,text/plain",
                Format::Text,
            ),
            (";;;=,=;q", Format::Text),
        ] {
            assert_eq!(Format::accepted(Some(accept)), expected, "{accept}");
        }
    }

    #[test]
    fn both_formats_of_one_registry() {
        let registry = Registry::new();
        registry
            .counter("sent_bytes_total", "Sent.")
            .unwrap()
            .inc_by(7.0);
        let wait = registry
            .histogram_with("wait_seconds", "Wait", &[1.0])
            .unwrap();
        wait.observe_in(0.5, TraceId::new(0xabc).unwrap());
        wait.observe(f64::NAN);
        let text = registry.text(Format::Text);
        assert_eq!(
            text,
            "# HELP sent_bytes_total Sent.\n# TYPE sent_bytes_total counter\nsent_bytes_total 7.0\n\
             # HELP wait_seconds Wait.\n# TYPE wait_seconds histogram\nwait_seconds_sum 0.5\n\
             wait_seconds_count 1\nwait_seconds_bucket{le=\"1.0\"} 1\nwait_seconds_bucket{le=\"+Inf\"} 1\n"
        );
        let open = registry.text(Format::OpenMetrics);
        for line in [
            "# TYPE sent_bytes counter",
            "# UNIT sent_bytes bytes",
            "# EOF",
        ] {
            assert!(open.lines().any(|one| one == line), "{line} in {open}");
        }
        let exemplar = "wait_seconds_bucket{le=\"1.0\"} 1 # {trace_id=\"00000000000000000000000000000abc\"} 0.5 ";
        assert!(open.contains(exemplar), "{open}");
    }

    proptest! {
        #[test]
        fn any_label_value_comes_out_whole(value in "[#{}\"\\\\ a\n=,]{0,12}") {
            let registry = Registry::new();
            let family = registry
                .histogram_family("wait_seconds", "Wait", ["what"], &[1.0])
                .unwrap();
            family.with([&value]).observe_in(0.5, TraceId::new(1).unwrap());
            let escaped = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let line = format!("wait_seconds_bucket{{le=\"1.0\",what=\"{escaped}\"}} 1");
            let text = registry.text(Format::Text);
            prop_assert!(text.lines().any(|one| one == line), "{} in {}", line, text);
        }

        #[test]
        fn any_header_is_read(accept in ".{0,80}") {
            let _ = Format::accepted(Some(&accept));
        }
    }
}
