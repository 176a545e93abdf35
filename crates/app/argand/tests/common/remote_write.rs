//! Remote-write 1.0 requests, just enough of them to hand a Prometheus any samples.

/// A native histogram; counts are those of each bucket.
pub(crate) struct Bucketed {
    pub(crate) is_float: bool,
    pub(crate) schema: i32,
    pub(crate) sum: f64,
    pub(crate) zero: u64,
    pub(crate) spans: Vec<(i32, u32)>,
    pub(crate) buckets: Vec<u64>,
    pub(crate) custom: Vec<f64>,
}

/// A series with its samples.
pub(crate) struct Series {
    labels: Vec<(String, String)>,
    floats: Vec<(i64, f64)>,
    histograms: Vec<(i64, Bucketed)>,
}

impl Series {
    pub(crate) fn floats(labels: Vec<(String, String)>, floats: Vec<(i64, f64)>) -> Self {
        Self {
            labels,
            floats,
            histograms: Vec::new(),
        }
    }

    pub(crate) fn histograms(
        labels: Vec<(String, String)>,
        histograms: Vec<(i64, Bucketed)>,
    ) -> Self {
        Self {
            labels,
            floats: Vec::new(),
            histograms,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.floats.is_empty() && self.histograms.is_empty()
    }
}

/// The compressed body of a request.
pub(crate) fn request(series: &[Series]) -> Vec<u8> {
    let mut body = Vec::new();
    for one in series {
        let mut message = Vec::new();
        for (name, value) in &one.labels {
            let mut label = Vec::new();
            bytes(&mut label, 1, name.as_bytes());
            bytes(&mut label, 2, value.as_bytes());
            bytes(&mut message, 1, &label);
        }
        for &(time, value) in &one.floats {
            let mut sample = Vec::new();
            double(&mut sample, 1, value);
            number(&mut sample, 2, time as u64);
            bytes(&mut message, 2, &sample);
        }
        for (time, value) in &one.histograms {
            bytes(&mut message, 4, &histogram(*time, value));
        }
        bytes(&mut body, 1, &message);
    }
    snap::raw::Encoder::new().compress_vec(&body).unwrap()
}

fn histogram(time: i64, value: &Bucketed) -> Vec<u8> {
    let mut out = Vec::new();
    let count: u64 = value.zero + value.buckets.iter().sum::<u64>();
    if value.is_float {
        double(&mut out, 2, count as f64);
        double(&mut out, 7, value.zero as f64);
    } else {
        number(&mut out, 1, count);
        number(&mut out, 6, value.zero);
    }
    double(&mut out, 3, value.sum);
    number(&mut out, 4, zigzag(value.schema.into()));
    double(
        &mut out,
        5,
        if value.custom.is_empty() { 0.001 } else { 0.0 },
    );
    for &(offset, length) in &value.spans {
        let mut span = Vec::new();
        number(&mut span, 1, zigzag(offset.into()));
        number(&mut span, 2, length.into());
        bytes(&mut out, 11, &span);
    }
    let mut packed = Vec::new();
    let mut before = 0i64;
    for &count in &value.buckets {
        if value.is_float {
            packed.extend((count as f64).to_le_bytes());
        } else {
            varint(&mut packed, zigzag(count as i64 - before));
            before = count as i64;
        }
    }
    bytes(&mut out, if value.is_float { 13 } else { 12 }, &packed);
    number(&mut out, 15, time as u64);
    if !value.custom.is_empty() {
        let packed: Vec<u8> = value
            .custom
            .iter()
            .flat_map(|bound| bound.to_le_bytes())
            .collect();
        bytes(&mut out, 16, &packed);
    }
    out
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn number(out: &mut Vec<u8>, field: u64, value: u64) {
    varint(out, field << 3);
    varint(out, value);
}

fn double(out: &mut Vec<u8>, field: u64, value: f64) {
    varint(out, field << 3 | 1);
    out.extend(value.to_le_bytes());
}

fn bytes(out: &mut Vec<u8>, field: u64, value: &[u8]) {
    varint(out, field << 3 | 2);
    varint(out, value.len() as u64);
    out.extend(value);
}
