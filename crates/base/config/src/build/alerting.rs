//! `alerting`.

use super::discovery::discovery;
use super::http::http;
use super::scrape::rules;
use crate::error::Fault;
use crate::table::Table;
use crate::{AlertingConfig, AlertmanagerConfig, SigV4};

/// The section, where there is one.
pub(super) fn alerting(
    section: Option<&Table>,
    legacy_names: bool,
) -> Result<AlertingConfig, Fault> {
    let Some(section) = section else {
        return Ok(AlertingConfig::default());
    };
    let managers = section.tables("alertmanagers");
    Ok(AlertingConfig {
        alert_relabel: rules(section, "alert_relabel_configs", legacy_names)?,
        alertmanagers: managers
            .map(|manager| alertmanager(manager, legacy_names))
            .collect::<Result<_, Fault>>()?,
    })
}

fn alertmanager(section: &Table, legacy_names: bool) -> Result<AlertmanagerConfig, Fault> {
    Ok(AlertmanagerConfig {
        scheme: section.text("scheme").to_owned(),
        path_prefix: section.text("path_prefix").to_owned(),
        timeout: section.duration("timeout"),
        http: http(section)?,
        sigv4: section.table("sigv4").map(SigV4::of),
        discovery: discovery(section)?,
        relabel: rules(section, "relabel_configs", legacy_names)?,
        alert_relabel: rules(section, "alert_relabel_configs", legacy_names)?,
    })
}
