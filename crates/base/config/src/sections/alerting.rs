//! `alerting`: which Alertmanagers are told, and how alerts are relabelled before.

use super::discovery::{MECHANISMS, check_static_addresses};
use super::http;
use super::relabel::RULE;
use super::remote::SIGV4;
use crate::error::Fault;
use crate::schema::{Kind, Section, duration, field, table, tables, text};
use crate::table::Table;

/// `alerting`.
pub(crate) static ALERTING: Section = Section::new(
    &[&[
        tables("alert_relabel_configs", &RULE),
        tables("alertmanagers", &ALERTMANAGER),
    ]],
    &[],
);

static ALERTMANAGER: Section = Section::new(
    &[
        http::FIELDS,
        &[
            field("scheme", Kind::Choice(&["http", "https"])).or_text("http"),
            text("path_prefix"),
            duration("timeout").or_seconds(10),
            field("api_version", Kind::Choice(&["v2"])).or_text("v2"),
            tables("relabel_configs", &RULE),
            tables("alert_relabel_configs", &RULE),
            table("sigv4", &SIGV4),
        ],
        MECHANISMS,
    ],
    &[http::check, one_login, check_static_addresses],
);

fn one_login(section: &mut Table) -> Result<(), Fault> {
    let ways = ["basic_auth", "authorization", "oauth2", "sigv4"];
    let given = ways.iter().filter(|way| section.holds(way)).count();
    if given > 1 {
        let message = format!("at most one of {} may be given", ways.join(", "));
        return Err(section.fault("sigv4", message));
    }
    Ok(())
}
