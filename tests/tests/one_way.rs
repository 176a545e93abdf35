//! Dependencies run one way: a stage uses `base` and nothing beside it; only `serve` and `app`
//! know other stages.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use cargo_metadata::{MetadataCommand, Package};

/// The stage of a crate, from its folder `crates/<stage>/<crate>` or `sdk/<crate>`; `None` for
/// tools beside them.
fn stage(package: &Package) -> Option<String> {
    if package.name.starts_with("argand-client") {
        return Some("sdk".to_owned());
    }
    let (_, inside) = package.manifest_path.as_str().rsplit_once("/crates/")?;
    inside.split('/').next().map(str::to_owned)
}

/// Whether a crate of stage `from` may depend on one of stage `to`.
fn allowed(from: &str, to: &str) -> bool {
    match from {
        "base" | "ingest" | "store" | "query" | "alert" => to == "base",
        "serve" => to != "app",
        "app" => true,
        // What a service adds to expose its metrics brings nothing of the server along.
        "sdk" => to == "sdk",
        other => panic!("crates/{other} is no stage of the house: see docs/ARCHITECTURE.md"),
    }
}

#[test]
fn no_arrow_runs_back() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let find = |name: &str| metadata.packages.iter().find(|p| p.name.as_str() == name);
    let mut wrong = Vec::new();
    let mut arrows = 0;
    for package in &metadata.packages {
        let Some(from) = stage(package) else { continue };
        for dependency in &package.dependencies {
            let Some(to) = find(&dependency.name).and_then(stage) else {
                continue;
            };
            arrows += 1;
            if !allowed(&from, &to) {
                wrong.push(format!(
                    "{} ({from}) -> {} ({to})",
                    package.name, dependency.name
                ));
            }
        }
    }
    assert!(arrows > 10, "the workspace was read: {arrows} arrows");
    assert!(
        wrong.is_empty(),
        "arrows against the one-way rule: {wrong:#?}"
    );
}

#[test]
fn the_rule_itself() {
    assert!(allowed("store", "base") && allowed("serve", "query") && allowed("app", "serve"));
    assert!(
        !allowed("store", "query") && !allowed("ingest", "ingest") && !allowed("base", "store")
    );
    assert!(!allowed("serve", "app") && !allowed("sdk", "base"));
}
