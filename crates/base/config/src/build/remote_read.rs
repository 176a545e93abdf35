//! `remote_read`.

use super::http::http;
use super::scrape::labels;
use super::texts;
use crate::RemoteReadConfig;
use crate::error::Fault;
use crate::table::Table;

/// One entry.
pub(super) fn remote_read(section: &Table) -> Result<RemoteReadConfig, Fault> {
    Ok(RemoteReadConfig {
        url: section.text("url").to_owned(),
        name: section.text("name").to_owned(),
        timeout: section.duration("remote_timeout"),
        headers: texts(section.map("headers")),
        frame_limit: usize::try_from(section.int("chunked_read_limit")).unwrap_or_default(),
        read_recent: section.bool("read_recent"),
        required: labels(section.map("required_matchers")),
        filter_external_labels: section.bool("filter_external_labels"),
        http: http(section)?,
    })
}
