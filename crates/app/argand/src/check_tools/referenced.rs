//! What a configuration names: rule files, target files, files of secrets and certificates, and the
//! targets that stand in them.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use config::{
    Config, DiscoveryConfig, FileDiscovery, HttpConfig, ScrapeConfig, SecretSource, StaticGroup,
};
use contract::TargetGroup;
use model::Labels;
use model::name::quoted;

/// The rule files, by pattern. A pattern without files is none; a file that is named is there.
pub(super) fn rule_files(config: &Config) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for pattern in &config.rule_files {
        let found = matching(pattern)?;
        if found.is_empty() && !pattern.to_string_lossy().contains('*') {
            bail!("{} does not point to an existing file", shown(pattern));
        }
        files.extend(found);
    }
    Ok(files)
}

/// Looks at all other files and at the targets; warns of target files that are not there.
pub(super) fn check(config: &Config, out: &mut impl Write) -> Result<()> {
    for job in &config.scrape_configs {
        files_of(&job.http)?;
        for discovery in &job.discovery {
            match discovery {
                DiscoveryConfig::File(files) => {
                    let whose = format!("scrape job {}", quoted(&job.job_name));
                    for group in target_files(files, &whose, out)? {
                        targets(job, &group.labels, group.targets.iter())?;
                    }
                }
                DiscoveryConfig::Static(groups) => fixed_targets(job, groups)?,
                _ => {}
            }
        }
    }
    for alertmanager in &config.alerting.alertmanagers {
        for discovery in &alertmanager.discovery {
            if let DiscoveryConfig::File(files) = discovery {
                target_files(files, "alertmanager config", out)?;
            }
        }
    }
    Ok(())
}

/// The files of tokens and certificates that clients prove with who they are.
fn files_of(http: &HttpConfig) -> Result<()> {
    let token = http
        .authorization
        .as_ref()
        .and_then(|auth| auth.credentials.as_ref());
    exists(token, "authorization credentials or bearer token file")?;
    exists(http.tls.cert.as_ref(), "client cert file")?;
    exists(http.tls.key.as_ref(), "client key file")
}

fn exists(source: Option<&SecretSource>, what: &str) -> Result<()> {
    let Some(SecretSource::File(path)) = source else {
        return Ok(());
    };
    let Err(error) = std::fs::metadata(path) else {
        return Ok(());
    };
    let reason = match error.kind() {
        ErrorKind::NotFound => "no such file or directory".to_owned(),
        _ => error.to_string(),
    };
    bail!(
        "error checking {what} {}: stat {}: {reason}",
        shown(path),
        path.display()
    )
}

/// The groups of the target files of a section.
fn target_files(
    discovery: &FileDiscovery,
    whose: &str,
    out: &mut impl Write,
) -> Result<Vec<Arc<TargetGroup>>> {
    let mut groups = Vec::new();
    for pattern in &discovery.files {
        let found = matching(pattern)?;
        if found.is_empty() {
            let pattern = shown(pattern);
            writeln!(
                out,
                "  WARNING: file {pattern} for file_sd in {whose} does not exist"
            )?;
        }
        for file in found {
            let read = discovery::read_targets(&file);
            groups.extend(read.with_context(|| format!("checking SD file {}", shown(pattern)))?);
        }
    }
    Ok(groups)
}

fn fixed_targets(job: &ScrapeConfig, groups: &[StaticGroup]) -> Result<()> {
    for group in groups {
        let own = |address: &String| Labels::from_pairs([("__address__", address)]);
        let own: Vec<Labels> = group.targets.iter().map(own).collect();
        targets(job, &group.labels, own.iter())?;
    }
    Ok(())
}

/// The first target that is not fit to be scraped is an error.
fn targets<'a>(
    job: &ScrapeConfig,
    shared: &Labels,
    own: impl Iterator<Item = &'a Labels>,
) -> Result<()> {
    for (place, own) in own.enumerate() {
        if let Err(reason) = scrape::resolve(job, shared, own).labels {
            bail!("instance {place} in group: {reason}");
        }
    }
    Ok(())
}

fn matching(pattern: &Path) -> Result<Vec<PathBuf>> {
    let text = pattern.to_string_lossy();
    let found = glob::glob(&text).with_context(|| shown(pattern))?;
    let found: Result<Vec<PathBuf>, _> = found.collect();
    found.with_context(|| shown(pattern))
}

fn shown(path: &Path) -> String {
    quoted(&path.to_string_lossy())
}
