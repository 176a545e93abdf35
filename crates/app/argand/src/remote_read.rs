//! Remote read: what other servers ask of this one.

use std::sync::Arc;

use anyhow::Result;
use api::{RemoteRead, RemoteReadOptions};

use crate::flags::Flags;
use crate::options::{count, number, required};

/// Who answers other servers.
pub(crate) fn server(flags: &Flags) -> Result<Arc<RemoteRead>> {
    let samples = required(flags, "storage.remote.read-sample-limit", count)?;
    Ok(Arc::new(RemoteRead::new(RemoteReadOptions {
        samples: usize::try_from(samples).unwrap_or(usize::MAX),
        concurrency: number(flags, "storage.remote.read-concurrent-limit")?,
        frame: number(flags, "storage.remote.read-max-bytes-in-frame")?,
    })))
}
