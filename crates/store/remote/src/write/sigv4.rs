//! Signing requests for AWS: version 4 of its signatures.
//!
//! Source: "Create a signed AWS API request" of AWS' documentation. Keys come from the section or
//! from the environment; profiles and roles are for whoever puts a signing proxy in between.

use std::fmt::Write as _;

use config::{Secret, SigV4Config};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use http::{HeaderMap, Method, Uri};
use ring::digest::{SHA256, digest};
use ring::hmac;

const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Signs requests with one key.
pub(super) struct Signer {
    region: String,
    service: String,
    access_key: String,
    secret_key: Secret,
    /// Goes with keys that are good for a time only.
    token: Option<Secret>,
}

impl Signer {
    /// A signer as a section and the environment say; else what is missing or not supported.
    pub(super) fn new(
        config: &SigV4Config,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, &'static str> {
        if !config.profile.is_empty() {
            return Err("sigv4.profile");
        }
        if !config.role_arn.is_empty() {
            return Err("sigv4.role_arn");
        }
        let set = |name| environment(name).filter(|value| !value.is_empty());
        let region = Some(config.region.clone()).filter(|region| !region.is_empty());
        let region = region.or_else(|| set("AWS_REGION"));
        let (access_key, secret_key, token) = match &config.keys {
            Some((access, secret)) => (access.clone(), secret.clone(), None),
            None => (
                set("AWS_ACCESS_KEY_ID").ok_or("sigv4 without access_key or AWS_ACCESS_KEY_ID")?,
                set("AWS_SECRET_ACCESS_KEY")
                    .map(Secret::new)
                    .ok_or("sigv4 without secret_key or AWS_SECRET_ACCESS_KEY")?,
                set("AWS_SESSION_TOKEN").map(Secret::new),
            ),
        };
        Ok(Self {
            region: region.ok_or("sigv4 without region or AWS_REGION")?,
            service: config.service.clone(),
            access_key,
            secret_key,
            token,
        })
    }

    /// Adds the headers that prove who sends a request at a moment, in milliseconds since the
    /// epoch.
    pub(super) fn sign(
        &self,
        method: &Method,
        uri: &Uri,
        body: &[u8],
        now: i64,
        headers: &mut HeaderMap,
    ) {
        let moment = jiff::Timestamp::from_millisecond(now).unwrap_or_default();
        let moment = moment.strftime("%Y%m%dT%H%M%SZ").to_string();
        let day = moment.get(..8).unwrap_or_default();
        set(headers, DATE, &moment);
        if let Some(token) = &self.token {
            set(headers, TOKEN, token.expose());
        }
        let (names, listed) = signed_headers(uri, headers);
        let request = format!(
            "{method}\n{}\n{}\n{listed}\n{names}\n{}",
            uri.path(),
            query(uri),
            hex(digest(&SHA256, body).as_ref())
        );
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let hashed = hex(digest(&SHA256, request.as_bytes()).as_ref());
        let text = format!("{ALGORITHM}\n{moment}\n{scope}\n{hashed}");
        let mut key = format!("AWS4{}", self.secret_key.expose()).into_bytes();
        for part in [day, &self.region, &self.service, "aws4_request"] {
            key = keyed(&key, part.as_bytes());
        }
        let signature = hex(&keyed(&key, text.as_bytes()));
        let access = &self.access_key;
        let proof = format!(
            "{ALGORITHM} Credential={access}/{scope}, SignedHeaders={names}, Signature={signature}"
        );
        set(headers, AUTHORIZATION, &proof);
    }
}

/// A header that no log shows. What cannot be sent is left out, and then the server says no.
fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(mut value) = HeaderValue::from_str(value) {
        value.set_sensitive(true);
        headers.insert(name, value);
    }
}

/// The names of the headers that are signed, and their lines.
fn signed_headers(uri: &Uri, headers: &HeaderMap) -> (String, String) {
    let host = uri.authority().map_or("", |authority| authority.as_str());
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let mut all = vec![(HOST, host)];
    for name in [CONTENT_TYPE, DATE, TOKEN] {
        if let Some(value) = headers.get(&name).and_then(|value| value.to_str().ok()) {
            all.push((name, value));
        }
    }
    all.sort_by(|a, b| a.0.as_str().cmp(b.0.as_str()));
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    let lines = all
        .iter()
        .map(|(name, value)| format!("{name}:{}\n", value.trim()));
    (names.join(";"), lines.collect())
}

/// The query of a URL with its parts in order.
fn query(uri: &Uri) -> String {
    let mut parts: Vec<String> = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| match part.contains('=') {
            true => part.to_owned(),
            false => format!("{part}="),
        })
        .collect();
    parts.sort();
    parts.join("&")
}

fn keyed(key: &[u8], text: &[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign(&key, text).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The moment of AWS' own examples: 2015-08-30 12:36:00.
    const MOMENT: i64 = 1_440_938_160_000;

    fn signer() -> Signer {
        let secret = Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        let config = SigV4Config {
            region: "us-east-1".into(),
            keys: Some(("AKIDEXAMPLE".into(), secret)),
            service: "service".into(),
            ..SigV4Config::default()
        };
        Signer::new(&config, |_| None).ok().unwrap()
    }

    #[test]
    fn signatures_are_those_of_the_examples() {
        let form = "application/x-www-form-urlencoded";
        for (method, path, content, body, signature) in [
            (
                Method::GET,
                "/",
                None,
                "",
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                Method::POST,
                "/",
                None,
                "",
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ),
            (
                Method::GET,
                "/?Param2=value2&Param1=value1",
                None,
                "",
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
            (
                Method::POST,
                "/",
                Some(form),
                "Param1=value1",
                "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
            ),
        ] {
            let uri: Uri = format!("https://example.amazonaws.com{path}")
                .parse()
                .unwrap();
            let mut headers = HeaderMap::new();
            if let Some(content) = content {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static(content));
            }
            signer().sign(&method, &uri, body.as_bytes(), MOMENT, &mut headers);
            let proof = headers[AUTHORIZATION].to_str().unwrap();
            assert_eq!(headers[DATE], "20150830T123600Z");
            assert!(proof.ends_with(signature), "{method} {path}: {proof}");
            assert!(headers[AUTHORIZATION].is_sensitive());
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let given = |names: &'static [&'static str]| {
            move |name: &str| names.contains(&name).then(|| "x".to_owned())
        };
        let keys = &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
        let all = &["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
        let config = SigV4Config::default();
        let missing = |names| Signer::new(&config, given(names)).err().unwrap();
        assert!(missing(&[]).contains("AWS_ACCESS_KEY_ID"));
        assert!(missing(&["AWS_ACCESS_KEY_ID"]).contains("AWS_SECRET_ACCESS_KEY"));
        assert!(missing(keys).contains("AWS_REGION"));
        assert!(Signer::new(&config, given(all)).is_ok());
        let profile = SigV4Config {
            profile: "p".into(),
            ..SigV4Config::default()
        };
        assert_eq!(
            Signer::new(&profile, given(all)).err(),
            Some("sigv4.profile")
        );
    }
}
