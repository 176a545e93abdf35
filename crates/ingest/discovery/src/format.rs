//! Target files: a list of `{targets, labels}` as JSON or YAML.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use contract::TargetGroup;
use model::LabelsBuilder;
use serde::{Deserialize, Deserializer};
use thiserror::Error;

use crate::static_groups::addresses;

/// Largest target file in bytes: about half a million targets. A larger one is a mistake, such as
/// a pattern that fits a log file.
pub(crate) const MAX_FILE_BYTES: u64 = 32 << 20;

/// The label that holds the file a target was found in.
const FILE_PATH: &str = "__meta_filepath";

/// Why a target file could not be read.
#[derive(Debug, Error)]
pub enum FileError {
    /// It cannot be opened or read.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is too large.
    #[error("{path}: larger than {MAX_FILE_BYTES} bytes; split it into several files")]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// Its name says neither JSON nor YAML.
    #[error("{path}: a target file must end in .json, .yml or .yaml")]
    Extension {
        /// The file.
        path: PathBuf,
    },
    /// Its content is no list of target groups; the reason names line and column.
    #[error("{path}: {reason}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
    },
    /// A label without a name.
    #[error("{path}: group {index}: \"\" is not a valid label name")]
    LabelName {
        /// The file.
        path: PathBuf,
        /// Place of the group in the file, from 0.
        index: usize,
    },
}

/// A group as files write it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileGroup {
    #[serde(default, deserialize_with = "or_nothing")]
    pub(crate) targets: Vec<String>,
    #[serde(default, deserialize_with = "or_nothing")]
    pub(crate) labels: BTreeMap<String, String>,
}

/// Whoever has nothing to list may write null.
fn or_nothing<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Default + Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// What a target file holds.
#[derive(Debug)]
pub(crate) struct TargetFile {
    pub(crate) groups: Vec<Arc<TargetGroup>>,
    /// When it was last changed, in seconds since the epoch.
    pub(crate) mtime: f64,
}

/// Reads a target file. Blocks.
pub(crate) fn read(path: &Path) -> Result<TargetFile, FileError> {
    let io = |source| FileError::Io {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(io)?;
    let modified = file.metadata().map_err(io)?.modified().map_err(io)?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(io)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(FileError::TooLarge {
            path: path.to_owned(),
        });
    }
    let since = modified.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(TargetFile {
        groups: parse(path, &bytes)?,
        mtime: since.as_secs_f64(),
    })
}

/// The groups of a target file, as `file_sd_configs` would find them. Blocks.
///
/// # Errors
/// A file that cannot be read or holds something else.
pub fn read_targets(path: &Path) -> Result<Vec<Arc<TargetGroup>>, FileError> {
    Ok(read(path)?.groups)
}

/// The groups in a file's content.
fn parse(path: &Path, bytes: &[u8]) -> Result<Vec<Arc<TargetGroup>>, FileError> {
    let content = |reason: String| FileError::Content {
        path: path.to_owned(),
        reason,
    };
    let extension = path
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default();
    let groups: Vec<FileGroup> = match extension.to_ascii_lowercase().as_str() {
        "json" => serde_json::from_slice(bytes).map_err(|e| content(e.to_string()))?,
        "yml" | "yaml" => {
            let text = std::str::from_utf8(bytes).map_err(|e| content(e.to_string()))?;
            let groups: Option<Vec<FileGroup>> =
                serde_saphyr::from_str(text).map_err(|e| content(e.to_string()))?;
            groups.unwrap_or_default()
        }
        _ => {
            return Err(FileError::Extension {
                path: path.to_owned(),
            });
        }
    };
    let shown = path.display().to_string();
    let numbered = groups.into_iter().enumerate();
    numbered
        .map(|(index, group)| {
            if group.labels.contains_key("") {
                let path = path.to_owned();
                return Err(FileError::LabelName { path, index });
            }
            let mut labels = LabelsBuilder::new();
            for (name, value) in &group.labels {
                labels.set(name, value);
            }
            labels.set(FILE_PATH, &shown);
            Ok(Arc::new(TargetGroup {
                source: format!("{shown}:{index}"),
                labels: labels.build(),
                targets: addresses(&group.targets),
            }))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn faults_name_file_and_place() {
        for (file, text, said) in [
            ("a.json", "[{\"targets\": 5}]", "line 1 column 14"),
            ("a.json", "[{\"target\": []}]", "unknown field `target`"),
            ("a.json", "", "EOF"),
            ("a.yml", "- targets: [a]\n  extra: 1\n", "line 2"),
            ("a.yaml", "- labels: {'': x}\n", "not a valid label name"),
            ("a.txt", "[]", "must end in"),
        ] {
            let error = parse(Path::new(file), text.as_bytes())
                .expect_err(text)
                .to_string();
            assert!(error.starts_with(file) && error.contains(said), "{error}");
        }
        for (file, text) in [
            ("a.json", &br#"[{"targets": null, "labels": null}]"#[..]),
            ("a.yml", b"- targets:\n  labels:\n"),
        ] {
            let groups = parse(Path::new(file), text).expect("a group");
            assert!(
                groups.iter().all(|group| group.targets.is_empty()),
                "{file}"
            );
        }
        assert!(
            parse(Path::new("a.yml"), b"")
                .expect("no groups")
                .is_empty()
        );
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>, text in "[-\\[\\]{}:,\"' \n&*!a-z]{0,60}") {
            for file in ["a.json", "a.yml"] {
                let _ = parse(Path::new(file), &bytes);
                let _ = parse(Path::new(file), text.as_bytes());
            }
        }
    }
}
