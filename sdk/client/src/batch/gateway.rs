//! Where a job's metrics go: the gateway's address, and the group in its path.
//!
//! The path is `/metrics/job/<job>/<label>/<value>…`. A value that cannot stand in a path (empty,
//! with a slash, or a dot segment) is written in base64 under `<label>@base64`, as the gateway's
//! documentation has it.

use std::collections::HashSet;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{HeaderValue, Uri};
use percent_encoding::percent_decode_str;
use url::Url;

use super::{BatchError, MAX_GROUPING_LABELS, Secret};
use crate::naming;

/// A group at a gateway.
#[derive(Clone, Debug)]
pub(super) struct Gateway {
    /// With the group, without user and password.
    pub(super) uri: Uri,
    /// For the `Authorization` header; marked as sensitive.
    pub(super) authorization: Option<HeaderValue>,
    /// The address as errors name it.
    pub(super) name: Arc<str>,
}

impl Gateway {
    pub(super) fn new(
        address: &str,
        job: &str,
        grouping: &[(String, String)],
        bearer: Option<Secret>,
    ) -> Result<Self, BatchError> {
        if job.is_empty() {
            return Err(BatchError::NoJob);
        }
        check_grouping(grouping)?;
        let (mut url, login) = parse(address)?;
        let name: Arc<str> = url.as_str().trim_end_matches('/').into();
        let wrong = |reason: String| BatchError::Address {
            address: name.to_string(),
            reason,
        };
        let authorization = match (bearer, login) {
            (Some(_), Some(_)) => {
                let reason = "has a user, and there is a token too: choose one".to_owned();
                return Err(wrong(reason));
            }
            (Some(Secret(token)), None) => Some(format!("Bearer {token}")),
            (None, Some(Secret(login))) => Some(format!("Basic {}", STANDARD.encode(login))),
            (None, None) => None,
        };
        let authorization = authorization
            .map(|text| -> Result<HeaderValue, BatchError> {
                let mut value = HeaderValue::try_from(text)
                    .map_err(|_| wrong("its token has characters that a header cannot".into()))?;
                value.set_sensitive(true);
                Ok(value)
            })
            .transpose()?;
        let cannot = || wrong("cannot have a path".to_owned());
        let mut path = url.path_segments_mut().map_err(|()| cannot())?;
        path.pop_if_empty().push("metrics");
        let job = ("job".to_owned(), job.to_owned());
        for (label, value) in std::iter::once(&job).chain(grouping) {
            let (label, value) = segments(label, value);
            path.extend([label, value]);
        }
        drop(path);
        let uri = url
            .as_str()
            .parse()
            .map_err(|error| wrong(format!("{error}")))?;
        Ok(Self {
            uri,
            authorization,
            name,
        })
    }

    /// Whether it is reached through TLS.
    pub(super) fn is_tls(&self) -> bool {
        self.uri.scheme_str() == Some("https")
    }
}

/// The address without user and password, and these as `user:password`.
fn parse(address: &str) -> Result<(Url, Option<Secret>), BatchError> {
    // What cannot be read may hold a password anywhere: it is not repeated.
    let mut url: Url = address.parse().map_err(|error| BatchError::Address {
        address: "<unreadable>".to_owned(),
        reason: format!("{error}: write it as http://host:9091"),
    })?;
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let login = match (url.username(), url.password()) {
        ("", None) => None,
        (user, password) => {
            let password = decoded(password.unwrap_or_default());
            Some(Secret(format!("{}:{password}", decoded(user))))
        }
    };
    // These fail only for addresses without a host, which are refused below.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(BatchError::Address {
            address: format!("{}:…", url.scheme()),
            reason: "begins with neither http:// nor https://: write it as http://host:9091".into(),
        });
    }
    Ok((url, login))
}

/// Labels of the key: by the rules, each once, and none called `job`.
fn check_grouping(grouping: &[(String, String)]) -> Result<(), BatchError> {
    let mut seen = HashSet::from(["job"]);
    for (place, (label, _)) in grouping.iter().enumerate() {
        let reason = match naming::check_label(label) {
            Err(fault) => fault.advice().to_owned(),
            Ok(()) if !seen.insert(label) => "is there twice; `job` is the job's name".to_owned(),
            Ok(()) if place >= MAX_GROUPING_LABELS => {
                format!("a key has at most {MAX_GROUPING_LABELS} labels: leave some out")
            }
            Ok(()) => continue,
        };
        let label = label.clone();
        return Err(BatchError::Grouping { label, reason });
    }
    Ok(())
}

/// Two parts of the path.
fn segments(label: &str, value: &str) -> (String, String) {
    let plain = !matches!(value, "" | "." | "..") && !value.contains('/');
    if plain {
        return (label.to_owned(), value.to_owned());
    }
    let encoded = match value {
        // Nothing at all would be no part of a path.
        "" => "=".to_owned(),
        _ => URL_SAFE_NO_PAD.encode(value),
    };
    (format!("{label}@base64"), encoded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn gateway(address: &str, job: &str, grouping: &[(&str, &str)]) -> Result<Gateway, BatchError> {
        let grouping: Vec<_> = grouping
            .iter()
            .map(|(label, value)| ((*label).to_owned(), (*value).to_owned()))
            .collect();
        Gateway::new(address, job, &grouping, None)
    }

    #[test]
    fn groups_in_paths() {
        for (address, job, grouping, expected) in [
            ("http://h:9091", "a", &[][..], "http://h:9091/metrics/job/a"),
            (
                "http://h/base/",
                "a",
                &[("x", "1")],
                "http://h/base/metrics/job/a/x/1",
            ),
            (
                "http://h",
                "a b?#%",
                &[],
                "http://h/metrics/job/a%20b%3F%23%25",
            ),
            (
                "http://h",
                "a/b",
                &[("x", "")],
                "http://h/metrics/job@base64/YS9i/x@base64/=",
            ),
            ("http://h", "..", &[], "http://h/metrics/job@base64/Li4"),
            ("http://u:p@h?q#f", "ä", &[], "http://h/metrics/job/%C3%A4"),
        ] {
            let found = gateway(address, job, grouping).unwrap();
            assert_eq!(found.uri.to_string(), expected);
        }
    }

    #[test]
    fn what_is_refused_and_without_the_password() {
        for (address, job, grouping, expected) in [
            ("http://h", "", &[][..], "a job needs a name"),
            ("h:9091", "a", &[], "neither http:// nor https://"),
            ("user:hunter2@h", "a", &[], "neither http:// nor https://"),
            ("http://u:hunter2@h:99999", "a", &[], "<unreadable>"),
            ("http://h", "a", &[("job", "b")], "twice"),
            ("http://h", "a", &[("x", "1"), ("x", "2")], "twice"),
            ("http://h", "a", &[("a b", "1")], "letters, digits"),
        ] {
            let error = gateway(address, job, grouping).unwrap_err().to_string();
            assert!(
                error.contains(expected) && !error.contains("hunter2"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_password_is_sent_and_never_printed() {
        let found = gateway("http://me:hunter%3A2@h", "a", &[]).unwrap();
        let header = found.authorization.clone().unwrap();
        assert_eq!(
            header.to_str().unwrap(),
            format!("Basic {}", STANDARD.encode("me:hunter:2"))
        );
        let printed = format!("{found:?}");
        assert!(!printed.contains("hunter") && !printed.contains(header.to_str().unwrap()));
    }

    proptest! {
        #[test]
        fn any_value_is_one_part_of_the_path(value in "\\PC{0,20}", address in "\\PC{0,20}") {
            let found = gateway("http://h", "a", &[("x", &value)]).unwrap();
            prop_assert_eq!(found.uri.path().split('/').count(), 6);
            let _ = gateway(&address, "a", &[]);
        }
    }
}
