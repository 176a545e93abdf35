//! The messages of remote write, field by field.

const SYMBOLS: [&[u8]; 8] = [
    b"",
    b"__name__",
    b"rw2",
    b"job",
    b"a",
    b"help",
    b"unit",
    b"\xff\xfe",
];

fn number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn put_number(out: &mut Vec<u8>, field: u64, value: i64) {
    number(out, field << 3);
    number(out, value as u64);
}

fn put_double(out: &mut Vec<u8>, field: u64, value: f64) {
    number(out, field << 3 | 1);
    out.extend(value.to_le_bytes());
}

fn put_bytes(out: &mut Vec<u8>, field: u64, bytes: &[u8]) {
    number(out, field << 3 | 2);
    number(out, bytes.len() as u64);
    out.extend(bytes);
}

fn in_field(field: u64, message: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put_bytes(&mut out, field, message);
    out
}

fn packed(numbers: &[u64]) -> Vec<u8> {
    let mut out = Vec::new();
    numbers.iter().for_each(|&one| number(&mut out, one));
    out
}

fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63) as u64
}

/// A sample of a series, of either version.
pub(crate) fn sample(value: f64, time: i64) -> Vec<u8> {
    let mut message = Vec::new();
    put_double(&mut message, 1, value);
    put_number(&mut message, 2, time);
    in_field(2, &message)
}

fn label(name: &str, value: &str) -> Vec<u8> {
    let mut message = Vec::new();
    put_bytes(&mut message, 1, name.as_bytes());
    put_bytes(&mut message, 2, value.as_bytes());
    in_field(1, &message)
}

fn exemplar(mut labels: Vec<u8>, time: i64) -> Vec<u8> {
    put_double(&mut labels, 2, 1.0);
    put_number(&mut labels, 3, time);
    labels
}

/// An exemplar of a series of version 1.0.
pub(crate) fn exemplar_1(name: &str, value: &str, time: i64) -> Vec<u8> {
    in_field(3, &exemplar(label(name, value), time))
}

/// An exemplar of a series of version 2.0.
pub(crate) fn exemplar_2(references: &[u64], time: i64) -> Vec<u8> {
    in_field(4, &exemplar(in_field(1, &packed(references)), time))
}

/// A native histogram with buckets above zero.
#[derive(Clone)]
pub(crate) struct Histogram {
    pub(crate) count: i64,
    pub(crate) schema: i64,
    pub(crate) deltas: Vec<i64>,
    pub(crate) custom: Vec<f64>,
    pub(crate) time: i64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            count: 3,
            schema: 0,
            deltas: vec![1, 1],
            custom: Vec::new(),
            time: 0,
        }
    }
}

impl Histogram {
    fn message(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put_number(&mut out, 1, self.count);
        put_double(&mut out, 3, 1.5);
        put_number(&mut out, 4, zigzag(self.schema) as i64);
        let mut span = Vec::new();
        put_number(&mut span, 1, 0);
        put_number(&mut span, 2, 2);
        put_bytes(&mut out, 11, &span);
        let deltas: Vec<u64> = self.deltas.iter().copied().map(zigzag).collect();
        put_bytes(&mut out, 12, &packed(&deltas));
        put_number(&mut out, 15, self.time);
        let custom: Vec<u8> = self.custom.iter().flat_map(|c| c.to_le_bytes()).collect();
        if !custom.is_empty() {
            put_bytes(&mut out, 16, &custom);
        }
        out
    }
}

/// A histogram of a series of version 1.0.
pub(crate) fn histogram_1(histogram: &Histogram) -> Vec<u8> {
    in_field(4, &histogram.message())
}

/// A histogram of a series of version 2.0.
pub(crate) fn histogram_2(histogram: &Histogram) -> Vec<u8> {
    in_field(3, &histogram.message())
}

/// What is said of a series of version 2.0, by the places of its texts.
pub(crate) fn metadata(help: i64, unit: i64) -> Vec<u8> {
    let mut message = Vec::new();
    put_number(&mut message, 1, 1);
    put_number(&mut message, 3, help);
    put_number(&mut message, 4, unit);
    in_field(5, &message)
}

/// A series of version 1.0.
pub(crate) fn series_1(labels: &[(&str, &str)], content: &[Vec<u8>]) -> Vec<u8> {
    let labels = labels.iter().flat_map(|(name, value)| label(name, value));
    labels.chain(content.concat()).collect()
}

/// A series of version 2.0.
pub(crate) fn series_2(references: &[u64], content: &[Vec<u8>]) -> Vec<u8> {
    [in_field(1, &packed(references)), content.concat()].concat()
}

/// A request of version 1.0.
pub(crate) fn request_1(series: &[Vec<u8>]) -> Vec<u8> {
    series
        .iter()
        .flat_map(|series| in_field(1, series))
        .collect()
}

/// A request of version 2.0.
pub(crate) fn request_2(series: &[Vec<u8>]) -> Vec<u8> {
    let symbols = SYMBOLS.iter().flat_map(|symbol| in_field(4, symbol));
    let series = series.iter().flat_map(|series| in_field(5, series));
    symbols.chain(series).collect()
}
