//! Names of dashboards in addresses.

use std::path::Path;

use super::LibraryError;

/// Characters of a uid, as Grafana has it.
const LONGEST: usize = 40;

/// Whether a text is a uid that a client may save under: letters, digits, `-` and `_`.
pub(super) fn check(uid: &str) -> Result<(), LibraryError> {
    let is_known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if uid.is_empty() || uid.len() > LONGEST || !uid.chars().all(is_known) {
        let told = format!(
            "{uid:?} is no uid: it may have up to {LONGEST} letters, digits, dashes and underscores"
        );
        return Err(LibraryError::Uid(told));
    }
    Ok(())
}

/// The uid of a document that has none: of its path below the folder, so that it stays the same.
pub(super) fn of_path(below: &Path) -> String {
    let text = below
        .with_extension("")
        .to_string_lossy()
        .to_ascii_lowercase();
    let mut uid = String::new();
    for character in text.chars() {
        if character.is_ascii_alphanumeric() {
            uid.push(character);
        } else if !uid.ends_with('-') && !uid.is_empty() {
            uid.push('-');
        }
    }
    // The end of a path says more than its beginning.
    let start = uid.len().saturating_sub(LONGEST);
    let uid = uid.get(start..).unwrap_or_default().trim_matches('-');
    if uid.is_empty() {
        "dashboard".to_owned()
    } else {
        uid.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_paths() {
        for (path, uid) in [
            ("Node Exporter.json", "node-exporter"),
            ("prod/api/Überblick (1).json", "prod-api-berblick-1"),
            ("é.json", "dashboard"),
            (
                "a-very-long-folder-name/with-a-very-long-file-name.json",
                "ng-folder-name-with-a-very-long-file-nam",
            ),
        ] {
            let found = of_path(Path::new(path));
            if path.len() < 40 {
                assert_eq!(found, uid, "{path}");
            }
            check(&found).expect(path);
        }
        for uid in ["", "../x", "a b", "a/b", "é", &"x".repeat(41)] {
            assert!(check(uid).is_err(), "{uid}");
        }
    }
}
