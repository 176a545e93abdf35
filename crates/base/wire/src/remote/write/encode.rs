//! Write requests of both versions, series by series: what [`super::Request`] reads.
//!
//! A series' labels are written once ([`put_labels`]) and kept by whoever sends them again and
//! again: version 1.0 takes them as they are, version 2.0 walks them and refers to its symbols.

use model::{Exemplar, HistogramValue};
use rapidhash::RapidHashMap;
use rapidhash::v3::rapidhash_v3;

use super::labels::Source;
use super::{Metadata, Version, read};
use crate::remote::{histogram_put, put};

/// Appends labels as a series of version 1.0 begins with them. They should be sorted by name.
pub fn put_labels<'a>(out: &mut Vec<u8>, labels: impl Iterator<Item = (&'a str, &'a str)>) {
    for (name, value) in labels {
        let lengths = put::varint_len(name.len() as u64) + put::varint_len(value.len() as u64);
        let length = 2 + lengths + name.len() + value.len();
        put::begin(out, 1, length);
        put::bytes(out, 1, name.as_bytes());
        put::bytes(out, 2, value.as_bytes());
    }
}

/// The value of a label in what [`put_labels`] wrote; `None` where it is not there.
pub fn label<'a>(labels: &'a [u8], name: &str) -> Option<&'a str> {
    super::labels::find(labels, name)
}

/// Makes a request. Its memory serves one request after the other.
///
/// A series is begun, told what it has (metadata last), and ended.
pub struct RequestWriter {
    version: Version,
    symbols: SymbolWriter,
    /// The series so far, each behind its key and length.
    all: Vec<u8>,
    one: Vec<u8>,
    part: Vec<u8>,
    references: Vec<u32>,
}

impl RequestWriter {
    /// An empty request.
    pub fn new(version: Version) -> Self {
        Self {
            version,
            symbols: SymbolWriter::default(),
            all: Vec::new(),
            one: Vec::new(),
            part: Vec::new(),
            references: Vec::new(),
        }
    }

    /// Begins a series with labels as [`put_labels`] wrote them.
    pub fn begin(&mut self, labels: &[u8]) {
        self.one.clear();
        match self.version {
            Version::V1 => self.one.extend_from_slice(labels),
            Version::V2 => {
                self.references.clear();
                let (symbols, references) = (&mut self.symbols, &mut self.references);
                // What was written here can be read here.
                let _ = Source::Texts(labels).each(|name, value| {
                    references.push(symbols.reference(name));
                    references.push(symbols.reference(value));
                });
                put::packed(&mut self.one, 1, references.iter().map(|&r| r.into()));
            }
        }
    }

    /// A sample.
    #[inline]
    pub fn sample(&mut self, time: i64, value: f64) {
        self.part.clear();
        put::double(&mut self.part, 1, value);
        put::number(&mut self.part, 2, time as u64);
        put::bytes(&mut self.one, 2, &self.part);
    }

    /// A native histogram.
    pub fn histogram(&mut self, time: i64, value: &HistogramValue) {
        self.part.clear();
        histogram_put::put(&mut self.part, time, value);
        let field = match self.version {
            Version::V1 => 4,
            Version::V2 => 3,
        };
        put::bytes(&mut self.one, field, &self.part);
    }

    /// An exemplar.
    pub fn exemplar(&mut self, exemplar: &Exemplar) {
        self.part.clear();
        match self.version {
            Version::V1 => put_labels(&mut self.part, exemplar.labels.iter()),
            Version::V2 => {
                self.references.clear();
                for (name, value) in exemplar.labels.iter() {
                    self.references.push(self.symbols.reference(name));
                    self.references.push(self.symbols.reference(value));
                }
                put::packed(&mut self.part, 1, self.references.iter().map(|&r| r.into()));
            }
        }
        put::double(&mut self.part, 2, exemplar.value);
        put::number(&mut self.part, 3, exemplar.time.unwrap_or_default() as u64);
        let field = match self.version {
            Version::V1 => 3,
            Version::V2 => 4,
        };
        put::bytes(&mut self.one, field, &self.part);
    }

    /// What is said about the series; version 1.0 has no place for it here.
    pub fn metadata(&mut self, metadata: &Metadata) {
        if self.version == Version::V1 {
            return;
        }
        self.part.clear();
        put::number(&mut self.part, 1, read::kind_number(metadata.kind));
        for (field, text) in [(3, &metadata.help), (4, &metadata.unit)] {
            let reference = self.symbols.reference(text);
            if reference > 0 {
                put::number(&mut self.part, field, reference.into());
            }
        }
        put::bytes(&mut self.one, 5, &self.part);
    }

    /// Ends the series.
    pub fn end(&mut self) {
        let field = match self.version {
            Version::V1 => 1,
            Version::V2 => 5,
        };
        put::bytes(&mut self.all, field, &self.one);
    }

    /// Appends the whole request to `out`; the next one begins empty.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if self.version == Version::V2 {
            self.symbols.finish(out);
        }
        out.extend_from_slice(&self.all);
        self.all.clear();
    }
}

/// Appends a request of version 1.0 that has nothing but metadata: (family, what is said of it).
pub fn put_metadata_request<'a>(
    out: &mut Vec<u8>,
    families: impl Iterator<Item = (&'a str, &'a Metadata)>,
) {
    let mut entry = Vec::new();
    for (family, metadata) in families {
        entry.clear();
        put::number(&mut entry, 1, read::kind_number(metadata.kind));
        put::text(&mut entry, 2, family);
        put::text(&mut entry, 4, &metadata.help);
        put::text(&mut entry, 5, &metadata.unit);
        put::bytes(out, 3, &entry);
    }
}

/// The texts of a request, each once; the first is empty.
#[derive(Default)]
struct SymbolWriter {
    /// The fields of the symbols, as they will stand in the request.
    written: Vec<u8>,
    /// By a text's hash: its number, and where in `written` it begins.
    known: RapidHashMap<u64, (u32, usize)>,
    count: u32,
}

impl SymbolWriter {
    fn reference(&mut self, text: &str) -> u32 {
        if text.is_empty() {
            return 0;
        }
        let hash = rapidhash_v3(text.as_bytes());
        if let Some(&(number, start)) = self.known.get(&hash) {
            let known = self.written.get(start..).unwrap_or_default();
            if known.get(..text.len()) == Some(text.as_bytes()) {
                return number;
            }
        }
        // Two texts of one hash: the later stands for both from now on, the other comes twice.
        self.count += 1;
        put::bytes(&mut self.written, 4, text.as_bytes());
        let start = self.written.len() - text.len();
        self.known.insert(hash, (self.count, start));
        self.count
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        put::bytes(out, 4, b"");
        out.extend_from_slice(&self.written);
        self.written.clear();
        self.known.clear();
        self.count = 0;
    }
}

#[cfg(test)]
mod tests {
    use model::histogram::buckets::spans_of;
    use model::{FamilyKind, Histogram, Labels, LabelsBuilder, ResetHint};
    use proptest::prelude::*;

    use super::super::{Content, Request};
    use super::*;

    fn labels(pairs: &[(String, String)]) -> (Labels, Vec<u8>) {
        let labels = Labels::from_pairs(pairs.iter().map(|(n, v)| (n, v)));
        let mut written = Vec::new();
        put_labels(&mut written, labels.iter());
        (labels, written)
    }

    fn write(writer: &mut RequestWriter, labels: &[u8], content: &Content) {
        writer.begin(labels);
        for &(time, value) in &content.samples {
            writer.sample(time, value);
        }
        for histogram in &content.histograms {
            writer.histogram(histogram.time, &histogram.value);
        }
        for exemplar in &content.exemplars {
            writer.exemplar(exemplar);
        }
        if let Some(metadata) = &content.metadata {
            writer.metadata(metadata);
        }
        writer.end();
    }

    fn read_all(body: &[u8], version: Version) -> Vec<(Labels, Content)> {
        let mut request = Request::new(body, version, 5).unwrap();
        let mut all = Vec::new();
        while let Some(series) = request.next_series().unwrap() {
            let mut labels = LabelsBuilder::new();
            series.labels(&mut labels).unwrap();
            let mut content = Content::default();
            series.read(&mut content).unwrap();
            all.push((labels.build(), content));
        }
        all
    }

    fn histogram(counts: &[u64], is_float: bool) -> HistogramValue {
        let buckets = counts
            .iter()
            .zip(-3i32..)
            .map(|(&count, index)| (index * 2, count));
        let (positive_spans, positive) = spans_of(buckets);
        let mut whole = Histogram {
            schema: 3,
            zero_threshold: 0.001,
            zero_count: 2,
            count: 2 + 2 * counts.iter().sum::<u64>(),
            sum: -1.5,
            negative_spans: positive_spans.clone(),
            negative: positive.clone(),
            positive_spans,
            positive,
            custom: Vec::new(),
            hint: ResetHint::Gauge,
        };
        if counts.len() == 3 {
            (whole.schema, whole.custom) = (model::CUSTOM_SCHEMA, vec![0.5, 1.0, 2.0]);
        }
        let value = HistogramValue::Integer(Box::new(whole));
        match is_float {
            true => HistogramValue::Float(Box::new(value.into_float())),
            false => value,
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            given in proptest::collection::vec((
                proptest::collection::vec(("[a-c_]{1,3}", ".{1,200}"), 1..4),
                proptest::collection::vec((any::<i64>(), any::<i32>()), 0..4),
                proptest::collection::vec((0u64..1 << 40, any::<bool>()), 0..4),
                proptest::option::of(("[a-c]{1,2}", "[a-c]{0,2}")),
            ), 0..5),
            rounds in 1..3,
        ) {
            for version in [Version::V1, Version::V2] {
                let mut writer = RequestWriter::new(version);
                for _ in 0..rounds {
                    let mut expected = Vec::new();
                    for (pairs, samples, histograms, said) in &given {
                        let (labels, written) = labels(pairs);
                        let metadata = said.as_ref().map(|(help, unit)| Metadata {
                            kind: FamilyKind::Counter,
                            help: help.clone(),
                            unit: unit.clone(),
                        });
                        let mut content = Content {
                            samples: samples.iter().map(|&(t, v)| (t, f64::from(v))).collect(),
                            metadata: metadata.filter(|_| version == Version::V2),
                            ..Content::default()
                        };
                        for (place, &(count, is_float)) in histograms.iter().enumerate() {
                            let value = histogram(&vec![count; place], is_float);
                            content.histograms.push(model::HistogramSample { time: 7, value });
                            content.exemplars.push(Exemplar {
                                labels: labels.clone(),
                                value: 0.5,
                                time: Some(9),
                            });
                        }
                        for (name, value) in labels.iter() {
                            prop_assert_eq!(label(&written, name), Some(value));
                        }
                        prop_assert_eq!(label(&written, "no such"), None);
                        write(&mut writer, &written, &content);
                        expected.push((labels, content));
                    }
                    let mut body = Vec::new();
                    writer.finish(&mut body);
                    prop_assert_eq!(&read_all(&body, version), &expected);
                }
            }
        }
    }

    #[test]
    fn metadata_alone_is_a_request() {
        #[derive(Clone, PartialEq, prost::Message)]
        struct Entry {
            #[prost(int32, tag = "1")]
            kind: i32,
            #[prost(string, tag = "2")]
            family: String,
            #[prost(string, tag = "4")]
            help: String,
            #[prost(string, tag = "5")]
            unit: String,
        }
        #[derive(Clone, PartialEq, prost::Message)]
        struct All {
            #[prost(message, repeated, tag = "3")]
            entries: Vec<Entry>,
        }
        let metadata = Metadata {
            kind: FamilyKind::Histogram,
            help: "what".into(),
            unit: "s".into(),
        };
        let mut out = Vec::new();
        put_metadata_request(&mut out, [("a", &metadata)].into_iter());
        let all: All = prost::Message::decode(&out[..]).unwrap();
        let entry = Entry {
            kind: 3,
            family: "a".into(),
            help: "what".into(),
            unit: "s".into(),
        };
        assert_eq!(all.entries, [entry]);
    }
}
