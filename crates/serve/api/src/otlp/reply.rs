//! `ExportMetricsServiceResponse`, which tells what was left out:
//!
//! ```text
//! response = 1: partial success    partial success = 1: points (int64) 2: reason (text)
//! ```

use axum::http::header;
use axum::response::{IntoResponse, Response};
use receive::{Accepted, Form};
use serde_json::json;

/// The answer over HTTP, in the form of the request.
pub(super) fn accepted(accepted: &Accepted, form: Form) -> Response {
    match form {
        Form::Protobuf => {
            let kind = [(header::CONTENT_TYPE, "application/x-protobuf")];
            (kind, protobuf(accepted)).into_response()
        }
        Form::Json => {
            let answer = if accepted.lost == 0 {
                json!({})
            } else {
                json!({"partialSuccess": {
                    // Numbers of 64 bits are text in this form.
                    "rejectedDataPoints": accepted.lost.to_string(),
                    "errorMessage": accepted.reason,
                }})
            };
            let kind = [(header::CONTENT_TYPE, "application/json")];
            (kind, answer.to_string()).into_response()
        }
    }
}

/// The message; nothing at all where all was taken.
pub(super) fn protobuf(accepted: &Accepted) -> Vec<u8> {
    let mut response = Vec::new();
    if accepted.lost > 0 {
        let mut partial = vec![1 << 3];
        push_number(&mut partial, accepted.lost as u64);
        push_field(&mut partial, 2, accepted.reason.as_bytes());
        push_field(&mut response, 1, &partial);
    }
    response
}

/// Appends a number of 7 bits a byte, lowest first.
fn push_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Appends a field that has a length.
fn push_field(out: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    out.push(field << 3 | 2);
    push_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_out_is_told() {
        let check = |lost: usize, reason: &str, expected: &[u8]| {
            let accepted = Accepted {
                lost,
                reason: reason.to_owned(),
                ..Accepted::default()
            };
            assert_eq!(protobuf(&accepted), expected);
        };
        check(0, "", b"");
        check(300, "no", b"\x0a\x07\x08\xac\x02\x12\x02no");
    }
}
