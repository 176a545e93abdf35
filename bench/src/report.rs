//! The report: one table over all measurements, Argand's ratio to each peer beside the figures.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::servers::{Kind, Program};

/// One figure of every server.
pub(crate) struct Row {
    /// The measurement it belongs to.
    pub(crate) measurement: &'static str,
    /// What it is, with its unit.
    pub(crate) figure: String,
    /// The servers' values, as far as they were measured.
    pub(crate) values: Vec<(Kind, f64)>,
}

impl Row {
    fn of(&self, kind: Kind) -> Option<f64> {
        let mut values = self.values.iter();
        values.find(|(of, _)| *of == kind).map(|(_, value)| *value)
    }

    /// Argand's value in parts of a peer's.
    fn ratio(&self, peer: Kind) -> Option<f64> {
        let ratio = self.of(Kind::Argand)? / self.of(peer)?;
        ratio.is_finite().then_some(ratio)
    }
}

/// All that a run found.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) rows: Vec<Row>,
    /// What a reader must know to read the rows.
    pub(crate) notes: Vec<String>,
}

impl Report {
    /// Adds a figure of each of some servers.
    pub(crate) fn row(
        &mut self,
        measurement: &'static str,
        figure: impl Into<String>,
        values: impl IntoIterator<Item = (Kind, Option<f64>)>,
    ) {
        let values = values.into_iter();
        let values = values.filter_map(|(kind, value)| Some((kind, value?)));
        self.rows.push(Row {
            measurement,
            figure: figure.into(),
            values: values.collect(),
        });
    }

    /// Adds what a reader must know; once is enough.
    pub(crate) fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Prints the table and writes the file that was asked for.
    pub(crate) fn finish(&self, programs: &[Program], out: Option<&Path>) -> Result<()> {
        println!("{}", self.markdown(programs));
        if let Some(out) = out {
            let text = serde_json::to_string_pretty(&self.json(programs))?;
            std::fs::write(out, text).with_context(|| format!("writing {}", out.display()))?;
        }
        Ok(())
    }

    fn markdown(&self, programs: &[Program]) -> String {
        let mut lines = vec![format!("Machine: {}", machine()), String::new()];
        let servers = programs.iter().map(|p| format!("{} {}", p.kind, p.version));
        let servers: Vec<String> = servers.collect();
        let peers: Vec<Kind> = programs
            .iter()
            .map(|program| program.kind)
            .filter(|kind| *kind != Kind::Argand)
            .collect();
        let ratios: Vec<String> = peers
            .iter()
            .map(|peer| format!("argand / {peer}"))
            .collect();
        let titles = [
            vec!["measurement".to_owned(), "figure".to_owned()],
            servers,
            ratios,
        ]
        .concat();
        lines.push(format!("| {} |", titles.join(" | ")));
        lines.push(format!("|---|---|{}", "---:|".repeat(titles.len() - 2)));
        for row in &self.rows {
            let mut cells = vec![row.measurement.to_owned(), row.figure.clone()];
            cells.extend(programs.iter().map(|p| cell(row.of(p.kind))));
            cells.extend(peers.iter().map(|peer| cell(row.ratio(*peer))));
            lines.push(format!("| {} |", cells.join(" | ")));
        }
        lines.push(String::new());
        lines.extend(self.notes.iter().map(|note| format!("- {note}")));
        lines.join("\n")
    }

    fn json(&self, programs: &[Program]) -> Value {
        let versions = programs.iter();
        let versions = versions.map(|p| (p.kind.to_string(), json!(p.version)));
        let rows = self.rows.iter().map(|row| {
            let values = row.values.iter();
            let values = values.map(|(kind, value)| (kind.to_string(), json!(value)));
            let ratios = [Kind::Prometheus, Kind::VictoriaMetrics].into_iter();
            let ratios =
                ratios.filter_map(|peer| Some((peer.to_string(), json!(row.ratio(peer)?))));
            json!({
                "measurement": row.measurement,
                "figure": row.figure,
                "values": values.collect::<serde_json::Map<_, _>>(),
                "ratios": ratios.collect::<serde_json::Map<_, _>>(),
            })
        });
        json!({
            "machine": machine(),
            "versions": versions.collect::<serde_json::Map<_, _>>(),
            "rows": rows.collect::<Vec<_>>(),
            "notes": self.notes,
        })
    }
}

/// Processors, memory and kernel of this machine.
fn machine() -> String {
    let read = |file| std::fs::read_to_string(file).unwrap_or_default();
    let after = |text: &str, key: &str| {
        let line = text.lines().find(|line| line.starts_with(key));
        let value = line.and_then(|line| line.split_once(':'));
        value.map(|(_, value)| value.trim().to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let model = after(&read("/proc/cpuinfo"), "model name");
    let memory = after(&read("/proc/meminfo"), "MemTotal");
    format!(
        "{cores} x {}, {} of memory, Linux {}",
        model.unwrap_or_else(|| "unknown processor".to_owned()),
        memory.unwrap_or_else(|| "unknown size".to_owned()),
        read("/proc/sys/kernel/osrelease").trim()
    )
}

fn cell(value: Option<f64>) -> String {
    match value {
        None => "–".to_owned(),
        Some(0.0) => "0".to_owned(),
        Some(value) if value.abs() >= 100.0 => format!("{value:.0}"),
        Some(value) if value.abs() >= 10.0 => format!("{value:.1}"),
        Some(value) => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_was_not_measured_has_neither_figure_nor_ratio() {
        let programs =
            [Kind::Argand, Kind::Prometheus, Kind::VictoriaMetrics].map(|kind| Program {
                kind,
                path: "x".into(),
                version: "1".to_owned(),
            });
        let mut report = Report::default();
        report.row(
            "scrape",
            "CPU",
            [
                (Kind::Argand, Some(1.5)),
                (Kind::Prometheus, Some(6.0)),
                (Kind::VictoriaMetrics, None),
            ],
        );
        let text = report.markdown(&programs);
        assert!(
            text.contains("| scrape | CPU | 1.500 | 6.000 | – | 0.250 | – |"),
            "{text}"
        );
        let row = &report.json(&programs)["rows"][0];
        assert_eq!(row["ratios"], json!({"prometheus": 0.25}));
    }
}
