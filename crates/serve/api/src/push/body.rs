//! What is pushed: how it is compressed, and which form it has.

use axum::http::{HeaderMap, header};
use push::Form;
use receive::{BodyError, Encoding};

/// What a stream of snappy begins with; a block of it cannot.
const FRAMES: &[u8] = b"\xff\x06\x00\x00sNaPpY";

/// The decompressed body: in `memory`, or where it lies already. Of a name that is not known the
/// body is taken as it is, as upstream does.
///
/// # Errors
/// Where it is damaged or too large.
pub(super) fn decompressed<'a>(
    headers: &HeaderMap,
    body: &'a [u8],
    memory: &'a mut Vec<u8>,
) -> Result<&'a [u8], BodyError> {
    let encoding = match headers
        .get(header::CONTENT_ENCODING)
        .map(|name| name.as_bytes())
    {
        Some(b"gzip") => Encoding::Gzip,
        Some(b"snappy") if body.starts_with(FRAMES) => Encoding::SnappyFrames,
        Some(b"snappy") => Encoding::Snappy,
        _ => Encoding::Identity,
    };
    encoding.decode(body, memory)
}

/// The form of a body: delimited messages where all three parts of the type say so, else text.
pub(super) fn form(headers: &HeaderMap) -> Form {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let mut parts = kind.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    let mut wanted = [
        ("encoding", "delimited", false),
        ("proto", "io.prometheus.client.MetricFamily", false),
    ];
    for (name, value) in parts.filter_map(|part| part.split_once('=')) {
        for (known, expected, is_so) in &mut wanted {
            *is_so |= name.trim().eq_ignore_ascii_case(known)
                && value.trim().trim_matches('"') == *expected;
        }
    }
    let is_protobuf = media.eq_ignore_ascii_case("application/vnd.google.protobuf");
    if is_protobuf && wanted.iter().all(|(_, _, is_so)| *is_so) {
        Form::Protobuf
    } else {
        Form::Text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_form_a_type_names() {
        let check = |kind: &str, expected| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, kind.parse().unwrap());
            assert_eq!(form(&headers), expected, "{kind}");
        };
        let message = "proto=io.prometheus.client.MetricFamily";
        let protobuf = "application/vnd.google.protobuf";
        check(
            &format!("{protobuf}; {message}; encoding=delimited"),
            Form::Protobuf,
        );
        check(
            &format!("{protobuf};encoding=\"delimited\";{message}"),
            Form::Protobuf,
        );
        check(&format!("{protobuf}; {message}"), Form::Text);
        check(protobuf, Form::Text);
        check("text/plain; version=0.0.4", Form::Text);
        check("", Form::Text);
    }
}
