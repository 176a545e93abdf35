//! Targets named in place, in files, by an HTTP server or by the DNS.

use super::{REFRESH, check_web_url, http};
use crate::error::Fault;
use crate::scalar::is_file_pattern;
use crate::schema::{Kind, Section, duration, field, int, text, texts};
use crate::table::{Table, Value};

/// One group of `static_configs`.
pub(super) static STATIC: Section =
    Section::new(&[&[texts("targets"), field("labels", Kind::Labels)]], &[]);

/// One entry of `file_sd_configs`.
pub(super) static FILE: Section = Section::new(
    &[&[
        field("files", Kind::List(&Kind::File)),
        duration("refresh_interval").or_seconds(300),
    ]],
    &[files],
);

/// What the files' names may end in.
const ENDINGS: [&str; 6] = [".json", ".yml", ".yaml", ".JSON", ".YML", ".YAML"];

fn files(section: &mut Table) -> Result<(), Fault> {
    if section.list("files").is_empty() {
        return Err(section.fault("files", "must name at least one file"));
    }
    for item in section.list("files") {
        let name = item.text();
        if !is_file_pattern(name) || !ENDINGS.iter().any(|ending| name.ends_with(ending)) {
            let mut fault = section.fault(
                "files",
                format!("{name:?} is not valid for file discovery: it must end in .json, .yml or .yaml and may hold a * in its last part only"),
            );
            fault.at = item.at;
            return Err(fault);
        }
    }
    Ok(())
}

/// One entry of `http_sd_configs`.
pub(super) static HTTP: Section = Section::new(
    &[http::FIELDS, &[REFRESH, field("url", Kind::Url).required()]],
    &[http::check, |section| check_web_url(section, "url")],
);

/// One entry of `dns_sd_configs`.
pub(super) static DNS: Section = Section::new(
    &[&[
        texts("names"),
        duration("refresh_interval").or_seconds(30),
        text("type").or_text("SRV"),
        int("port").shown(),
    ]],
    &[records],
);

/// Types of records that give addresses.
const RECORD_TYPES: [&str; 5] = ["SRV", "A", "AAAA", "MX", "NS"];

fn records(section: &mut Table) -> Result<(), Fault> {
    if section.list("names").is_empty() {
        return Err(section.fault("names", "must name at least one record"));
    }
    let kind = section.text("type").to_ascii_uppercase();
    if !RECORD_TYPES.contains(&kind.as_str()) {
        return Err(section.fault(
            "type",
            format!(
                "expected one of {}, found {kind:?}",
                RECORD_TYPES.join(", ")
            ),
        ));
    }
    if kind != "SRV" && section.int("port") == 0 {
        return Err(section.fault("port", format!("records of type {kind} need a port")));
    }
    section.set("type", Value::Text(kind));
    Ok(())
}
