//! Answers that are at hand before a request is routed.
//!
//! In goes the head of a request, out comes the answer where nothing but looking it up stands
//! between the two: names and values of labels, asked as dashboards ask them, as they were written
//! last. On the usual way such a request takes several times as long as its answer. It is left to
//! that way whenever anything is to be decided: selectors, a page elsewhere that asks, an answer to
//! be compressed, a wrong parameter, labels that have changed. What is absent: who may ask, which
//! whoever serves connections has settled before.

use std::time::Instant;

use axum::http::{HeaderValue, Method, Request, StatusCode, header};
use axum::response::Response;

use crate::answer::json_response;
use crate::face::Face;
use crate::health::is_ready;
use crate::known_labels::Question;
use crate::params::Params;
use crate::routes::MIN_COMPRESSED;

impl Face {
    /// The answer to a request of somebody who may ask anything, if it is at hand. It is counted as
    /// any other.
    pub fn at_hand<B>(&self, request: &Request<B>) -> Option<Response> {
        let began = Instant::now();
        let path = request.uri().path().strip_prefix(&self.options.prefix)?;
        let (label, route) = asked(path)?;
        let headers = request.headers();
        if request.method() != Method::GET || headers.contains_key(header::ORIGIN) {
            return None;
        }
        let params = Params::of_url(request.uri());
        if params.all("match[]").next().is_some() || !is_ready(self) {
            return None;
        }
        let question = Question {
            label: label.map(str::to_owned),
            limit: params.limit("limit").ok()?,
        };
        let stamp = self.services()?.select.label_stamp(params.range().ok()?)?;
        let text = self.known_labels.find(&question, &stamp)?;
        let length = text.len() as u64;
        let is_long = length > MIN_COMPRESSED;
        let mut encodings = headers.get_all(header::ACCEPT_ENCODING).iter();
        if is_long && encodings.any(|encoding| encoding != "identity") {
            return None;
        }
        let mut response = json_response(StatusCode::OK, text);
        if is_long {
            // It may be compressed for others.
            let encoding = HeaderValue::from_static("accept-encoding");
            response.headers_mut().insert(header::VARY, encoding);
        }
        let seconds = began.elapsed().as_secs_f64();
        let code = StatusCode::OK.as_u16();
        self.requests.observe(route, code, seconds, Some(length));
        Some(response)
    }
}

/// The label whose values a path asks for, none where it asks for the names; and the route's name
/// among the counts. Nothing of other paths, and of labels that are not written as they are.
fn asked(path: &str) -> Option<(Option<&str>, &'static str)> {
    let path = path.strip_prefix("/api/v1/label")?;
    if path == "s" {
        return Some((None, "/api/v1/labels"));
    }
    let label = path.strip_prefix('/')?.strip_suffix("/values")?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let is_itself = !label.is_empty() && label.bytes().all(is_plain) && !label.starts_with("U__");
    is_itself.then_some((Some(label), "/api/v1/label/name/values"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_names_and_values_are_known() {
        let values = "/api/v1/label/name/values";
        for (path, expected) in [
            ("/api/v1/labels", Some((None, "/api/v1/labels"))),
            ("/api/v1/label/job/values", Some((Some("job"), values))),
            ("/api/v1/label/a_1/values", Some((Some("a_1"), values))),
            ("/api/v1/label/a%2Fb/values", None),
            ("/api/v1/label/U__a_2e_b/values", None),
            ("/api/v1/label//values", None),
            ("/api/v1/label/a/b/values", None),
            ("/api/v1/label/values", None),
            ("/api/v1/labels/", None),
            ("/api/v1/series", None),
        ] {
            assert_eq!(asked(path), expected, "{path}");
        }
    }
}
