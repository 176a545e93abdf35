//! Requests of remote write, 1.0 and 2.0, of a few series with a sample each.
//!
//! Sources: the specifications of remote write (prometheus.io/docs/specs).

use std::collections::{BTreeMap, HashMap};

use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName};
use model::METRIC_NAME;
use model::number::push_general;

use crate::tools::families::{Content, Family, Kind, Metric};

const VERSION: HeaderName = HeaderName::from_static("x-prometheus-remote-write-version");

/// A version of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Message {
    V1,
    V2,
}

/// One series with its sample.
#[derive(Debug, PartialEq)]
pub(super) struct Row {
    labels: BTreeMap<String, String>,
    /// Place of its family.
    family: usize,
    /// Milliseconds since the epoch.
    time: i64,
    value: f64,
}

/// The series of families. A series' label `job` is another than the pushing one's, and is sent as
/// `exported_job`.
pub(super) fn rows(families: &[Family], extra: &[(String, String)], now: i64) -> Vec<Row> {
    let mut rows = Vec::new();
    for (place, family) in families.iter().enumerate() {
        for metric in &family.metrics {
            let mut labels: BTreeMap<String, String> = extra.iter().cloned().collect();
            for (name, value) in &metric.labels {
                let name = match name.as_str() {
                    "job" => "exported_job",
                    name => name,
                };
                labels.insert(name.to_owned(), value.clone());
            }
            let one = One {
                labels,
                name: &family.name,
                family: place,
                time: metric.time.filter(|time| *time != 0).unwrap_or(now),
            };
            one.rows(family.kind, metric, &mut rows);
        }
    }
    rows
}

/// A metric that becomes one series or many.
struct One<'a> {
    labels: BTreeMap<String, String>,
    name: &'a str,
    family: usize,
    time: i64,
}

impl One<'_> {
    fn row(&self, suffix: &str, part: Option<(&str, f64)>, value: f64) -> Row {
        let mut labels = self.labels.clone();
        labels.insert(METRIC_NAME.to_owned(), format!("{}{suffix}", self.name));
        if let Some((label, bound)) = part {
            let mut text = String::new();
            push_general(&mut text, bound);
            labels.insert(label.to_owned(), text);
        }
        Row {
            labels,
            family: self.family,
            time: self.time,
            value,
        }
    }

    fn rows(&self, kind: Kind, metric: &Metric, rows: &mut Vec<Row>) {
        let (parts, sum, count) = match &metric.content {
            Content::Value(value) => return rows.push(self.row("", None, *value)),
            Content::Parts { parts, sum, count } => (parts, *sum, *count),
        };
        let (suffix, label) = match kind {
            Kind::Summary => ("", "quantile"),
            _ => ("_bucket", "le"),
        };
        let of_part = |(bound, value): &(f64, f64)| self.row(suffix, Some((label, *bound)), *value);
        rows.extend(parts.iter().map(of_part));
        let is_open = !parts.iter().any(|(bound, _)| *bound == f64::INFINITY);
        if kind != Kind::Summary && is_open {
            rows.push(of_part(&(f64::INFINITY, count)));
        }
        rows.push(self.row("_sum", None, sum));
        rows.push(self.row("_count", None, count));
    }
}

impl Message {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        match name {
            "prometheus.WriteRequest" => Some(Self::V1),
            "io.prometheus.write.v2.Request" => Some(Self::V2),
            _ => None,
        }
    }

    /// What tells the receiver how a request is to be read.
    pub(super) fn headers(self) -> [(HeaderName, &'static str); 3] {
        let (kind, version) = match self {
            Self::V1 => ("application/x-protobuf", "0.1.0"),
            Self::V2 => (
                "application/x-protobuf;proto=io.prometheus.write.v2.Request",
                "2.0.0",
            ),
        };
        [
            (CONTENT_TYPE, kind),
            (CONTENT_ENCODING, "snappy"),
            (VERSION, version),
        ]
    }

    /// The request, not compressed.
    pub(super) fn encode(self, families: &[Family], rows: &[Row]) -> Vec<u8> {
        match self {
            Self::V1 => first(families, rows),
            Self::V2 => second(families, rows),
        }
    }
}

/// Numbers of kinds, the same in both versions.
fn kind_number(kind: Kind) -> u64 {
    match kind {
        Kind::Untyped => 0,
        Kind::Counter => 1,
        Kind::Gauge => 2,
        Kind::Histogram => 3,
        Kind::GaugeHistogram => 4,
        Kind::Summary => 5,
    }
}

fn first(families: &[Family], rows: &[Row]) -> Vec<u8> {
    let mut request = Vec::new();
    for row in rows {
        let mut series = Vec::new();
        for (name, value) in &row.labels {
            let mut label = Vec::new();
            put_bytes(&mut label, 1, name.as_bytes());
            put_bytes(&mut label, 2, value.as_bytes());
            put_bytes(&mut series, 1, &label);
        }
        put_bytes(&mut series, 2, &sample(row));
        put_bytes(&mut request, 1, &series);
    }
    for family in families {
        let mut metadata = Vec::new();
        put_number(&mut metadata, 1, kind_number(family.kind));
        put_bytes(&mut metadata, 2, family.name.as_bytes());
        put_bytes(&mut metadata, 4, help(family).as_bytes());
        put_bytes(&mut request, 3, &metadata);
    }
    request
}

fn second(families: &[Family], rows: &[Row]) -> Vec<u8> {
    let mut symbols = Symbols::default();
    symbols.place("");
    let mut all = Vec::new();
    for row in rows {
        let mut references = Vec::new();
        for (name, value) in &row.labels {
            put_varint(&mut references, symbols.place(name));
            put_varint(&mut references, symbols.place(value));
        }
        let mut series = Vec::new();
        put_bytes(&mut series, 1, &references);
        put_bytes(&mut series, 2, &sample(row));
        if let Some(family) = families.get(row.family) {
            let mut metadata = Vec::new();
            put_number(&mut metadata, 1, kind_number(family.kind));
            put_number(&mut metadata, 3, symbols.place(help(family)));
            put_bytes(&mut series, 5, &metadata);
        }
        put_bytes(&mut all, 5, &series);
    }
    let mut request = Vec::new();
    for symbol in &symbols.texts {
        put_bytes(&mut request, 4, symbol.as_bytes());
    }
    request.extend(all);
    request
}

fn help(family: &Family) -> &str {
    family.help.as_deref().unwrap_or_default()
}

/// The texts of a request, each once.
#[derive(Default)]
struct Symbols<'a> {
    texts: Vec<&'a str>,
    places: HashMap<&'a str, u64>,
}

impl<'a> Symbols<'a> {
    fn place(&mut self, text: &'a str) -> u64 {
        let texts = &mut self.texts;
        *self.places.entry(text).or_insert_with(|| {
            texts.push(text);
            texts.len() as u64 - 1
        })
    }
}

fn sample(row: &Row) -> Vec<u8> {
    let mut sample = Vec::new();
    // Field 1, eight bytes.
    sample.push(1 << 3 | 1);
    sample.extend(row.value.to_le_bytes());
    put_number(&mut sample, 2, row.time as u64);
    sample
}

/// A field whose value is bytes or a message.
fn put_bytes(out: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    out.push(field << 3 | 2);
    put_varint(out, bytes.len() as u64);
    out.extend(bytes);
}

/// A field whose value is a number.
fn put_number(out: &mut Vec<u8>, field: u8, number: u64) {
    out.push(field << 3);
    put_varint(out, number);
}

/// Seven bits a byte, the lowest first; each byte but the last has its highest bit set.
fn put_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::families;
    use model::LabelsBuilder;
    use wire::remote::write::{Content as Read, Request, Version};

    const TEXT: &[u8] = b"# HELP g h\n# TYPE g gauge\ng{job=\"x\"} 1.5 7\n# TYPE h histogram\nh_bucket{le=\"0.5\"} 1\nh_sum 3\nh_count 2\n# TYPE s summary\ns{quantile=\"0.9\"} 4\ns_sum 5\ns_count 6\n";

    #[test]
    fn both_versions_are_read_back() {
        let families = families::read(TEXT).unwrap();
        let extra = [("job".to_owned(), "promtool".to_owned())];
        let rows = rows(&families, &extra, 1000);
        for (message, version) in [(Message::V1, Version::V1), (Message::V2, Version::V2)] {
            let body = message.encode(&families, &rows);
            let mut request = Request::new(&body, version, 0).unwrap();
            let mut found = Vec::new();
            while let Some(series) = request.next_series().unwrap() {
                let mut labels = LabelsBuilder::new();
                series.labels(&mut labels).unwrap();
                let mut content = Read::default();
                series.read(&mut content).unwrap();
                found.push(format!("{} {:?}", labels.build(), content.samples));
            }
            assert_eq!(
                found,
                [
                    r#"{__name__="g", exported_job="x", job="promtool"} [(7, 1.5)]"#,
                    r#"{__name__="h_bucket", job="promtool", le="0.5"} [(1000, 1.0)]"#,
                    r#"{__name__="h_bucket", job="promtool", le="+Inf"} [(1000, 2.0)]"#,
                    r#"{__name__="h_sum", job="promtool"} [(1000, 3.0)]"#,
                    r#"{__name__="h_count", job="promtool"} [(1000, 2.0)]"#,
                    r#"{__name__="s", job="promtool", quantile="0.9"} [(1000, 4.0)]"#,
                    r#"{__name__="s_sum", job="promtool"} [(1000, 5.0)]"#,
                    r#"{__name__="s_count", job="promtool"} [(1000, 6.0)]"#,
                ],
                "{message:?}"
            );
        }
    }
}
