//! What targets say of their metrics, sent now and then: by version 1.0 in requests of its own, by
//! version 2.0 with the series.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use config::MetadataConfig;
use contract::Targets;
use tokio_util::sync::CancellationToken;
use wire::remote::write::{Metadata, Version, put_metadata_request};

use super::backoff::Backoff;
use super::deliver::Way;
use super::endpoint::Answer;

/// The first time comes earlier than the others, once targets have been scraped.
const FIRST: Duration = Duration::from_secs(5);

/// Sends metadata until stopped.
pub(super) async fn run(
    way: Arc<Way>,
    targets: Arc<dyn Targets>,
    config: MetadataConfig,
    stop: CancellationToken,
) {
    let mut pause = config.interval.min(FIRST);
    loop {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => return,
        }
        pause = config.interval;
        let said = collect(targets.as_ref());
        match way.endpoint.version {
            Version::V2 => *way.said.write() = said,
            Version::V1 => {
                let all: Vec<(&str, &Metadata)> = said
                    .iter()
                    .map(|(family, said)| (family.as_str(), said.as_ref()))
                    .collect();
                let sending = async {
                    for part in all.chunks(config.max_per_send.max(1)) {
                        send(&way, part, config.interval).await;
                    }
                };
                tokio::select! {
                    () = sending => {}
                    () = stop.cancelled() => return,
                }
            }
        }
    }
}

/// What targets say, each family once.
fn collect(targets: &dyn Targets) -> HashMap<String, Arc<Metadata>> {
    let mut said = HashMap::new();
    for (_, families) in targets.metadata(None) {
        for family in families {
            said.entry(family.metric).or_insert_with(|| {
                Arc::new(Metadata {
                    kind: family.kind,
                    help: family.help,
                    unit: family.unit,
                })
            });
        }
    }
    said
}

/// Sends one request, again and again for a time where that may help.
async fn send(way: &Way, part: &[(&str, &Metadata)], most: Duration) {
    let mut plain = Vec::new();
    put_metadata_request(&mut plain, part.iter().copied());
    let packed = snap::raw::Encoder::new().compress_vec(&plain);
    let body: Bytes = packed.unwrap_or_default().into();
    let mut backoff = Backoff::new(way.queue.min_backoff, way.queue.max_backoff);
    let (begun, count) = (Instant::now(), part.len() as u64);
    let mut attempt = 0;
    loop {
        match way.endpoint.post(body.clone(), attempt).await {
            Answer::Taken => {
                way.meters.metadata_sent.add(count);
                way.meters.metadata_bytes.add(body.len() as u64);
                return;
            }
            Answer::Later { after, .. } if begun.elapsed() < most => {
                way.meters.metadata_retried.add(count);
                tokio::time::sleep(backoff.pause(after)).await;
            }
            Answer::Later { cause, .. } => {
                way.meters.metadata_failed.add(count);
                tracing::warn!(queue = way.meters.name, cause, "metadata was not taken");
                return;
            }
            Answer::Refused {
                status, message, ..
            } => {
                way.meters.metadata_failed.add(count);
                tracing::warn!(queue = way.meters.name, %status, message, "metadata was refused");
                return;
            }
        }
        attempt += 1;
    }
}
