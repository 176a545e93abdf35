//! Query results as JSON, written straight into one buffer: an answer can hold millions of
//! points, and a tree of them would cost many times their size.

use model::{Labels, number};
use promql::Value;

/// Appends a text in quotes, with JSON's escapes.
pub(crate) fn push_string(out: &mut String, text: &str) {
    out.push('"');
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

/// Appends a query's value as `"resultType":…,"result":…`.
pub(crate) fn push_value(out: &mut String, value: &Value) {
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
        Value::Vector(samples) => push_list(out, samples, |out, sample| {
            out.push_str("{\"metric\":");
            push_labels(out, &sample.labels);
            out.push_str(",\"value\":");
            push_point(out, sample.time, sample.value);
            out.push('}');
        }),
        Value::Matrix(series) => push_list(out, series, |out, series| {
            out.push_str("{\"metric\":");
            push_labels(out, &series.labels);
            out.push_str(",\"values\":[");
            for (place, sample) in series.samples.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                push_point(out, sample.time, sample.value);
            }
            out.push_str("]}");
        }),
    }
}

#[cfg(test)]
mod tests {
    use model::{Columns, Sample};
    use promql::{InstantSample, RangeSeries};

    use super::*;

    fn written(value: &Value) -> String {
        let mut out = String::new();
        push_value(&mut out, value);
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
                    value: 1e21,
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
    fn what_is_written_is_json() {
        let mut out = String::new();
        let text = "\"\\/\u{8}\u{c}\n\r\t\u{7f}\u{2028}💡";
        push_string(&mut out, text);
        assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
    }
}
