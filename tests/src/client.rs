//! A small HTTP client: status and text, nothing hidden.

use std::time::Duration;

use anyhow::{Context, Result};

/// How long a test waits for one answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// An answer of any status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body.
    pub text: String,
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .http_status_as_error(false)
        .build()
        .new_agent()
}

/// Asks for a URL.
///
/// # Errors
/// Where no answer came.
pub fn get(url: &str) -> Result<Answer> {
    let mut response = agent()
        .get(url)
        .call()
        .with_context(|| format!("GET {url}"))?;
    let text = response
        .body_mut()
        .read_to_string()
        .with_context(|| format!("GET {url}"))?;
    Ok(Answer {
        status: response.status().as_u16(),
        text,
    })
}

/// Sends a body.
///
/// # Errors
/// Where no answer came.
pub fn post(url: &str, content_type: &str, body: &[u8]) -> Result<Answer> {
    let mut response = agent()
        .post(url)
        .header("Content-Type", content_type)
        .send(body)
        .with_context(|| format!("POST {url}"))?;
    let text = response
        .body_mut()
        .read_to_string()
        .with_context(|| format!("POST {url}"))?;
    Ok(Answer {
        status: response.status().as_u16(),
        text,
    })
}

/// Deletes what a URL names.
///
/// # Errors
/// Where no answer came.
pub fn delete(url: &str) -> Result<Answer> {
    let mut response = agent()
        .delete(url)
        .call()
        .with_context(|| format!("DELETE {url}"))?;
    let text = response
        .body_mut()
        .read_to_string()
        .with_context(|| format!("DELETE {url}"))?;
    Ok(Answer {
        status: response.status().as_u16(),
        text,
    })
}

/// Asks for a URL that answers JSON.
///
/// # Errors
/// Where no answer came or it is no JSON.
pub fn get_json(url: &str) -> Result<serde_json::Value> {
    let answer = get(url)?;
    serde_json::from_str(&answer.text)
        .with_context(|| format!("GET {url}: status {}: {}", answer.status, answer.text))
}
