//! One program for all fuzz targets, so that it is linked once: `ARGAND_FUZZ_TARGET` names the
//! target, and `ARGAND_FUZZ_SEEDS` a folder for beginnings instead. Each target takes any bytes and must neither panic nor take memory out of proportion.
#![no_main]

mod evaluate;
mod pushed;
mod seeds;
mod statsd_lines;
mod templates;

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use metrics_store::fuzzing;
use wire::exposition::{Format, Histograms, Parser};

type Target = fn(&[u8]);

/// The targets that are not those of the store.
const OTHERS: [(&str, Target); 16] = [
    ("alert_log", routing::fuzzing::record),
    ("alertmanager_files", |bytes| {
        let _ = wire::alertmanager::silences(bytes);
        let _ = wire::alertmanager::notifications(bytes);
    }),
    ("dashboards", |bytes| {
        let _ = dashboards::read(bytes);
    }),
    ("exposition_text", |bytes| {
        exposition(bytes, Format::Text100)
    }),
    ("exposition_openmetrics", |bytes| {
        exposition(bytes, Format::OpenMetrics100)
    }),
    ("exposition_protobuf", |bytes| {
        exposition(bytes, Format::Protobuf)
    }),
    ("promql", query),
    ("promql_answers", evaluate::run),
    ("remote_write_1", pushed::remote_write_1),
    ("remote_write_2", pushed::remote_write_2),
    ("otlp_protobuf", pushed::otlp_protobuf),
    ("otlp_json", pushed::otlp_json),
    ("pushed_bodies", pushed::bodies),
    ("statsd", statsd_lines::lines),
    ("template_notification", templates::notification),
    ("template_rule", templates::rule),
];

fn exposition(bytes: &[u8], format: Format) {
    for histograms in [Histograms::Classic, Histograms::Native] {
        let mut parser = Parser::with_histograms(bytes, format, histograms);
        while let Some(Ok(_)) = parser.next() {}
    }
}

fn query(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = promql::parse(text);
    }
}

fn target() -> Target {
    static CHOSEN: OnceLock<Target> = OnceLock::new();
    *CHOSEN.get_or_init(|| {
        if let Some(folder) = std::env::var_os("ARGAND_FUZZ_SEEDS") {
            seeds::write(std::path::Path::new(&folder));
            return (|_| ()) as Target;
        }
        let name = std::env::var("ARGAND_FUZZ_TARGET").unwrap_or_default();
        let mut all = fuzzing::TARGETS
            .iter()
            .chain(&cluster::fuzzing::TARGETS)
            .chain(&OTHERS);
        match all.find(|(known, _)| *known == name) {
            Some((_, target)) => *target,
            None => panic!("ARGAND_FUZZ_TARGET={name:?} names no target"),
        }
    })
}

fuzz_target!(|bytes: &[u8]| target()(bytes));
