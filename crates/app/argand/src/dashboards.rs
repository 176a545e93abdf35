//! Dashboards, where flags name folders or provider files of them.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use dashboards::{Library, Origin};

use crate::flags::Flags;

/// The dashboards that the flags name. A provider file that is wrong ends the start; documents
/// that are wrong are told, and the others shown.
pub(crate) async fn open(flags: &Flags) -> Result<Arc<Library>> {
    let given = |flag| flags.list(flag).iter().filter(|path| !path.is_empty());
    let named = |flag| given(flag).map(PathBuf::from);
    let folders = named("dashboards.path").map(Origin::Folder);
    let providers: Vec<PathBuf> = named("dashboards.providers").collect();
    for file in providers.iter().filter(|file| !file.is_dir()) {
        config::load_dashboard_providers(file).context("--dashboards.providers")?;
    }
    let providers = providers.into_iter().map(Origin::Providers);
    let library = Arc::new(Library::new(folders.chain(providers).collect()));
    let looked = Arc::clone(&library);
    let listing = tokio::task::spawn_blocking(move || looked.look()).await?;
    for problem in &listing.problems {
        tracing::warn!(file = %problem.file.display(), problem = problem.message, "no dashboard");
    }
    if !listing.dashboards.is_empty() {
        tracing::info!(count = listing.dashboards.len(), "dashboards");
    }
    Ok(library)
}
