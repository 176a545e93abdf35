//! Writing spans for a collector: `ExportTraceServiceRequest` (opentelemetry-proto 1, trace/v1).

use crate::remote::put;

/// What a span stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanKind {
    /// Work within the process.
    Internal,
    /// A request that is answered.
    Server,
}

/// A piece of work that has ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// The trace it belongs to.
    pub trace: u128,
    /// Its own number.
    pub span: u64,
    /// The span that it is part of; 0 where a trace begins with it.
    pub parent: u64,
    /// What was done.
    pub name: String,
    /// What it stands for.
    pub kind: SpanKind,
    /// Nanoseconds since the Unix epoch.
    pub start: u64,
    /// The same of the end.
    pub end: u64,
    /// More about it.
    pub attributes: Vec<(&'static str, String)>,
    /// Why it failed, where it did.
    pub error: Option<String>,
}

/// The code of a status that is an error.
const ERROR: u64 = 2;

/// A request of spans, all of one service in one version.
pub fn trace_request(service: &str, version: &str, spans: &[Span]) -> Vec<u8> {
    let mut out = Vec::new();
    put::long_message(&mut out, 1, |out| {
        put::message(out, 1, |out| {
            attribute(out, 1, "service.name", service);
            attribute(out, 1, "service.version", version);
        });
        put::long_message(out, 2, |out| {
            put::message(out, 1, |out| {
                put::text(out, 1, service);
                put::text(out, 2, version);
            });
            for span in spans {
                put::message(out, 2, |out| write(out, span));
            }
        });
    });
    out
}

fn write(out: &mut Vec<u8>, span: &Span) {
    put::bytes(out, 1, &span.trace.to_be_bytes());
    put::bytes(out, 2, &span.span.to_be_bytes());
    if span.parent != 0 {
        put::bytes(out, 4, &span.parent.to_be_bytes());
    }
    put::text(out, 5, &span.name);
    let kind = match span.kind {
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
    };
    put::number(out, 6, kind);
    put::fixed64(out, 7, span.start);
    put::fixed64(out, 8, span.end);
    for (name, value) in &span.attributes {
        attribute(out, 9, name, value);
    }
    if let Some(error) = &span.error {
        put::message(out, 15, |out| {
            put::text(out, 2, error);
            put::number(out, 3, ERROR);
        });
    }
}

fn attribute(out: &mut Vec<u8>, field: u8, name: &str, value: &str) {
    put::message(out, field, |out| {
        put::text(out, 1, name);
        put::message(out, 2, |out| put::bytes(out, 1, value.as_bytes()));
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::{Fields, Value};

    /// The fields of a message, one after the other.
    fn fields(message: &[u8]) -> Vec<(u32, Value<'_>)> {
        let (mut fields, mut found) = (Fields(message), Vec::new());
        while let Some(field) = fields.next().unwrap() {
            found.push(field);
        }
        found
    }

    fn only(message: &[u8], number: u32) -> &[u8] {
        let mut found = fields(message).into_iter().filter(|(n, _)| *n == number);
        let (_, value) = found.next().unwrap();
        assert!(found.next().is_none());
        value.bytes(number).unwrap()
    }

    #[test]
    fn a_request_has_the_fields_of_the_protocol() {
        let span = Span {
            trace: 1 << 127 | 5,
            span: 7,
            parent: 9,
            name: "n".to_owned(),
            kind: SpanKind::Server,
            start: 10,
            end: 11,
            attributes: vec![("key", "value".to_owned())],
            error: Some("bad".to_owned()),
        };
        let request = trace_request("argand", "1", std::slice::from_ref(&span));
        let of_resource = only(&request, 1);
        assert_eq!(fields(only(of_resource, 1)).len(), 2);
        let of_scope = only(of_resource, 2);
        let written = only(of_scope, 2);
        assert_eq!(only(written, 1), (1u128 << 127 | 5).to_be_bytes());
        assert_eq!(only(written, 2), [0, 0, 0, 0, 0, 0, 0, 7]);
        assert_eq!(only(written, 4), [0, 0, 0, 0, 0, 0, 0, 9]);
        assert_eq!(only(written, 5), b"n");
        let has = |number, value| fields(written).contains(&(number, value));
        assert!(has(6, Value::Number(2)));
        assert!(has(7, Value::Fixed64(10)) && has(8, Value::Fixed64(11)));
        assert_eq!(only(only(only(written, 9), 2), 1), b"value");
        assert_eq!(only(only(written, 15), 2), b"bad");
        let root = Span {
            parent: 0,
            error: None,
            ..span
        };
        let request = trace_request("argand", "1", &[root]);
        let written = only(only(only(&request, 1), 2), 2);
        assert!(
            fields(written)
                .iter()
                .all(|(number, _)| !matches!(number, 4 | 15))
        );
    }
}
