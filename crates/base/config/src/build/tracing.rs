//! `tracing`.

use super::http::tls;
use super::texts;
use crate::table::Table;
use crate::{TracingClient, TracingConfig};

/// The section.
pub(super) fn tracing(section: &Table) -> TracingConfig {
    TracingConfig {
        client: match section.text("client_type") {
            "http" => TracingClient::Http,
            _ => TracingClient::Grpc,
        },
        endpoint: section.text("endpoint").to_owned(),
        sampling_fraction: section.float("sampling_fraction"),
        insecure: section.bool("insecure"),
        headers: texts(section.map("headers")),
        gzip: section.text("compression") == "gzip",
        timeout: Some(section.duration("timeout")).filter(|timeout| !timeout.is_zero()),
        tls: tls(section),
    }
}
