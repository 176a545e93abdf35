//! Folders of documents: what a look finds, and what saving leaves.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use dashboards::{Library, LibraryError, Listing, Origin};
use serde_json::json;

fn document(uid: &str, title: &str) -> Vec<u8> {
    json!({"uid": uid, "title": title, "panels": []})
        .to_string()
        .into_bytes()
}

fn write(file: &Path, uid: &str, title: &str) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, document(uid, title)).unwrap();
}

fn titles(listing: &Listing) -> Vec<(&str, &str)> {
    let dashboards = listing.dashboards.iter();
    dashboards
        .map(|one| (one.folder.as_str(), one.head.title.as_str()))
        .collect()
}

#[test]
fn folders_as_volumes_mount_them() {
    let folder = tempfile::tempdir().unwrap();
    let top = folder.path();
    // A volume keeps what it shows in a hidden folder, behind two links.
    write(&top.join("..2026/a.json"), "a", "A");
    symlink("..2026", top.join("..data")).unwrap();
    symlink("..data/a.json", top.join("a.json")).unwrap();
    write(&top.join("team/deep/b.json"), "b", "B");
    fs::write(top.join("notes.txt"), "no dashboard").unwrap();
    // Round and round.
    symlink("..", top.join("team/again")).unwrap();
    symlink("nowhere", top.join("gone.json")).unwrap();
    let library = Library::new(vec![Origin::Folder(top.to_owned())]);
    let listing = library.look();
    assert_eq!(titles(&listing), [("", "A"), ("team/deep", "B")]);
    assert_eq!(listing.problems.len(), 1, "{:?}", listing.problems);
    assert!(listing.problems[0].message.contains("gone.json"));
    assert_eq!(library.model("b").unwrap().folder, "team/deep");

    // What the volume shows is exchanged at once.
    write(&top.join("..2027/a.json"), "a", "Anew");
    fs::remove_file(top.join("..data")).unwrap();
    symlink("..2027", top.join("..data")).unwrap();
    assert_eq!(titles(&library.look()), [("", "Anew"), ("team/deep", "B")]);
}

#[test]
fn provider_files_are_followed() {
    let folder = tempfile::tempdir().unwrap();
    let top = folder.path();
    write(&top.join("boards/x/a.json"), "a", "A");
    let file = top.join("providers/p.yaml");
    fs::create_dir_all(top.join("providers")).unwrap();
    let provider = |more: &str| format!("providers:\n  - {{name: p, folder: F, {more}}}\n");
    let library = Library::new(vec![Origin::Providers(top.join("providers"))]);
    for (text, expected, problems) in [
        (provider("options: {path: ../boards}"), vec![("F", "A")], 0),
        (
            provider("options: {path: ../boards, foldersFromFilesStructure: true}"),
            vec![("x", "A")],
            0,
        ),
        (
            provider("options: {path: ../boards/x/a.json}"),
            vec![("F", "A")],
            0,
        ),
        (provider("options: {path: ../none}"), vec![], 1),
        ("providers: 5".to_owned(), vec![], 1),
    ] {
        fs::write(&file, &text).unwrap();
        let listing = library.look();
        assert_eq!(titles(&listing), expected, "{text}");
        assert_eq!(listing.problems.len(), problems, "{:?}", listing.problems);
    }
}

#[test]
fn the_oldest_versions_go_first() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.json");
    write(&file, "a", "0");
    let library = Library::new(vec![Origin::Folder(folder.path().to_owned())]);
    for number in 1..=60 {
        let title = number.to_string();
        let saved = library.save("a", &document("a", &title)).unwrap();
        assert_eq!(saved.kept, Some(number));
    }
    let versions = library.versions("a").unwrap();
    let numbers: Vec<u64> = versions.iter().map(|one| one.version).collect();
    assert_eq!(numbers, (11..=60).rev().collect::<Vec<_>>());
    assert_eq!(library.version("a", 60).unwrap(), document("a", "59"));
    assert!(matches!(
        library.version("a", 10),
        Err(LibraryError::UnknownVersion { version: 10, .. })
    ));
    assert_eq!(library.document("a").unwrap(), document("a", "60"));
    // Nothing half written is left, and versions are no dashboards.
    let names = fs::read_dir(folder.path()).unwrap();
    let mut names: Vec<_> = names.map(|one| one.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, [".versions", "a.json"]);
    assert_eq!(library.look().dashboards.len(), 1);
}

#[test]
fn links_stay_and_files_keep_their_permissions() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().join("elsewhere/real.json");
    write(&real, "a", "first");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    fs::create_dir(folder.path().join("shown")).unwrap();
    let link = folder.path().join("shown/a.json");
    symlink(&real, &link).unwrap();
    let library = Library::new(vec![Origin::Folder(folder.path().join("shown"))]);
    library.save("a", &document("a", "second")).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read(&real).unwrap(), document("a", "second"));
    let mode = fs::metadata(&real).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    assert_eq!(library.version("a", 1).unwrap(), document("a", "first"));
    assert_eq!(library.versions("a").unwrap().len(), 1);
}

#[test]
fn a_failed_write_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.json");
    write(&file, "a", "first");
    // The place of the new file is taken by something that is none.
    fs::create_dir(folder.path().join(".a.json.new")).unwrap();
    let library = Library::new(vec![Origin::Folder(folder.path().to_owned())]);
    let failed = library.save("a", &document("a", "second"));
    assert!(matches!(failed, Err(LibraryError::Io { .. })), "{failed:?}");
    assert_eq!(library.document("a").unwrap(), document("a", "first"));
}
