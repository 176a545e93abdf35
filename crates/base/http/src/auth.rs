//! Who the client says it is: `basic_auth`, `authorization` and `http_headers`.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use config::{BasicAuth, HttpConfig};
use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use crate::{HttpError, secret};

/// Adds what the section's headers and credentials ask for, secrets in files read now. A header
/// that the caller set stays; so does its `Authorization`.
pub(crate) fn decorate(config: &HttpConfig, headers: &mut HeaderMap) -> Result<(), HttpError> {
    for (name, values) in &config.headers {
        let header = HeaderName::try_from(name).map_err(|_| HttpError::Header(name.clone()))?;
        if headers.contains_key(&header) {
            continue;
        }
        for value in values {
            let text = secret::read(value, "header file")?;
            headers.append(header.clone(), sensitive(&text, name)?);
        }
    }
    if headers.contains_key(AUTHORIZATION) {
        return Ok(());
    }
    if let Some(basic) = &config.basic_auth {
        headers.insert(AUTHORIZATION, basic_auth(basic)?);
    } else if let Some(authorization) = &config.authorization {
        let credentials =
            secret::read_optional(authorization.credentials.as_ref(), "credentials file")?;
        let text = format!("{} {credentials}", authorization.scheme);
        headers.insert(AUTHORIZATION, sensitive(text.trim_end(), "Authorization")?);
    }
    Ok(())
}

fn basic_auth(basic: &BasicAuth) -> Result<HeaderValue, HttpError> {
    let username = secret::read_optional(basic.username.as_ref(), "username file")?;
    let password = secret::read_optional(basic.password.as_ref(), "password file")?;
    basic_value(&username, &password)
}

/// `Basic …` for a name and a password.
pub(crate) fn basic_value(username: &str, password: &str) -> Result<HeaderValue, HttpError> {
    let encoded = BASE64_STANDARD.encode(format!("{username}:{password}"));
    sensitive(&format!("Basic {encoded}"), "Authorization")
}

/// A value that `Debug` does not show.
pub(crate) fn sensitive(text: &str, name: &str) -> Result<HeaderValue, HttpError> {
    let mut value = HeaderValue::try_from(text).map_err(|_| HttpError::Header(name.to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}
