//! `email_configs` and `webhook_configs`.

use super::{HTTP_CONFIG, KEEPS_RESOLVED, SENDS_RESOLVED, one_of};
use crate::error::Fault;
use crate::schema::{
    Kind, Section, boolean, field, go_duration, secret, table, text, text_map, uint,
};
use crate::sections::http;
use crate::table::{Table, Value};

pub(super) static WEBHOOK: Section = Section::new(
    &[&[
        SENDS_RESOLVED,
        HTTP_CONFIG,
        secret("url"),
        text("url_file"),
        uint("max_alerts").shown(),
        go_duration("timeout").shown(),
        field("payload", Kind::Any),
    ]],
    &[|webhook| one_of(webhook, "url", "url_file"), webhook_url],
);

/// A URL that is no template must be one already; the text is not repeated, it may hold a token.
fn webhook_url(webhook: &mut Table) -> Result<(), Fault> {
    let url = webhook.text("url");
    if url.is_empty() || url == "<secret>" || url.contains("{{") {
        return Ok(());
    }
    crate::read::web_url(url).map_err(|_| {
        webhook.fault(
            "url",
            "not a valid URL: unsupported scheme or missing host for URL",
        )
    })
}

pub(super) static EMAIL: Section = Section::new(
    &[&[
        KEEPS_RESOLVED,
        text("to"),
        text("from"),
        text("hello"),
        text("smarthost"),
        text("auth_username"),
        secret("auth_password"),
        text("auth_password_file"),
        secret("auth_secret"),
        text("auth_secret_file"),
        text("auth_identity"),
        text_map("headers"),
        text("html").or_text(r#"{{ template "email.default.html" . }}"#),
        text("text"),
        field("require_tls", Kind::Flag),
        table("tls_config", &http::TLS),
        field("force_implicit_tls", Kind::Flag),
        table("threading", &THREADING),
    ]],
    &[
        |email| {
            if email.has("to") {
                return Ok(());
            }
            Err(email.fault("to", "missing to address in email config"))
        },
        |email| host_and_port(email, "smarthost"),
        headers,
        threading,
    ],
);

static THREADING: Section = Section::new(&[&[boolean("enabled"), text("thread_by_date")]], &[]);

/// A header's name in its usual capitals: `message-id` becomes `Message-Id`. Names with other
/// characters than a header's stay.
fn canonical(name: &str) -> String {
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if !name.bytes().all(token) {
        return name.to_owned();
    }
    let mut begins = true;
    name.chars()
        .map(|c| {
            let shown = if begins {
                c.to_ascii_uppercase()
            } else {
                c.to_ascii_lowercase()
            };
            begins = c == '-';
            shown
        })
        .collect()
}

fn headers(email: &mut Table) -> Result<(), Fault> {
    let Value::Map(mut headers) = email.take("headers") else {
        return Ok(());
    };
    let mut seen = std::collections::HashSet::new();
    for (name, item) in &mut headers {
        *name = canonical(name);
        if !seen.insert(name.clone()) {
            let mut fault = email.fault(
                "headers",
                format!("duplicate header {name:?} in email config"),
            );
            fault.at = item.at;
            return Err(fault);
        }
    }
    email.set("headers", Value::Map(headers));
    Ok(())
}

fn threading(email: &mut Table) -> Result<(), Fault> {
    let Some(threading) = email.table("threading").filter(|t| t.bool("enabled")) else {
        return Ok(());
    };
    for name in ["References", "In-Reply-To"] {
        if email
            .map("headers")
            .iter()
            .any(|(header, _)| header == name)
        {
            return Err(email.fault(
                "headers",
                format!("conflicting configuration: threading.enabled conflicts with custom {name} header"),
            ));
        }
    }
    match threading.text("thread_by_date") {
        "none" | "daily" => Ok(()),
        _ => Err(threading.fault(
            "thread_by_date",
            "threading.thread_by_date must be either 'none' or 'daily'",
        )),
    }
}

/// Checks `host:port`.
pub(super) fn host_and_port(section: &mut Table, key: &str) -> Result<(), Fault> {
    let text = section.text(key);
    if text.is_empty() {
        return Ok(());
    }
    match split_host_port(text) {
        None => Err(section.fault(
            key,
            format!("address {text:?}: expected host:port, an IPv6 address in brackets"),
        )),
        Some((_, "")) => Err(section.fault(key, format!("address {text:?}: port cannot be empty"))),
        Some(_) => Ok(()),
    }
}

/// The two parts of `host:port` or `[address]:port`.
pub(in crate::alertmanager) fn split_host_port(text: &str) -> Option<(&str, &str)> {
    if let Some(inner) = text.strip_prefix('[') {
        let (host, port) = inner.split_once(']')?;
        return Some((host, port.strip_prefix(':')?));
    }
    let (host, port) = text.rsplit_once(':')?;
    (!host.contains([':', '[', ']'])).then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports() {
        for (text, parts) in [
            ("localhost:25", Some(("localhost", "25"))),
            ("[::1]:25", Some(("::1", "25"))),
            (":25", Some(("", "25"))),
            ("localhost:smtp", Some(("localhost", "smtp"))),
            ("localhost", None),
            ("::1:25", None),
            ("[::1]", None),
        ] {
            assert_eq!(split_host_port(text), parts, "{text}");
        }
    }

    #[test]
    fn headers_in_their_usual_capitals() {
        for (name, shown) in [
            ("message-id", "Message-Id"),
            ("SUBJECT", "Subject"),
            ("x-a_b", "X-A_b"),
            ("with space", "with space"),
        ] {
            assert_eq!(canonical(name), shown);
        }
    }
}
