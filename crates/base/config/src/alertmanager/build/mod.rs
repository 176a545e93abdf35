//! Tables that were read and completed, to the checked types.

mod chat;
mod incident;
mod mail;
mod message;
mod route;
mod time;
mod top;

pub(super) use top::build;

use std::collections::BTreeMap;

use url::Url;

use super::{ApiUrl, MessageField};
use crate::build::http;
use crate::error::Fault;
use crate::table::Table;
use crate::{HttpConfig, SecretSource};

fn text(table: &Table, key: &str) -> String {
    table.text(key).to_owned()
}

fn text_map(table: &Table, key: &str) -> BTreeMap<String, String> {
    table
        .map(key)
        .iter()
        .map(|(name, item)| (name.clone(), item.text().to_owned()))
        .collect()
}

fn http_config(section: &Table) -> Result<HttpConfig, Fault> {
    section
        .table("http_config")
        .map_or_else(|| Ok(HttpConfig::default()), http::http)
}

fn parsed(section: &Table, key: &str) -> Result<Url, Fault> {
    Url::parse(section.text(key))
        .map_err(|error| section.fault(key, format!("not a valid URL: {error}")))
}

fn url(section: &Table, key: &str) -> Result<ApiUrl, Fault> {
    parsed(section, key).map(ApiUrl::new)
}

/// A URL that paths are added to.
fn base_url(section: &Table, key: &str) -> Result<ApiUrl, Fault> {
    let mut url = parsed(section, key)?;
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(ApiUrl::new(url))
}

fn optional_secret(section: &Table, key: &str) -> Option<SecretSource> {
    http::source(section, key, &format!("{key}_file"))
}

fn secret(section: &Table, key: &str) -> Result<SecretSource, Fault> {
    optional_secret(section, key)
        .ok_or_else(|| section.fault(key, format!("one of {key} or {key}_file must be given")))
}

fn fields(section: &Table) -> Vec<MessageField> {
    section
        .tables("fields")
        .map(|field| MessageField {
            title: text(field, "title"),
            value: text(field, "value"),
            short: field.flag("short"),
        })
        .collect()
}
