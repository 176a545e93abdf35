//! Signature version 4.
//!
//! Format: <https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html>.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use url::Url;

use super::Credentials;
use crate::hash::{hex, hmac_sha256, sha256_hex};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What is signed, besides the credentials.
pub(crate) struct Signing<'a> {
    pub(crate) url: &'a Url,
    pub(crate) content_type: &'a str,
    pub(crate) body: &'a [u8],
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
    pub(crate) now: Timestamp,
}

/// Headers that a signed POST carries, by their names.
pub(crate) struct Signed {
    pub(crate) authorization: String,
    pub(crate) date: String,
}

/// Signs a POST: host, type, date and, where there is one, the session's token.
pub(crate) fn sign(signing: &Signing<'_>, credentials: &Credentials) -> Signed {
    let date = signing.now.to_zoned(TimeZone::UTC);
    let moment = date.strftime("%Y%m%dT%H%M%SZ").to_string();
    let day = date.strftime("%Y%m%d").to_string();

    let mut headers = vec![
        ("content-type", signing.content_type.to_owned()),
        ("host", host(signing.url)),
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
        "POST\n{}\n{}\n{lines}\n{names}\n{}",
        signing.url.path(),
        signing.url.query().unwrap_or(""),
        sha256_hex(signing.body)
    );
    let scope = format!("{day}/{}/{}/aws4_request", signing.region, signing.service);
    let text = format!(
        "{ALGORITHM}\n{moment}\n{scope}\n{}",
        sha256_hex(canonical.as_bytes())
    );
    let mut key = format!("AWS4{}", credentials.secret_key).into_bytes();
    for part in [&day, signing.region, signing.service, "aws4_request"] {
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

/// The host as it stands in a request, with its port where that is not the scheme's.
fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or("");
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `post-x-www-form-urlencoded` of AWS' published test suite for the signature.
    #[test]
    fn a_request_of_the_published_suite() {
        let url = Url::parse("https://example.amazonaws.com/").expect("a URL");
        let signed = sign(
            &Signing {
                url: &url,
                content_type: "application/x-www-form-urlencoded",
                body: b"Param1=value1",
                region: "us-east-1",
                service: "service",
                now: "2015-08-30T12:36:00Z".parse().expect("a moment"),
            },
            &Credentials {
                access_key: "AKIDEXAMPLE".to_owned(),
                secret_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
                session_token: None,
            },
        );
        assert_eq!(signed.date, "20150830T123600Z");
        assert_eq!(
            signed.authorization,
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date, \
             Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
        );
    }
}
