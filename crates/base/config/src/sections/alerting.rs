//! `alerting`: which Alertmanagers are told, and how alerts are relabelled before.

use super::discovery::{MECHANISMS, check_static_addresses};
use super::http;
use super::relabel::RULE;
use crate::schema::{Kind, Section, duration, field, tables, text};

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
        ],
        MECHANISMS,
    ],
    &[http::check, check_static_addresses],
);
