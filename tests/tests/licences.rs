//! Every crate that is linked in has a licence from the list in `deny.toml`.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::BTreeSet;

use cargo_metadata::MetadataCommand;

/// The texts between quotes of the `allow` list.
fn allowed(deny: &str) -> BTreeSet<&str> {
    let list = deny
        .split_once("allow = [")
        .unwrap()
        .1
        .split_once(']')
        .unwrap()
        .0;
    list.lines()
        .filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix("\","))
        .collect()
}

/// Whether an SPDX expression can be met: one side of an OR, all sides of an AND.
fn fits(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let flat = expression.replace('/', " OR ").replace(['(', ')'], " ");
    // Crates write either alternatives or conjunctions, seldom both; `A AND (B OR C)` is read
    // strictly, each AND part by its alternatives.
    flat.split(" AND ")
        .all(|part| part.split(" OR ").any(|one| allowed.contains(one.trim())))
}

#[test]
fn licences_are_of_the_list() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let deny = std::fs::read_to_string(format!("{root}/deny.toml")).unwrap();
    let allowed = allowed(&deny);
    assert!(allowed.contains("Apache-2.0") && allowed.len() > 5);
    let metadata = MetadataCommand::new()
        .manifest_path(format!("{root}/Cargo.toml"))
        .exec()
        .unwrap();
    let wrong: Vec<String> = metadata
        .packages
        .iter()
        .filter(|package| {
            !package
                .license
                .as_deref()
                .is_some_and(|licence| fits(licence, &allowed))
        })
        .map(|package| {
            format!(
                "{} {}: {:?}",
                package.name, package.version, package.license
            )
        })
        .collect();
    assert!(metadata.packages.len() > 50);
    assert!(wrong.is_empty(), "licences not of the list: {wrong:#?}");
}

#[test]
fn expressions() {
    let allowed = BTreeSet::from(["MIT", "ISC"]);
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("MIT OR GPL-3.0", true),
        ("MIT/Apache-2.0", true),
        ("MIT AND GPL-3.0", false),
        ("(MIT OR Apache-2.0) AND ISC", true),
        ("ISC AND (Apache-2.0 OR BSD-3-Clause)", false),
    ] {
        assert_eq!(fits(expression, &allowed), expected, "{expression}");
    }
}
