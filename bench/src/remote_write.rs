//! Writing synthetic samples by Prometheus' remote-write protocol, version 1: a protobuf
//! `WriteRequest` in one block of snappy.
//!
//! ```text
//! WriteRequest = 1: TimeSeries…    TimeSeries = 1: Label… 2: Sample…
//! Label = 1: name 2: value         Sample = 1: value (double) 2: milliseconds (int64)
//! ```
//! The labels of a series are the same for all targets but for `instance`, so that they are encoded
//! once: what sorts before it, and what sorts behind it.

use anyhow::{Context, Result, bail};
use prost::encoding::{WireType, encode_key, encode_varint};

use crate::exposition::Page;
use crate::targets;

/// Writes rounds of samples to one receiver.
pub(crate) struct Writer<'a> {
    agent: ureq::Agent,
    url: String,
    series: &'a [EncodedSeries],
    page: &'a Page,
    /// Samples a request at most.
    batch: usize,
    /// The request so far.
    request: Vec<u8>,
    pending: usize,
    one: Vec<u8>,
    compressed: Vec<u8>,
    /// Samples sent and acknowledged.
    pub(crate) sent: u64,
    /// Bytes sent, compressed.
    pub(crate) bytes: u64,
}

/// The labels of a series around `instance`.
pub(crate) struct EncodedSeries {
    before: Vec<u8>,
    after: Vec<u8>,
}

/// The path of the receiver, the same in all servers.
pub(crate) const PATH: &str = "/api/v1/write";

/// Encodes all series of a page.
pub(crate) fn encode(page: &Page) -> Vec<EncodedSeries> {
    page.series().map(encode_series).collect()
}

fn encode_series(text: &str) -> EncodedSeries {
    let (name, rest) = text.split_once('{').unwrap_or((text, ""));
    let mut labels = vec![("__name__", name), ("job", "load")];
    // No value of a synthetic target holds a comma or a quotation mark.
    for pair in rest.trim_end_matches('}').split(',') {
        if let Some((name, value)) = pair.split_once('=') {
            labels.push((name, value.trim_matches('"')));
        }
    }
    labels.sort_unstable();
    let mut series = EncodedSeries {
        before: Vec::new(),
        after: Vec::new(),
    };
    for (name, value) in labels {
        let side = if name < "instance" {
            &mut series.before
        } else {
            &mut series.after
        };
        put_label(side, name, value);
    }
    series
}

/// A message within a message.
fn put_bytes(out: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    encode_key(field, WireType::LengthDelimited, out);
    encode_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

fn put_label(out: &mut Vec<u8>, name: &str, value: &str) {
    let mut label = Vec::with_capacity(name.len() + value.len() + 8);
    put_bytes(&mut label, 1, name.as_bytes());
    put_bytes(&mut label, 2, value.as_bytes());
    put_bytes(out, 1, &label);
}

fn put_sample(out: &mut Vec<u8>, value: f64, time: i64) {
    let mut sample = Vec::with_capacity(20);
    encode_key(1, WireType::SixtyFourBit, &mut sample);
    sample.extend_from_slice(&value.to_le_bytes());
    encode_key(2, WireType::Varint, &mut sample);
    encode_varint(time as u64, &mut sample);
    put_bytes(out, 2, &sample);
}

/// Whether a server receives: it knows the path, whatever it thinks of an empty request.
pub(crate) fn is_received(server: &str) -> Result<bool> {
    let status = post(&agent(), &format!("{server}{PATH}"), &compress(&[])?)?;
    Ok(!matches!(status, 404 | 405))
}

fn agent() -> ureq::Agent {
    let configuration = ureq::Agent::config_builder().http_status_as_error(false);
    configuration.build().into()
}

fn compress(bytes: &[u8]) -> Result<Vec<u8>> {
    Ok(snap::raw::Encoder::new().compress_vec(bytes)?)
}

/// Sends one request and answers the status.
fn post(agent: &ureq::Agent, url: &str, body: &[u8]) -> Result<u16> {
    let request = agent
        .post(url)
        .header("Content-Encoding", "snappy")
        .header("Content-Type", "application/x-protobuf")
        .header("X-Prometheus-Remote-Write-Version", "0.1.0");
    let mut answer = request
        .send(body)
        .with_context(|| format!("writing to {url}"))?;
    let status = answer.status().as_u16();
    let text = answer.body_mut().read_to_string().unwrap_or_default();
    if status >= 300 && status != 404 && !body.is_empty() && body != [0] {
        bail!("{url}: {status}: {text}");
    }
    Ok(status)
}

impl<'a> Writer<'a> {
    /// A writer to the server at an address such as `http://127.0.0.1:9090`.
    pub(crate) fn new(
        server: &str,
        page: &'a Page,
        series: &'a [EncodedSeries],
        batch: usize,
    ) -> Self {
        Self {
            agent: agent(),
            url: format!("{server}{PATH}"),
            series,
            page,
            batch: batch.max(1),
            request: Vec::new(),
            pending: 0,
            one: Vec::new(),
            compressed: Vec::new(),
            sent: 0,
            bytes: 0,
        }
    }

    /// Writes the samples that a target has `seconds` after the start, which is `time` in
    /// milliseconds. `tier` becomes a label.
    pub(crate) fn write(
        &mut self,
        target: usize,
        tier: &str,
        seconds: f64,
        time: i64,
    ) -> Result<()> {
        let mut instance = Vec::new();
        put_label(
            &mut instance,
            "instance",
            &format!("{}:9100", targets::address(target)),
        );
        let mut last = Vec::new();
        put_label(&mut last, "tier", tier);
        let values = self.page.values(target, seconds);
        for (series, value) in self.series.iter().zip(values) {
            self.one.clear();
            self.one.extend_from_slice(&series.before);
            self.one.extend_from_slice(&instance);
            self.one.extend_from_slice(&series.after);
            self.one.extend_from_slice(&last);
            put_sample(&mut self.one, value, time);
            put_bytes(&mut self.request, 1, &self.one);
            self.pending += 1;
            if self.pending == self.batch {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Sends what is left.
    pub(crate) fn flush(&mut self) -> Result<()> {
        if self.pending == 0 {
            return Ok(());
        }
        self.compressed = compress(&self.request)?;
        let status = post(&self.agent, &self.url, &self.compressed)?;
        if status == 404 {
            bail!("{} is not there: the server receives nothing", self.url);
        }
        self.sent += self.pending as u64;
        self.bytes += self.compressed.len() as u64;
        self.pending = 0;
        self.request.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, PartialEq, prost::Message)]
    struct Request {
        #[prost(message, repeated, tag = "1")]
        series: Vec<Series>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    struct Series {
        #[prost(message, repeated, tag = "1")]
        labels: Vec<Label>,
        #[prost(message, repeated, tag = "2")]
        samples: Vec<Sample>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    struct Label {
        #[prost(string, tag = "1")]
        name: String,
        #[prost(string, tag = "2")]
        value: String,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    struct Sample {
        #[prost(double, tag = "1")]
        value: f64,
        #[prost(int64, tag = "2")]
        time: i64,
    }

    #[test]
    fn a_request_reads_back_as_what_the_page_says_with_sorted_labels() {
        let page = Page::new(577);
        let series = encode(&page);
        let mut writer = Writer::new("http://127.0.0.1:1", &page, &series, usize::MAX);
        writer.write(7, "wide", 30.0, 1_700_000_030_000).unwrap();
        let request = <Request as prost::Message>::decode(writer.request.as_slice()).unwrap();
        assert_eq!(request.series.len(), 577);
        let values = request.series.iter().map(|series| series.samples[0].value);
        assert!(values.eq(page.values(7, 30.0)));
        for series in &request.series {
            let names: Vec<&str> = series.labels.iter().map(|l| l.name.as_str()).collect();
            assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
            assert!(names.contains(&"instance") && names.contains(&"tier"));
            assert_eq!(series.samples[0].time, 1_700_000_030_000);
        }
        assert_eq!(request.series[0].labels[0].value, "node_cpu_seconds_total");
    }
}
