//! `remote_read`: servers that are asked for samples beside those that are stored here.

use std::collections::BTreeMap;
use std::time::Duration;

use model::Labels;

use crate::HttpConfig;

/// One entry of `remote_read`. Its `Debug` shows no password of the URL, and no header.
#[derive(Clone, PartialEq)]
pub struct RemoteReadConfig {
    /// `url`, as it is written: it may hold a password.
    pub url: String,
    /// `name`; empty where none is given, else unique.
    pub name: String,
    /// `remote_timeout` of one request.
    pub timeout: Duration,
    /// `headers` of every request.
    pub headers: BTreeMap<String, String>,
    /// `chunked_read_limit`: bytes of one frame of a streamed answer.
    pub frame_limit: usize,
    /// `read_recent`: whether it is also asked for times that the local store has wholly.
    pub read_recent: bool,
    /// `required_matchers`: it is asked only where a selector has an equal matcher for each.
    pub required: Labels,
    /// `filter_external_labels`: whether external labels are asked for and taken off the answer.
    pub filter_external_labels: bool,
    /// `http_config` fields of the section.
    pub http: HttpConfig,
}

impl std::fmt::Debug for RemoteReadConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RemoteReadConfig")
            .field("name", &self.name)
            .field("read_recent", &self.read_recent)
            .field("required", &self.required)
            .finish_non_exhaustive()
    }
}
