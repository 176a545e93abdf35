//! Query results as JSON, written straight into one buffer: an answer can hold millions of
//! points, and a tree of them would cost many times their size.

use model::{Columns, FloatHistogram, Labels, number};
use promql::{HistogramBucket, QueryError, SampleValue, Value, histogram_buckets};

/// Points that are written before the writer looks whether to go on: well below a millisecond.
const POINTS_AT_ONCE: usize = 1024;

/// Asked every so often, with the bytes written so far, whether to go on.
pub(crate) type GoOn<'g> = &'g mut dyn FnMut(usize) -> Result<(), QueryError>;

/// Appends a text in quotes, with JSON's escapes.
pub(crate) fn push_string(out: &mut String, text: &str) {
    out.push('"');
    // Nearly all texts are as they are; without a way out of the loop bytes are looked at together.
    let special = |byte: u8| (byte < 0x20) | (byte == b'"') | (byte == b'\\');
    if !text.bytes().fold(false, |any, byte| any | special(byte)) {
        out.push_str(text);
        out.push('"');
        return;
    }
    let mut clean = 0;
    for (place, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..=0x1f => "",
            _ => continue,
        };
        out.push_str(text.get(clean..place).unwrap_or_default());
        if escape.is_empty() {
            out.push_str(&format!("\\u{byte:04x}"));
        } else {
            out.push_str(escape);
        }
        clean = place + 1;
    }
    out.push_str(text.get(clean..).unwrap_or_default());
    out.push('"');
}

/// Appends a label set as an object.
pub(crate) fn push_labels(out: &mut String, labels: &Labels) {
    out.push('{');
    for (place, (name, value)) in labels.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        push_string(out, name);
        out.push(':');
        push_string(out, value);
    }
    out.push('}');
}

/// Appends a list of texts.
pub(crate) fn push_strings<S: AsRef<str>>(out: &mut String, texts: impl IntoIterator<Item = S>) {
    out.push('[');
    for (place, text) in texts.into_iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        push_string(out, text.as_ref());
    }
    out.push(']');
}

fn push_point(out: &mut String, time: i64, value: f64) {
    out.push('[');
    number::push_seconds(out, time);
    out.push_str(",\"");
    number::push_api(out, value);
    out.push_str("\"]");
}

/// The beginnings of points, `[seconds,"`: the series of an answer have the same moments.
#[derive(Default)]
struct Moments {
    text: String,
    /// Each moment, rising, and where its text ends.
    known: Vec<(i64, usize)>,
    /// Which of the known moments the series that is being written may have next.
    next: usize,
}

impl Moments {
    /// Moments that are kept: all of a range query.
    const MOST: usize = 11_001;

    /// Appends the beginning of a point; moments of one series come in order.
    fn push(&mut self, out: &mut String, time: i64) {
        while let Some(&(known, end)) = self.known.get(self.next).filter(|known| known.0 <= time) {
            let before = self.next.checked_sub(1).and_then(|at| self.known.get(at));
            self.next += 1;
            if known == time {
                let start = before.map_or(0, |before| before.1);
                out.push_str(self.text.get(start..end).unwrap_or_default());
                return;
            }
        }
        let start = out.len();
        out.push('[');
        number::push_seconds(out, time);
        out.push_str(",\"");
        if self.next == self.known.len() && self.next < Self::MOST {
            self.text.push_str(out.get(start..).unwrap_or_default());
            self.known.push((time, self.text.len()));
            self.next += 1;
        }
    }
}

/// Appends a number as JSON clients read it: in quotes, since JSON has no infinity.
fn push_quoted(out: &mut String, value: f64) {
    out.push('"');
    number::push_api(out, value);
    out.push('"');
}

fn push_histogram_point(out: &mut String, time: i64, histogram: &FloatHistogram) {
    out.push('[');
    number::push_seconds(out, time);
    out.push_str(",{\"count\":");
    push_quoted(out, histogram.count);
    out.push_str(",\"sum\":");
    push_quoted(out, histogram.sum);
    let buckets = histogram_buckets(histogram);
    if !buckets.is_empty() {
        out.push_str(",\"buckets\":");
        push_list(out, &buckets, push_bucket);
    }
    out.push_str("}]");
}

/// A bucket: which bounds belong to it (0 the upper, 1 the lower, 2 none, 3 both), the bounds,
/// and the count.
fn push_bucket(out: &mut String, bucket: &HistogramBucket) {
    let rule = match (bucket.lower_included, bucket.upper_included) {
        (false, true) => '0',
        (true, false) => '1',
        (false, false) => '2',
        (true, true) => '3',
    };
    out.push('[');
    out.push(rule);
    for value in [bucket.lower, bucket.upper, bucket.count] {
        out.push(',');
        push_quoted(out, value);
    }
    out.push(']');
}

/// The samples of a series: `,"values":[…]` where it has numbers, `,"histograms":[…]` where it has
/// histograms.
fn push_samples(
    out: &mut String,
    samples: &Columns,
    moments: &mut Moments,
    go_on: GoOn<'_>,
) -> Result<(), QueryError> {
    moments.next = 0;
    let mut sample = samples.iter().peekable();
    if sample.peek().is_some() {
        out.push_str(",\"values\":[");
        for (place, sample) in sample.enumerate() {
            if place > 0 {
                out.push(',');
            }
            if place % POINTS_AT_ONCE == POINTS_AT_ONCE - 1 {
                go_on(out.len())?;
            }
            moments.push(out, sample.time);
            number::push_api(out, sample.value);
            out.push_str("\"]");
        }
        out.push(']');
    }
    if !samples.histograms.is_empty() {
        out.push_str(",\"histograms\":");
        push_each(out, &samples.histograms, go_on, |out, sample, _| {
            push_histogram_point(out, sample.time, &sample.value.clone().into_float());
            Ok(())
        })?;
    }
    Ok(())
}

/// A list of what may be many or large.
fn push_each<T>(
    out: &mut String,
    items: &[T],
    go_on: GoOn<'_>,
    mut push: impl FnMut(&mut String, &T, GoOn<'_>) -> Result<(), QueryError>,
) -> Result<(), QueryError> {
    out.push('[');
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        go_on(out.len())?;
        push(out, item, go_on)?;
    }
    out.push(']');
    Ok(())
}

fn push_list<T>(out: &mut String, items: &[T], mut push: impl FnMut(&mut String, &T)) {
    out.push('[');
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        push(out, item);
    }
    out.push(']');
}

/// Appends a query's value as `"resultType":…,"result":…`; stops where it is not to go on.
pub(crate) fn push_value(
    out: &mut String,
    value: &Value,
    go_on: GoOn<'_>,
) -> Result<(), QueryError> {
    let kind = match value {
        Value::Scalar(_) => "scalar",
        Value::String { .. } => "string",
        Value::Vector(_) => "vector",
        Value::Matrix(_) => "matrix",
    };
    out.push_str("\"resultType\":\"");
    out.push_str(kind);
    out.push_str("\",\"result\":");
    match value {
        Value::Scalar(sample) => push_point(out, sample.time, sample.value),
        Value::String { time, value } => {
            out.push('[');
            number::push_seconds(out, *time);
            out.push(',');
            push_string(out, value);
            out.push(']');
        }
        Value::Vector(samples) => push_each(out, samples, go_on, |out, sample, _| {
            out.push_str("{\"metric\":");
            push_labels(out, &sample.labels);
            match &sample.value {
                SampleValue::Float(number) => {
                    out.push_str(",\"value\":");
                    push_point(out, sample.time, *number);
                }
                SampleValue::Histogram(histogram) => {
                    out.push_str(",\"histogram\":");
                    push_histogram_point(out, sample.time, histogram);
                }
            }
            out.push('}');
            Ok(())
        })?,
        Value::Matrix(series) => {
            let mut moments = Moments::default();
            push_each(out, series, go_on, |out, series, go_on| {
                out.push_str("{\"metric\":");
                push_labels(out, &series.labels);
                push_samples(out, &series.samples, &mut moments, go_on)?;
                out.push('}');
                Ok(())
            })?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use model::{HistogramSample, HistogramValue, Sample, Span};
    use promql::{InstantSample, RangeSeries};

    use super::*;

    fn written(value: &Value) -> String {
        let mut out = String::new();
        push_value(&mut out, value, &mut |_| Ok(())).unwrap();
        out
    }

    #[test]
    fn each_type_has_its_form() {
        let labels = Labels::from_pairs([("job", "a\"\n\u{1}é")]);
        let mut samples = Columns::new();
        samples.push(1000, 1.0);
        samples.push(1500, f64::NAN);
        for (value, expected) in [
            (
                Value::Scalar(Sample {
                    time: 1234,
                    value: 0.5,
                }),
                r#""resultType":"scalar","result":[1.234,"0.5"]"#,
            ),
            (
                Value::String {
                    time: 0,
                    value: "x".to_owned(),
                },
                r#""resultType":"string","result":[0,"x"]"#,
            ),
            (
                Value::Vector(vec![InstantSample {
                    labels: labels.clone(),
                    time: 1,
                    value: SampleValue::Float(1e21),
                }]),
                r#""resultType":"vector","result":[{"metric":{"job":"a\"\n\u0001é"},"value":[0.001,"1e+21"]}]"#,
            ),
            (
                Value::Matrix(vec![RangeSeries {
                    labels: Labels::empty(),
                    samples,
                }]),
                r#""resultType":"matrix","result":[{"metric":{},"values":[[1,"1"],[1.5,"NaN"]]}]"#,
            ),
        ] {
            assert_eq!(written(&value), expected);
        }
    }

    #[test]
    fn series_with_different_moments_keep_their_own() {
        let lists: [&[i64]; 5] = [
            &[2000, 3000],
            &[1000, 3000, 4500],
            &[2500, 4500],
            &[],
            &[2000],
        ];
        let series = lists.map(|times| {
            let mut samples = Columns::new();
            times.iter().for_each(|&time| samples.push(time, 1.0));
            let labels = Labels::empty();
            RangeSeries { labels, samples }
        });
        let expected = [
            r#","values":[[2,"1"],[3,"1"]]"#,
            r#","values":[[1,"1"],[3,"1"],[4.5,"1"]]"#,
            r#","values":[[2.5,"1"],[4.5,"1"]]"#,
            "",
            r#","values":[[2,"1"]]"#,
        ];
        let expected = expected.map(|values| format!(r#"{{"metric":{{}}{values}}}"#));
        let expected = format!(r#""resultType":"matrix","result":[{}]"#, expected.join(","));
        assert_eq!(written(&Value::Matrix(series.into())), expected);
    }

    /// The histogram that the documentation of the original's answers shows.
    fn documented() -> FloatHistogram {
        FloatHistogram {
            count: 42.0,
            sum: 34_593.34,
            zero_threshold: 0.25,
            zero_count: 3.0,
            positive_spans: vec![
                Span {
                    offset: -1,
                    length: 2,
                },
                Span {
                    offset: 1,
                    length: 1,
                },
            ],
            positive: vec![12.0, 21.0, 6.0],
            negative_spans: vec![Span {
                offset: 3,
                length: 1,
            }],
            negative: vec![1.5],
            ..FloatHistogram::default()
        }
    }

    #[test]
    fn histograms_stand_beside_numbers() {
        let written_histogram = r#"{"count":"42","sum":"34593.34","buckets":[[1,"-8","-4","1.5"],[3,"-0.25","0.25","3"],[0,"0.25","0.5","12"],[0,"0.5","1","21"],[0,"2","4","6"]]}"#;
        let vector = Value::Vector(vec![InstantSample {
            labels: Labels::empty(),
            time: 1500,
            value: SampleValue::Histogram(Arc::new(documented())),
        }]);
        assert_eq!(
            written(&vector),
            format!(
                r#""resultType":"vector","result":[{{"metric":{{}},"histogram":[1.5,{written_histogram}]}}]"#
            )
        );
        let mut samples = Columns::new();
        let sample = |time, histogram| HistogramSample {
            time,
            value: HistogramValue::Float(Box::new(histogram)),
        };
        samples.histograms = vec![
            sample(2000, documented()),
            sample(3000, FloatHistogram::default()),
        ];
        let histograms =
            format!(r#""histograms":[[2,{written_histogram}],[3,{{"count":"0","sum":"0"}}]]"#);
        for (number, values) in [(None, ""), (Some(1.0), r#""values":[[1,"1"]],"#)] {
            let mut samples = samples.clone();
            if let Some(number) = number {
                samples.push(1000, number);
            }
            let matrix = Value::Matrix(vec![RangeSeries {
                labels: Labels::empty(),
                samples,
            }]);
            let expected = format!(
                r#""resultType":"matrix","result":[{{"metric":{{}},{values}{histograms}}}]"#
            );
            assert_eq!(written(&matrix), expected);
        }
    }

    #[test]
    fn what_is_written_is_json() {
        let mut out = String::new();
        let text = "\"\\/\u{8}\u{c}\n\r\t\u{7f}\u{2028}💡";
        push_string(&mut out, text);
        assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
    }
}
