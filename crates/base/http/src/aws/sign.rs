//! Signature version 4.
//!
//! Format: <https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html>.

use std::fmt::Write as _;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Request};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ring::{digest, hmac};
use url::Url;

use super::{AwsError, Credentials};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

/// What is signed for, and when.
#[derive(Clone, Copy, Debug)]
pub struct Signing<'a> {
    /// The region.
    pub region: &'a str,
    /// The service's name in signatures, such as `sns`.
    pub service: &'a str,
    /// The moment of the request.
    pub now: Timestamp,
}

/// Headers that a signed request carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// `authorization`.
    pub authorization: String,
    /// `x-amz-date`.
    pub date: String,
}

impl Signing<'_> {
    /// Signs a request that is otherwise complete.
    ///
    /// # Errors
    /// Where its URL is none.
    pub fn sign(
        &self,
        request: &mut Request<Bytes>,
        credentials: &Credentials,
    ) -> Result<(), AwsError> {
        let text = request.uri().to_string();
        let url = Url::parse(&text).map_err(|_| AwsError::Url(text))?;
        let content_type = request.headers().get(CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or("").to_owned();
        let signed = self.signed(
            request.method().as_str(),
            &url,
            &content_type,
            request.body(),
            credentials,
        );
        let token = credentials.session_token.clone();
        let headers = [
            (AUTHORIZATION, Some(signed.authorization)),
            (DATE, Some(signed.date)),
            (TOKEN, token),
        ];
        for (name, value) in headers {
            let Some(value) = value else { continue };
            let mut value =
                HeaderValue::try_from(value).map_err(|_| AwsError::Unreadable("signing"))?;
            value.set_sensitive(true);
            request.headers_mut().insert(name, value);
        }
        Ok(())
    }

    /// The signature over method, URL, type, body, date and, where there is one, the session's
    /// token.
    pub fn signed(
        &self,
        method: &str,
        url: &Url,
        content_type: &str,
        body: &[u8],
        credentials: &Credentials,
    ) -> Signed {
        let date = self.now.to_zoned(TimeZone::UTC);
        let moment = date.strftime("%Y%m%dT%H%M%SZ").to_string();
        let day = date.strftime("%Y%m%d").to_string();

        let mut headers = vec![
            ("content-type", content_type.to_owned()),
            ("host", host(url)),
            ("x-amz-date", moment.clone()),
        ];
        if let Some(token) = &credentials.session_token {
            headers.push(("x-amz-security-token", token.clone()));
        }
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let lines: String = headers
            .iter()
            .map(|(name, value)| format!("{name}:{}\n", value.trim()))
            .collect();
        let canonical = format!(
            "{method}\n{}\n{}\n{lines}\n{names}\n{}",
            // Escapes of a path are escaped once more.
            url.path().replace('%', "%25"),
            query(url),
            sha256_hex(body)
        );
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let text = format!(
            "{ALGORITHM}\n{moment}\n{scope}\n{}",
            sha256_hex(canonical.as_bytes())
        );
        let mut key = format!("AWS4{}", credentials.secret_key).into_bytes();
        for part in [&day, self.region, self.service, "aws4_request"] {
            key = hmac_sha256(&key, part.as_bytes());
        }
        let signature = hex(&hmac_sha256(&key, text.as_bytes()));
        Signed {
            authorization: format!(
                "{ALGORITHM} Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
                credentials.access_key
            ),
            date: moment,
        }
    }
}

/// The host as it stands in a request, with its port where that is not the scheme's.
fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or("");
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// The parameters in order.
fn query(url: &Url) -> String {
    let mut pairs: Vec<String> = url
        .query()
        .unwrap_or("")
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| match pair.contains('=') {
            true => pair.to_owned(),
            false => format!("{pair}="),
        })
        .collect();
    pairs.sort();
    pairs.join("&")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn sha256_hex(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign(&key, message).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `post-x-www-form-urlencoded` of AWS' published test suite for the signature.
    #[test]
    fn a_request_of_the_published_suite() {
        let mut request = Request::new(Bytes::from_static(b"Param1=value1"));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = "https://example.amazonaws.com/".parse().unwrap();
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(CONTENT_TYPE, form);
        let signing = Signing {
            region: "us-east-1",
            service: "service",
            now: "2015-08-30T12:36:00Z".parse().unwrap(),
        };
        let credentials = Credentials {
            access_key: "AKIDEXAMPLE".to_owned(),
            secret_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
            session_token: None,
        };
        signing.sign(&mut request, &credentials).unwrap();
        assert_eq!(request.headers()[DATE], "20150830T123600Z");
        assert_eq!(
            request.headers()[AUTHORIZATION],
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date, \
             Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
        );
    }

    #[test]
    fn parameters_are_put_in_order() {
        let url = Url::parse("http://a/?b=2&a&b=1").unwrap();
        assert_eq!(query(&url), "a=&b=1&b=2");
    }
}
