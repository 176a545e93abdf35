//! `remote_write`.

use super::http::http;
use super::scrape::rules;
use crate::error::Fault;
use crate::table::Table;
use crate::{
    CloudLogin, MetadataConfig, QueueConfig, RemoteWriteConfig, Secret, SigV4Config, WriteMessage,
};

/// One entry.
pub(super) fn remote_write(
    section: &Table,
    legacy_names: bool,
) -> Result<RemoteWriteConfig, Fault> {
    let missing = |key: &str| section.fault(key, "is missing");
    let queue = section.table("queue_config");
    let metadata = section.table("metadata_config");
    Ok(RemoteWriteConfig {
        url: section.text("url").to_owned(),
        name: section.text("name").to_owned(),
        timeout: section.duration("remote_timeout"),
        headers: section
            .map("headers")
            .iter()
            .map(|(name, item)| (name.clone(), item.text().to_owned()))
            .collect(),
        relabel: rules(section, "write_relabel_configs", legacy_names)?,
        message: match section.text("protobuf_message") {
            "io.prometheus.write.v2.Request" => WriteMessage::V2,
            _ => WriteMessage::V1,
        },
        send_exemplars: section.bool("send_exemplars"),
        send_native_histograms: section.bool("send_native_histograms"),
        http: http(section)?,
        cloud: cloud(section),
        queue: queue_config(queue.ok_or_else(|| missing("queue_config"))?),
        metadata: metadata_config(metadata.ok_or_else(|| missing("metadata_config"))?),
    })
}

fn count(table: &Table, key: &str) -> usize {
    usize::try_from(table.int(key)).unwrap_or_default()
}

fn queue_config(queue: &Table) -> QueueConfig {
    QueueConfig {
        capacity: count(queue, "capacity"),
        max_shards: count(queue, "max_shards"),
        min_shards: count(queue, "min_shards"),
        max_samples_per_send: count(queue, "max_samples_per_send"),
        batch_send_deadline: queue.duration("batch_send_deadline"),
        min_backoff: queue.duration("min_backoff"),
        max_backoff: queue.duration("max_backoff"),
        retry_on_429: queue.bool("retry_on_http_429"),
        sample_age_limit: Some(queue.duration("sample_age_limit")).filter(|age| !age.is_zero()),
    }
}

fn metadata_config(metadata: &Table) -> MetadataConfig {
    MetadataConfig {
        send: metadata.bool("send"),
        interval: metadata.duration("send_interval"),
        max_per_send: count(metadata, "max_samples_per_send"),
    }
}

fn cloud(section: &Table) -> Option<CloudLogin> {
    if section.holds("azuread") {
        return Some(CloudLogin::AzureAd);
    }
    if section.holds("google_iam") {
        return Some(CloudLogin::GoogleIam);
    }
    let sigv4 = section.table("sigv4").filter(|_| section.holds("sigv4"))?;
    let keys = sigv4.has("access_key").then(|| {
        let secret = Secret::new(sigv4.text("secret_key"));
        (sigv4.text("access_key").to_owned(), secret)
    });
    Some(CloudLogin::SigV4(SigV4Config {
        region: sigv4.text("region").to_owned(),
        keys,
        profile: sigv4.text("profile").to_owned(),
        role_arn: sigv4.text("role_arn").to_owned(),
        service: match sigv4.text("service_name") {
            "" => "aps".to_owned(),
            name => name.to_owned(),
        },
    }))
}
