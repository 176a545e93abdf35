//! The labels of a group, as they stand in a URL: `job/<job>{/<label>/<value>}`, where a name that
//! ends with `@base64` has a value in URL-safe base64.

use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{DecodeError, Engine as _};
use model::name::{is_legacy_label, quoted};
use thiserror::Error;
use wire::families::LabelPairs;

/// Says that a value is in base64.
const SUFFIX: &str = "@base64";

/// Bytes of all labels of a group; a URL is bounded by the server, and base64 makes it no longer.
const MOST_BYTES: usize = 64 << 10;

/// A URL that names no group; the words are upstream's where it knows the fault.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum GroupingError {
    /// The job's name is no base64.
    #[error("invalid base64 encoding in job name \"\": illegal base64 data at input byte {0}")]
    Job(usize),
    /// There is no job.
    #[error("job name is required")]
    NoJob,
    /// A label without a value.
    #[error("odd number of components in label string {}", quoted(.0))]
    Odd(String),
    /// A name that no label has.
    #[error("improper label name {}", quoted(.0))]
    Name(String),
    /// A value is no base64.
    #[error("invalid base64 encoding for label {name}={}: illegal base64 data at input byte {at}", quoted(.value))]
    Value {
        /// The label.
        name: String,
        /// What it has.
        value: String,
        /// Where it goes wrong.
        at: usize,
    },
    /// A value that cannot be shown.
    #[error("the value of label {0} is not UTF-8")]
    NotText(String),
    /// More than is kept of any group.
    #[error("the labels of the group have more than {MOST_BYTES} bytes")]
    TooLong,
}

/// The labels of a group from the part of a path behind `/metrics/job`, percent-decoded, such as
/// `/batch/instance/a` or `@base64/YmF0Y2g`.
///
/// # Errors
/// Where it names no group.
pub fn grouping(path: &str) -> Result<LabelPairs, GroupingError> {
    let (is_encoded, path) = match path.strip_prefix(SUFFIX) {
        Some(path) => (true, path),
        None => (false, path),
    };
    if path.len() > MOST_BYTES {
        return Err(GroupingError::TooLong);
    }
    let path = path.strip_prefix('/').unwrap_or(path);
    let (job, labels) = match path.find('/') {
        Some(at) => path.split_at(at),
        None => (path, ""),
    };
    let job = if is_encoded {
        let decoded = decode(job).map_err(GroupingError::Job)?;
        decoded.ok_or_else(|| GroupingError::NotText("job".to_owned()))?
    } else {
        job.to_owned()
    };
    let mut pairs: Vec<(String, String)> = Vec::new();
    let listed = labels.strip_prefix('/').unwrap_or_default();
    if !listed.is_empty() {
        let parts: Vec<&str> = listed.split('/').collect();
        let (whole, odd) = parts.as_chunks::<2>();
        if !odd.is_empty() {
            return Err(GroupingError::Odd(labels.to_owned()));
        }
        for [name, value] in whole {
            pairs.push(label(name, value)?);
        }
    }
    if job.is_empty() {
        return Err(GroupingError::NoJob);
    }
    pairs.push(("job".to_owned(), job));
    let pairs = pairs.iter();
    Ok(LabelPairs::from_pairs(
        pairs.map(|(name, value)| (name.as_str(), value.as_str())),
    ))
}

fn label(name: &str, value: &str) -> Result<(String, String), GroupingError> {
    let encoded = name.strip_suffix(SUFFIX);
    let bare = encoded.unwrap_or(name).to_owned();
    if !is_legacy_label(&bare) || bare.starts_with("__") {
        return Err(GroupingError::Name(bare));
    }
    if encoded.is_none() {
        return Ok((bare, value.to_owned()));
    }
    match decode(value) {
        Ok(Some(value)) => Ok((bare, value)),
        Ok(None) => Err(GroupingError::NotText(bare)),
        Err(at) => Err(GroupingError::Value {
            name: bare,
            value: value.to_owned(),
            at,
        }),
    }
}

/// What base64 stands for, `None` where that is no text; else the byte that is none. `=` at the
/// end is passed over, so that one may stand for an empty value.
fn decode(text: &str) -> Result<Option<String>, usize> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true);
    let bare = text.trim_end_matches('=');
    match GeneralPurpose::new(&URL_SAFE, config).decode(bare) {
        Ok(bytes) => Ok(String::from_utf8(bytes).ok()),
        Err(DecodeError::InvalidByte(at, _)) => Err(at),
        // Of four letters the last ones are missing: upstream names the first.
        Err(_) => Err(bare.len() / 4 * 4),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_url_says() {
        let check = |path: &str, expected: Result<&[(&str, &str)], &str>| {
            let found = grouping(path).map_err(|error| error.to_string());
            let expected = expected
                .map(|pairs| LabelPairs::from_pairs(pairs.iter().copied()))
                .map_err(str::to_owned);
            assert_eq!(found, expected, "{path}");
        };
        check("/a", Ok(&[("job", "a")]));
        check("/a/", Ok(&[("job", "a")]));
        check("/a/b/", Ok(&[("b", ""), ("job", "a")]));
        check("/a/b/c/job/x", Ok(&[("b", "c"), ("job", "a")]));
        check(
            "@base64/L3Zhci90bXA/b@base64/=",
            Ok(&[("b", ""), ("job", "/var/tmp")]),
        );
        check("@base64/YQ==", Ok(&[("job", "a")]));
        check(
            "/a/b",
            Err("odd number of components in label string \"/b\""),
        );
        check("/a/__b/c", Err("improper label name \"__b\""));
        check("/a/b-c/c", Err("improper label name \"b-c\""));
        check("@base64/=", Err("job name is required"));
        check(
            "@base64/!!",
            Err("invalid base64 encoding in job name \"\": illegal base64 data at input byte 0"),
        );
        check(
            "/a/b@base64/YWJj!",
            Err(
                "invalid base64 encoding for label b=\"YWJj!\": illegal base64 data at input byte 4",
            ),
        );
        check("/a/b@base64/_-8", Err("the value of label b is not UTF-8"));
    }

    proptest! {
        #[test]
        fn no_path_panics(path in ".{0,60}", close in "[@base64/=!a]{0,30}") {
            let _ = (grouping(&path), grouping(&close));
        }
    }
}
