//! Upstream's own files: each must load or fail as its name says, and fail for the right reason.
//!
//! The folder is named by `ARGAND_CONFORMANCE`; without it the test says that it was skipped.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests may stop at the first surprise, and say what they left out"
)]

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Files whose names do not say what must become of them.
const SPECIAL: [(&str, bool); 14] = [
    ("agent_mode.with_alert_manager.yml", true),
    ("agent_mode.with_alert_relabels.yml", true),
    ("agent_mode.with_remote_reads.yml", true),
    ("agent_mode.with_rule_files.yml", true),
    ("agent_mode.without_remote_writes.yml", true),
    ("config_with_deprecated_am_api_config.yml", false),
    ("otlp_allow_utf8.incompatible.yml", false),
    ("otlp_empty.yml", true),
    ("otlp_no_translation.incompatible.yml", false),
    ("scrape_config_default_validation_mode.yml", true),
    ("scrape_config_global_validation_mode.yml", true),
    ("scrape_config_local_global_validation_mode.yml", true),
    ("scrape_config_local_infer_escaping.yml", true),
    ("scrape_config_local_validation_mode.yml", true),
];

/// A word that the error of each failing file must hold.
const WORDS: &[(&str, &str)] = &[
    ("azure_bearertoken_basicauth", "bearer_token"),
    ("azure_client_id_missing", "client_id"),
    ("azure_subscription_id_missing", "subscription_id"),
    ("azure_tenant_id_missing", "tenant_id"),
    ("bearertoken", "bearer_token_file"),
    ("bearertoken_basicauth", "basic_auth"),
    ("config_with_deprecated_am_api_config", "api_version"),
    ("dropequal", "target_label"),
    ("dropequal1", "regex"),
    ("ec2_token_file", "bearer_token_file"),
    ("empty_alert_relabel_config", "empty or null"),
    ("empty_alertmanager_relabel_config", "empty or null"),
    ("empty_metric_relabel_config", "empty or null"),
    ("empty_scrape_config", "empty or null"),
    ("empty_scrape_config_action", "action cannot be empty"),
    ("empty_static_config", "empty or null"),
    ("empty_target_relabel_config", "empty or null"),
    ("eureka_invalid_server", "server"),
    ("eureka_no_server", "server"),
    ("hetzner_role", "hcloud"),
    ("http_token_file", "bearer_token_file"),
    ("http_url_bad_scheme", "'http' or 'https'"),
    ("http_url_no_host", "host"),
    ("jobname", "job_name"),
    ("jobname_dup", "\"prometheus\" is taken"),
    ("keepequal", "target_label"),
    ("keepequal1", "regex"),
    ("kubernetes_api_server_with_own_namespace", "own_namespace"),
    ("kubernetes_authorization_basicauth", "authorization"),
    ("kubernetes_bearertoken", "bearer_token_file"),
    ("kubernetes_bearertoken_basicauth", "bearer_token"),
    ("kubernetes_kubeconfig_with_apiserver", "api_server"),
    ("kubernetes_kubeconfig_with_http_config", "kubeconfig_file"),
    ("kubernetes_role", "endpointslice"),
    ("kubernetes_selectors_duplicated_role", "second selector"),
    ("kubernetes_selectors_incorrect_selector", "field selector"),
    ("kubernetes_selectors_ingress", "ingress only"),
    ("kubernetes_selectors_node", "node only"),
    ("kubernetes_selectors_pod", "service"),
    ("labeldrop2", "modulus"),
    ("labeldrop4", "replacement"),
    ("labeldrop5", "target_label"),
    ("labelkeep", "source_labels"),
    ("labelkeep2", "modulus"),
    ("labelkeep4", "replacement"),
    ("labelkeep5", "target_label"),
    ("labelmap", "base64"),
    ("labelname", "UTF-8"),
    ("lightsail_token_file", "bearer_token_file"),
    ("lowercase", "target_label"),
    ("lowercase3", "replacement"),
    ("marathon_authtoken_authorization", "auth_token"),
    ("marathon_authtoken_authtokenfile", "auth_token_file"),
    ("marathon_authtoken_basicauth", "auth_token"),
    ("marathon_authtoken_bearertoken", "auth_token"),
    ("marathon_no_servers", "servers"),
    ("metric_name_validation_scheme", "invalid_scheme"),
    ("modulus_missing", "modulus"),
    ("oci_authentication_method", "instance_principal"),
    ("openstack_availability", "internal"),
    ("openstack_role", "hypervisor"),
    ("otlp_allow_utf8", "Invalid"),
    ("otlp_allow_utf8.incompatible", "NoUTF8EscapingWithSuffixes"),
    (
        "otlp_ignore_resource_attributes_without_promote_all",
        "promote_all_resource_attributes",
    ),
    ("otlp_no_translation.incompatible", "NoTranslation"),
    (
        "otlp_promote_all_resource_attributes",
        "promote_all_resource_attributes",
    ),
    ("otlp_sanitize_promote_resource_attributes", "twice"),
    ("outscale_no_region", "region"),
    ("outscale_no_secret", "secret_key"),
    ("outscale_two_secrets", "at most one"),
    ("ovhcloud_bad_service", "dedicated_server"),
    ("ovhcloud_no_secret", "application_secret"),
    ("puppetdb_no_query", "query"),
    ("puppetdb_no_scheme", "scheme"),
    ("puppetdb_no_url", "url"),
    ("puppetdb_token_file", "bearer_token_file"),
    ("regex", "abc(def"),
    ("remote_read_dup", "queue1"),
    ("remote_read_header", "x-prometheus-remote-write-version"),
    ("remote_write_authorization_header", "authorization"),
    ("remote_write_dup", "queue1"),
    ("remote_write_queue_capacity_zero", "capacity"),
    (
        "remote_write_queue_max_backoff_less_than_min",
        "max_backoff",
    ),
    (
        "remote_write_queue_max_samples_per_send_zero",
        "max_samples_per_send",
    ),
    ("remote_write_queue_max_shards_zero", "max_shards"),
    (
        "remote_write_queue_min_shards_greater_than_max",
        "min_shards",
    ),
    ("remote_write_queue_min_shards_zero", "min_shards"),
    ("remote_write_url_missing", "url"),
    ("remote_write_wrong_msg", "io.prometheus.writet.v2.Request"),
    ("rules", "my/*/rule"),
    ("scaleway_no_secret", "secret_key"),
    ("scaleway_two_secrets", "at most one"),
    ("scrape_config_files", "greater than the scrape interval"),
    (
        "scrape_config_files_double_import",
        "\"prometheus\" is taken",
    ),
    ("scrape_config_files_duplicate", "\"prometheus\" is taken"),
    (
        "scrape_config_files_fallback_scrape_protocol1",
        "prometheusproto",
    ),
    (
        "scrape_config_files_fallback_scrape_protocol2",
        "found a list",
    ),
    ("scrape_config_files_glob", "scrape_configs/*/*"),
    (
        "scrape_config_files_global",
        "scrape_config_files.bad.yml:4:21",
    ),
    (
        "scrape_config_files_global_duplicate",
        "\"prometheus\" is taken",
    ),
    ("scrape_config_files_scrape_protocols", "prometheusproto"),
    ("scrape_config_files_scrape_protocols2", "twice"),
    ("scrape_config_utf8_conflicting", "allow-utf-8"),
    ("section_key_dup", "already given in line 1"),
    ("stackit_endpoint", "endpoint"),
    ("static_config", "UTF-8"),
    ("target_label_hashmod_missing", "target_label"),
    ("tracing_invalid_authorization_header", "authorization"),
    ("tracing_invalid_compression", "gzip"),
    (
        "tracing_invalid_header",
        "x-prometheus-remote-write-version",
    ),
    ("tracing_missing_endpoint", "endpoint"),
    ("tsdb_chunk_encoding_floats", "xor3"),
    ("tsdb_chunk_encoding_floats_wrong_case", "XOR"),
    ("tsdb_retention_percentage", "between 0 and 100"),
    ("tsdb_retention_percentage_negative", "between 0 and 100"),
    ("tsdb_retention_size", "negative"),
    ("tsdb_retention_time", "-1h"),
    ("unknown_global_attr", "nonexistent_field"),
    ("uppercase", "target_label"),
    ("uppercase3", "replacement"),
    ("uyuni_no_server", "server"),
    ("uyuni_token_file", "bearer_token_file"),
];

fn cases() -> Option<Vec<PathBuf>> {
    let Some(root) = std::env::var_os("ARGAND_CONFORMANCE") else {
        let _ = writeln!(
            std::io::stderr(),
            "skipped: ARGAND_CONFORMANCE does not name a folder"
        );
        return None;
    };
    let folder = Path::new(&root).join("prometheus-config");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "yml"))
        .collect();
    paths.sort();
    assert!(
        paths.len() > 150,
        "{} holds {} cases only",
        folder.display(),
        paths.len()
    );
    Some(paths)
}

fn must_load(name: &str) -> bool {
    match SPECIAL.iter().find(|(special, _)| *special == name) {
        Some((_, loads)) => *loads,
        None if name.ends_with(".good.yml") => true,
        None if name.ends_with(".bad.yml") => false,
        None => panic!("{name}: nothing says whether it loads"),
    }
}

/// What is wrong with the outcome of one file.
fn surprise(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    match (config::load(path), must_load(name)) {
        (Ok(loaded), true) => {
            // What is shown must itself be a valid configuration that is shown the same way.
            // Some secrets have a form of their own, which this one satisfies.
            let filled = loaded
                .redacted
                .replace("<secret>", "11111111-1111-1111-1111-111111111111");
            let again = config::parse(&filled, Path::new("shown.yml"), &|_| None);
            match again {
                Err(error) => Some(format!(
                    "{name}: what it is shown as does not load: {error}\n{}",
                    loaded.redacted
                )),
                Ok(again)
                    if again.redacted != loaded.redacted
                        && !name.starts_with("external_labels") =>
                {
                    Some(format!(
                        "{name}: shown anew it differs:\n{}\n---\n{}",
                        loaded.redacted, again.redacted
                    ))
                }
                Ok(_) => None,
            }
        }
        (Err(error), false) => {
            let case = name.trim_end_matches(".bad.yml").trim_end_matches(".yml");
            let Some((_, word)) = WORDS.iter().find(|(known, _)| *known == case) else {
                return Some(format!("{name}: no word for: {error}"));
            };
            let placed = error.line().is_some() && error.column().is_some();
            (!error.to_string().contains(word) || !placed)
                .then(|| format!("{name}: expected {word:?} in: {error}"))
        }
        (Ok(_), false) => Some(format!("{name}: must fail, and loads")),
        (Err(error), true) => Some(format!("{name}: must load: {error}")),
    }
}

#[test]
fn every_file_loads_or_fails_as_upstream_has_it() {
    let Some(paths) = cases() else { return };
    let surprises: Vec<String> = paths.iter().filter_map(|path| surprise(path)).collect();
    assert!(
        surprises.is_empty(),
        "{} of {}:\n{}",
        surprises.len(),
        paths.len(),
        surprises.join("\n")
    );
    eprintln!("{} files as upstream has them", paths.len());
}

#[test]
fn no_part_of_a_file_panics() {
    /// Characters from one cut to the next: close enough to fall into every kind of token.
    const STEP: usize = 17;
    let Some(paths) = cases() else { return };
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a case");
        for (cut, _) in text.char_indices().step_by(STEP) {
            let _ = config::parse(text.get(..cut).unwrap_or(""), &path, &|_| None);
            let _ = config::parse(text.get(cut..).unwrap_or(""), &path, &|_| None);
        }
    }
}
