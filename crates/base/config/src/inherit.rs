//! What `global` holds where it says nothing, and what a scrape section takes over from it.

use crate::error::Fault;
use crate::sections::relabel::check_names;
use crate::sections::scrape::{LIMITS, SWITCHES};
use crate::table::{Item, Table, Value};

/// Milliseconds between scrapes and between evaluations.
const INTERVAL: i64 = 60_000;
/// Milliseconds that a scrape may take; less where the interval is shorter.
const TIMEOUT: i64 = 10_000;

const PROTOCOLS: [&str; 4] = [
    "OpenMetricsText1.0.0",
    "OpenMetricsText0.0.1",
    "PrometheusText1.0.0",
    "PrometheusText0.0.4",
];
const PROTOBUF: &str = "PrometheusProto";

fn set_text(table: &mut Table, key: &str, text: &str) {
    table.set(key, Value::Text(text.to_owned()));
}

/// The protocols asked for where none are named: protobuf first where native histograms are
/// wanted, as only it carries them.
fn preferred_protocols(section: &Table) -> Value {
    let protobuf = section.bool("scrape_native_histograms").then_some(PROTOBUF);
    let names = protobuf.into_iter().chain(PROTOCOLS);
    Value::List(
        names
            .map(|name| Item {
                at: section.at,
                value: Value::Text(name.to_owned()),
            })
            .collect(),
    )
}

/// Sets interval and timeout where they are 0, and refuses a timeout above the interval.
fn complete_times(section: &mut Table, interval: i64, timeout: i64) -> Result<(), Fault> {
    if !section.has("scrape_interval") {
        section.set("scrape_interval", Value::Millis(interval));
    }
    let interval = section.int("scrape_interval");
    if section.int("scrape_timeout") > interval {
        let interval = model::duration::format(interval);
        return Err(section.fault(
            "scrape_timeout",
            format!("scrape timeout is greater than the scrape interval ({interval})"),
        ));
    }
    if !section.has("scrape_timeout") {
        section.set("scrape_timeout", Value::Millis(timeout.min(interval)));
    }
    Ok(())
}

/// The escaping that a section gets where nobody names one.
fn natural_escaping(validation: &str) -> &'static str {
    if validation == "legacy" {
        "underscores"
    } else {
        "allow-utf-8"
    }
}

fn refuse_utf8_escaping(section: &Table) -> Result<(), Fault> {
    let legacy = section.text("metric_name_validation_scheme") == "legacy";
    if legacy && section.text("metric_name_escaping_scheme") == "allow-utf-8" {
        return Err(section.fault(
            "metric_name_escaping_scheme",
            "allow-utf-8 asks for UTF-8 names, which metric_name_validation_scheme legacy refuses",
        ));
    }
    Ok(())
}

/// What the file says about the whole, completed; and whether it named protocols and an escaping
/// itself, which sections then take over as they are.
pub(crate) struct Global {
    pub table: Table,
    names_protocols: bool,
    names_escaping: bool,
}

/// Fills in whatever `global` leaves open.
pub(crate) fn complete_global(mut table: Table) -> Result<Global, Fault> {
    complete_times(&mut table, INTERVAL, TIMEOUT)?;
    if !table.has("evaluation_interval") {
        table.set("evaluation_interval", Value::Millis(INTERVAL));
    }
    for switch in SWITCHES {
        if table.flag(switch.key).is_none() {
            table.set(switch.key, Value::Bool(false));
        }
    }
    let names_protocols = table.has("scrape_protocols");
    if !names_protocols {
        let protocols = preferred_protocols(&table);
        table.set("scrape_protocols", protocols);
    }
    if !table.has("metric_name_validation_scheme") {
        set_text(&mut table, "metric_name_validation_scheme", "utf8");
    }
    let names_escaping = table.has("metric_name_escaping_scheme");
    if !names_escaping {
        let escaping = natural_escaping(table.text("metric_name_validation_scheme"));
        set_text(&mut table, "metric_name_escaping_scheme", escaping);
    }
    refuse_utf8_escaping(&table)?;
    if table.text("metric_name_validation_scheme") == "legacy" {
        for (name, item) in table.map("external_labels") {
            if !model::name::is_legacy_label(name) {
                let mut fault = table.fault(
                    "external_labels",
                    format!("{name:?} is not a valid label name under the legacy scheme"),
                );
                fault.at = item.at;
                return Err(fault);
            }
        }
    }
    Ok(Global {
        table,
        names_protocols,
        names_escaping,
    })
}

/// Fills in whatever a scrape section leaves open, and checks what depends on `global`.
pub(crate) fn complete_scrape(section: &mut Table, global: &Global) -> Result<(), Fault> {
    let all = &global.table;
    complete_times(
        section,
        all.int("scrape_interval"),
        all.int("scrape_timeout"),
    )?;
    for limit in LIMITS
        .iter()
        .map(|limit| limit.key)
        .chain(["scrape_failure_log_file", "metric_name_validation_scheme"])
    {
        if !section.has(limit) {
            section.set(limit, all.slot(limit).value.clone());
        }
    }
    for switch in SWITCHES {
        if section.flag(switch.key).is_none() {
            section.set(switch.key, all.slot(switch.key).value.clone());
        }
    }
    if !section.has("scrape_protocols") {
        let protocols = if global.names_protocols {
            all.slot("scrape_protocols").value.clone()
        } else {
            preferred_protocols(section)
        };
        section.set("scrape_protocols", protocols);
    }
    for (key, preset) in [("metrics_path", "/metrics"), ("scheme", "http")] {
        if !section.has(key) {
            set_text(section, key, preset);
        }
    }
    if !section.has("metric_name_escaping_scheme") {
        let escaping = if global.names_escaping {
            all.text("metric_name_escaping_scheme").to_owned()
        } else {
            natural_escaping(section.text("metric_name_validation_scheme")).to_owned()
        };
        set_text(section, "metric_name_escaping_scheme", &escaping);
    }
    refuse_utf8_escaping(section)?;
    let legacy = section.text("metric_name_validation_scheme") == "legacy";
    check_names(section.list("relabel_configs"), legacy)?;
    check_names(section.list("metric_relabel_configs"), legacy)
}
