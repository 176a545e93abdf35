//! A scrape target that serves made-up native histograms as protobuf.
//!
//! Messages are those of Prometheus' `io.prometheus.client` package, each behind its length.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use model::{FloatHistogram, HistogramValue, IntegerHistogram, ResetHint, Span};

use super::histograms::value;

/// How many series the target has; those of kind 3 are classic histograms.
pub(crate) const SERIES: usize = 5;
/// Scrapes after which its counters begin again.
pub(crate) const RESET: u64 = 50;

/// A target that is scraped; each answer is a step further.
pub(crate) struct Target {
    over: Arc<AtomicBool>,
    port: u16,
    thread: Option<JoinHandle<()>>,
}

impl Target {
    /// Listens on a port.
    pub(crate) fn start(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let over = Arc::new(AtomicBool::new(false));
        let is_over = over.clone();
        let thread = std::thread::spawn(move || {
            for step in 0.. {
                let (mut stream, _) = listener.accept().unwrap();
                if is_over.load(Ordering::Relaxed) {
                    return;
                }
                let mut request = [0; 4096];
                let _ = stream.read(&mut request);
                let body = body(step);
                let kind = "application/vnd.google.protobuf; \
                            proto=io.prometheus.client.MetricFamily; encoding=delimited";
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
                     Connection: close\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all(head.as_bytes());
                let _ = stream.write_all(&body);
            }
        });
        Self {
            over,
            port,
            thread: Some(thread),
        }
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        let _ = std::net::TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What is served at a step: a family a series.
fn body(step: u64) -> Vec<u8> {
    let mut body = Vec::new();
    for n in 0..SERIES {
        let value = value(n, step, RESET);
        let float = value.clone().into_float();
        let mut histogram = Message::default();
        match &value {
            _ if float.is_custom() => put_classic(&mut histogram, &float),
            HistogramValue::Integer(whole) => put_integer(&mut histogram, whole),
            HistogramValue::Float(float) => put_float(&mut histogram, float),
        }
        let mut metric = Message::default();
        metric.message(7, &histogram);
        let mut family = Message::default();
        family.bytes(1, format!("h{n}").as_bytes());
        // HISTOGRAM or GAUGE_HISTOGRAM.
        family.varint(3, if float.hint == ResetHint::Gauge { 5 } else { 4 });
        family.message(4, &metric);
        put_varint(&mut body, family.0.len() as u64);
        body.extend(&family.0);
    }
    body
}

fn put_integer(out: &mut Message, histogram: &IntegerHistogram) {
    out.varint(1, histogram.count);
    out.double(2, histogram.sum);
    out.varint(5, zigzag(histogram.schema.into()));
    out.double(6, histogram.zero_threshold);
    out.varint(7, histogram.zero_count);
    let sides = [
        (9, 10, &histogram.negative_spans, &histogram.negative),
        (12, 13, &histogram.positive_spans, &histogram.positive),
    ];
    for (spans_field, counts_field, spans, counts) in sides {
        put_spans(out, spans_field, spans);
        let mut before = 0;
        for &count in counts {
            out.varint(counts_field, zigzag(count as i64 - before));
            before = count as i64;
        }
    }
}

fn put_float(out: &mut Message, histogram: &FloatHistogram) {
    out.double(2, histogram.sum);
    out.double(4, histogram.count);
    out.varint(5, zigzag(histogram.schema.into()));
    out.double(6, histogram.zero_threshold);
    out.double(8, histogram.zero_count);
    let sides = [
        (9, 11, &histogram.negative_spans, &histogram.negative),
        (12, 14, &histogram.positive_spans, &histogram.positive),
    ];
    for (spans_field, counts_field, spans, counts) in sides {
        put_spans(out, spans_field, spans);
        for &count in counts {
            out.double(counts_field, count);
        }
    }
}

fn put_spans(out: &mut Message, field: u64, spans: &[Span]) {
    for span in spans {
        let mut message = Message::default();
        message.varint(1, zigzag(span.offset.into()));
        message.varint(2, span.length.into());
        out.message(field, &message);
    }
}

/// The buckets of listed bounds as classic ones, which count all that is below.
fn put_classic(out: &mut Message, histogram: &FloatHistogram) {
    out.varint(1, histogram.count as u64);
    out.double(2, histogram.sum);
    let mut counts = vec![0.0; histogram.custom.len() + 1];
    let (mut next, mut given) = (0usize, histogram.positive.iter());
    for span in &histogram.positive_spans {
        next += usize::try_from(span.offset).unwrap();
        for _ in 0..span.length {
            counts[next] = *given.next().unwrap();
            next += 1;
        }
    }
    let mut below = 0.0;
    let bounds = histogram.custom.iter().copied().chain([f64::INFINITY]);
    for (count, bound) in counts.into_iter().zip(bounds) {
        below += count;
        let mut bucket = Message::default();
        bucket.varint(1, below as u64);
        bucket.double(2, bound);
        out.message(3, &bucket);
    }
}

/// A message that is being written.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, field: u64, value: u64) {
        put_varint(&mut self.0, field << 3);
        put_varint(&mut self.0, value);
    }

    fn double(&mut self, field: u64, value: f64) {
        put_varint(&mut self.0, field << 3 | 1);
        self.0.extend(value.to_le_bytes());
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        put_varint(&mut self.0, field << 3 | 2);
        put_varint(&mut self.0, bytes.len() as u64);
        self.0.extend(bytes);
    }

    fn message(&mut self, field: u64, message: &Self) {
        self.bytes(field, &message.0);
    }
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}
