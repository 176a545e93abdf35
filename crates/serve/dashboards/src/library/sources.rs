//! Origins to folders: provider files are read anew at every look, so that a change in them needs
//! no restart.

use std::path::{Path, PathBuf};

use config::load_dashboard_providers;

use super::{FileProblem, Origin};

/// Provider files in one folder.
const MAX_FILES: usize = 1_000;

/// A folder of documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    /// The folder, or one document.
    pub(super) path: PathBuf,
    /// The name that its dashboards are listed under; empty: at the top.
    pub(super) folder: String,
    /// Whether folders below give the names instead.
    pub(super) folders_below: bool,
    /// Whether dashboards may be saved into it.
    pub(super) is_writable: bool,
    /// Who says that they may not.
    pub(super) reason: String,
}

/// The folders of all origins, and what is wrong with provider files.
pub(super) fn sources(origins: &[Origin]) -> (Vec<Source>, Vec<FileProblem>) {
    let (mut sources, mut problems) = (Vec::new(), Vec::new());
    for origin in origins {
        match origin {
            Origin::Folder(path) => sources.push(Source {
                path: path.clone(),
                folder: String::new(),
                folders_below: true,
                is_writable: true,
                reason: String::new(),
            }),
            Origin::Providers(path) => {
                for file in provider_files(path, &mut problems) {
                    of_file(&file, &mut sources, &mut problems);
                }
            }
        }
    }
    (sources, problems)
}

fn of_file(file: &Path, sources: &mut Vec<Source>, problems: &mut Vec<FileProblem>) {
    match load_dashboard_providers(file) {
        Ok(providers) => sources.extend(providers.into_iter().map(|provider| Source {
            path: provider.path,
            folder: provider.folder,
            folders_below: provider.folders_from_files,
            is_writable: provider.allow_updates,
            reason: format!(
                "the provider {:?} in {} does not say allowUiUpdates",
                provider.name,
                file.display()
            ),
        })),
        Err(error) => problems.push(FileProblem {
            file: file.to_owned(),
            message: error.to_string(),
        }),
    }
}

/// The file itself, or the YAML files of a folder by name.
fn provider_files(path: &Path, problems: &mut Vec<FileProblem>) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path.to_owned()];
    }
    let entries = match std::fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) => {
            problems.push(FileProblem {
                file: path.to_owned(),
                message: error.to_string(),
            });
            return Vec::new();
        }
    };
    let files = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let is_yaml = |file: &PathBuf| {
        let ending = file.extension().and_then(|ending| ending.to_str());
        matches!(ending, Some("yml" | "yaml"))
    };
    let mut files: Vec<PathBuf> = files.filter(is_yaml).take(MAX_FILES).collect();
    files.sort();
    files
}
