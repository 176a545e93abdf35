//! The mail itself: headers, and a body in each of the forms asked for.

use std::collections::BTreeMap;

use config::alertmanager::{EmailConfig, EmailThreading};
use contract::NotifyError;
use jiff::Zoned;
use ulid::Ulid;

use super::encode::{header, quoted_printable};
use crate::error::while_doing;
use crate::told::Told;

/// The subject where the file gives none.
const SUBJECT: &str = r#"{{ template "email.default.subject" . }}"#;
/// Digits of a group's hash in the name of its thread.
const THREAD_DIGITS: usize = 16;

/// The whole mail, lines ended by CRLF, not yet escaped for SMTP.
pub(super) fn mail(config: &EmailConfig, told: &Told<'_>) -> Result<String, NotifyError> {
    let now = Zoned::now();
    let mut out = String::new();
    for (name, template) in headers(config) {
        let value = told
            .text(template)
            .map_err(while_doing(&format!("execute {name:?} header template")))?;
        line(&mut out, name, &header(&value));
    }
    let host = rustix::system::uname();
    let host = host.nodename().to_string_lossy();
    if !config.headers.contains_key("Message-Id") {
        line(
            &mut out,
            "Message-Id",
            &format!("<{}@{host}>", Ulid::generate()),
        );
    }
    if config.threading != EmailThreading::Off {
        let root = thread(config.threading, told, &now);
        line(&mut out, "References", &root);
        line(&mut out, "In-Reply-To", &root);
    }
    let boundary = format!("=_argand_{}", Ulid::generate());
    let date = now.strftime("%a, %d %b %Y %H:%M:%S %z").to_string();
    line(&mut out, "Date", &date);
    line(
        &mut out,
        "Content-Type",
        &format!("multipart/alternative; boundary=\"{boundary}\""),
    );
    line(&mut out, "MIME-Version", "1.0");
    out.push_str("\r\n");
    // The form that is preferred comes last (RFC 2046, section 5.1.4).
    if !config.text.is_empty() {
        let text = told
            .text(&config.text)
            .map_err(while_doing("execute text template"))?;
        part(&mut out, &boundary, "text/plain", &text);
    }
    if !config.html.is_empty() {
        let html = told
            .html(&config.html)
            .map_err(while_doing("execute html template"))?;
        part(&mut out, &boundary, "text/html", &html);
    }
    out.push_str(&format!("--{boundary}--\r\n"));
    Ok(out)
}

fn line(out: &mut String, name: &str, value: &str) {
    out.push_str(name);
    out.push_str(": ");
    out.push_str(value);
    out.push_str("\r\n");
}

fn part(out: &mut String, boundary: &str, kind: &str, text: &str) {
    out.push_str(&format!(
        "--{boundary}\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Type: {kind}; \
         charset=UTF-8\r\n\r\n{}\r\n",
        quoted_printable(text)
    ));
}

/// The file's headers, and the usual ones that it does not give.
fn headers(config: &EmailConfig) -> BTreeMap<&str, &str> {
    let usual = [
        ("Subject", SUBJECT),
        ("To", config.to.as_str()),
        ("From", config.from.as_str()),
    ];
    let given = config
        .headers
        .iter()
        .map(|(name, template)| (name.as_str(), template.as_str()));
    usual.into_iter().chain(given).collect()
}

/// The name of the thread's first mail, which nobody ever sends: readers put all that name it into
/// one thread.
fn thread(threading: EmailThreading, told: &Told<'_>, now: &Zoned) -> String {
    let day = match threading {
        EmailThreading::ByDay => now.strftime("%Y-%m-%d").to_string(),
        EmailThreading::ByGroup | EmailThreading::Off => String::new(),
    };
    let group = told.group_hash();
    let group = group.get(..THREAD_DIGITS).unwrap_or(&group);
    format!("<alert-{group}-{day}@alertmanager>")
}
