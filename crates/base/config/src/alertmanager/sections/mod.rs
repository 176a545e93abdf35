//! The tables of `alertmanager.yml`: keys, kinds, presets and the rules over each section by
//! itself. What depends on `global` is in [`super::inherit`].

mod chat;
mod incident;
mod mail;
mod message;
mod route;
mod top;

pub(super) use mail::split_host_port;
pub(super) use route::is_all_labels;
pub(super) use top::CONFIG;

use crate::error::Fault;
use crate::schema::{Field, Kind, Section, field, table, text};
use crate::sections::http;
use crate::table::Table;

/// `http_config`.
pub(super) static HTTP: Section = Section::new(&[http::FIELDS], &[http::check]);

/// `http_config` where a section need not have one of its own.
const HTTP_CONFIG: Field = table("http_config", &HTTP);

/// `send_resolved` of a kind that sends where nothing is said.
const SENDS_RESOLVED: Field = field("send_resolved", Kind::Bool).or_true().shown();
/// `send_resolved` of a kind that does not.
const KEEPS_RESOLVED: Field = field("send_resolved", Kind::Bool).shown();

/// A field of a message.
static MESSAGE_FIELD: Section = Section::new(
    &[&[
        text("title").required(),
        text("value").required(),
        field("short", Kind::Flag),
    ]],
    &[],
);

/// Refuses a section that has neither of two keys.
fn one_of(section: &Table, inline: &str, file: &str) -> Result<(), Fault> {
    section.at_most_one(&[inline, file])?;
    if section.has(inline) || section.has(file) {
        return Ok(());
    }
    Err(section.fault(
        inline,
        format!("one of {inline} or {file} must be configured"),
    ))
}

/// Whether an `http_config` proves by a token who asks.
pub(super) fn authorizes(http: Option<&Table>) -> bool {
    http.is_some_and(|http| {
        http.holds("authorization") || http.has("bearer_token") || http.has("bearer_token_file")
    })
}
