//! What the original Alertmanager has left in the folder that this one is given: read once, when
//! this one has nothing of its own there yet. The files stay as they are, so that the original can
//! be started on them again.

use std::path::Path;

use anyhow::{Context, Result};
use routing::{Imported, ImportedNotification, Options, Silence};
use wire::alertmanager::{Stored, StoredNotification, StoredSilence, notifications, silences};

/// The options, and with them what the original has left beside the folder of the log.
pub(super) fn taken_over(options: &Options) -> Result<Options> {
    let mut options = options.clone();
    let Some(folder) = options.data.parent() else {
        return Ok(options);
    };
    if !routing::is_fresh(&options.data)? {
        return Ok(options);
    }
    let silences = read(&folder.join("silences"), silences)?;
    let notifications = read(&folder.join("nflog"), notifications)?;
    if silences.is_some() || notifications.is_some() {
        let imported = Imported {
            silences: silences.into_iter().flatten().flat_map(split).collect(),
            notifications: notifications.into_iter().flatten().map(told).collect(),
        };
        tracing::info!(
            folder = %folder.display(),
            silences = imported.silences.len(),
            notifications = imported.notifications.len(),
            "silences and notifications of another Alertmanager are taken over"
        );
        options.imported = Some(imported);
    }
    Ok(options)
}

/// The entries of a file; `None` where there is none. Damage is named and passed over.
fn read<T>(path: &Path, parse: impl Fn(&[u8]) -> Stored<T>) -> Result<Option<Vec<T>>> {
    if !path.is_file() {
        return Ok(None);
    }
    let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let stored = parse(&bytes);
    for damage in &stored.damage {
        tracing::warn!(file = %path.display(), damage, "this is not taken over");
    }
    Ok(Some(stored.entries))
}

/// A silence for each set of matchers; the first one keeps the id.
fn split(stored: StoredSilence) -> Vec<Silence> {
    let sets = stored.matcher_sets.iter().enumerate();
    sets.map(|(place, matchers)| Silence {
        id: if place == 0 {
            stored.id.clone()
        } else {
            String::new()
        },
        matchers: matchers.clone(),
        starts_at: stored.starts_at,
        ends_at: stored.ends_at,
        updated_at: stored.updated_at,
        created_by: stored.created_by.clone(),
        comment: stored.comment.clone(),
        ends_with_alerts: false,
    })
    .collect()
}

fn told(stored: StoredNotification) -> ImportedNotification {
    ImportedNotification {
        group_key: stored.group_key,
        receiver: stored.receiver,
        kind: stored.integration,
        index: stored.index,
        firing: stored.firing,
        resolved: stored.resolved,
        at: stored.at,
        expires_at: stored.expires_at,
    }
}
