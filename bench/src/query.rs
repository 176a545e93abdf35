//! `query`: the same queries on the same samples, one server after another in turn.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use clap::Args;
use serde_json::Value;

use crate::dataset::{Dataset, Size};
use crate::queries::{Ask, QUERIES, Query};
use crate::report::Report;
use crate::servers::{Kind, Program, Server};
use crate::watch;

/// Queries.
#[derive(Args, Clone)]
pub(crate) struct QueryOptions {
    #[command(flatten)]
    size: Size,
    /// Folder of the data: made there where it is not, and kept. Without it the data is made anew.
    #[arg(long)]
    data: Option<PathBuf>,
    /// How often each server is asked each query.
    #[arg(long, default_value_t = 5)]
    repeat: usize,
    /// How often a server is asked a query in a row, of which the mean counts: more than once, as a
    /// server is that answers many, rather than as one that somebody wakes.
    #[arg(long, default_value_t = 1)]
    in_a_row: u32,
    /// Only queries whose name holds this.
    #[arg(long)]
    only: Option<String>,
}

/// What one server took for one query.
struct Taken {
    kind: Kind,
    cpu: Vec<f64>,
    wall: Vec<f64>,
    /// Most resident bytes during the query, and how much more that is than before it.
    peak: f64,
    grown: f64,
    /// Results and values in the answer.
    answer: Option<(usize, usize)>,
}

impl QueryOptions {
    /// Runs the measurement.
    pub(crate) fn run(&self, programs: &[Program], report: &mut Report) -> Result<()> {
        let made;
        let folder = match &self.data {
            Some(folder) => folder.as_path(),
            None => {
                made = tempfile::tempdir()?;
                made.path()
            }
        };
        let data = Dataset::open_or_make(folder, &self.size, programs)?;
        let servers = programs.iter().map(|program| data.serve(program));
        let servers: Vec<Server> = servers.collect::<Result<_>>()?;
        report.note(format!(
            "query: {} samples, {} series; each query {} times to one server after another, {} in a row, \
             medians; CPU of all threads of the server, those that ended included; wall time until the whole answer is here",
            data.samples, data.series, self.repeat, self.in_a_row
        ));
        let mut all = Vec::new();
        for query in &QUERIES {
            let only = self.only.as_deref().unwrap_or_default();
            if query.name.contains(only) {
                all.push((query.name, self.ask_all(&servers, query, data.end, report)));
            }
        }
        for (name, taken) in &all {
            let medians = |of: fn(&Taken) -> &Vec<f64>| {
                let values = taken.iter();
                values.map(move |one| (one.kind, watch::median(of(one))))
            };
            report.row("query", format!("{name}: CPU ms"), medians(|one| &one.cpu));
            report.row(
                "query",
                format!("{name}: wall ms"),
                medians(|one| &one.wall),
            );
        }
        memory(report, programs, &all);
        Ok(())
    }

    /// Asks A, B, C, A, B, C, …
    fn ask_all(
        &self,
        servers: &[Server],
        query: &Query,
        end: f64,
        report: &mut Report,
    ) -> Vec<Taken> {
        eprintln!("{}", query.name);
        let mut all: Vec<Taken> = Vec::new();
        for round in 0..self.repeat.max(1) {
            for server in servers {
                let one = match ask(server, query, end, self.in_a_row.max(1)) {
                    Ok(one) => one,
                    Err(error) => {
                        if round == 0 {
                            report.note(format!("query: {}: {error:#}", query.name));
                        }
                        continue;
                    }
                };
                match all.iter_mut().find(|taken| taken.kind == server.kind) {
                    Some(taken) => {
                        taken.cpu.extend(one.cpu);
                        taken.wall.extend(one.wall);
                        taken.peak = taken.peak.max(one.peak);
                        taken.grown = taken.grown.max(one.grown);
                    }
                    None => all.push(one),
                }
            }
        }
        let answers: Vec<_> = all
            .iter()
            .filter_map(|one| Some((one.kind, one.answer?)))
            .collect();
        if answers
            .windows(2)
            .any(|pair| matches!(pair, [(_, a), (_, b)] if a != b))
        {
            let said = answers.iter();
            let said = said.map(|(kind, (results, values))| {
                format!("{kind} {results} results with {values} values")
            });
            let said = said.collect::<Vec<_>>().join(", ");
            report.note(format!("query: {}: answers differ: {said}", query.name));
        }
        all
    }
}

/// Asks so many times in a row; what it took is the mean.
fn ask(server: &Server, query: &Query, end: f64, times: u32) -> Result<Taken> {
    let (path, parameters) = parameters(&query.ask, end);
    watch::forget_peak(server.id())?;
    let resident = server.usage()?.resident as f64;
    let before = watch::cpu_milliseconds(server.id())?;
    let began = Instant::now();
    let text = server.get(path, &parameters)?;
    for _ in 1..times {
        server.get(path, &parameters)?;
    }
    let times = f64::from(times);
    let wall = began.elapsed().as_secs_f64() * 1e3 / times;
    let after = watch::cpu_milliseconds(server.id())?;
    let peak = server.usage()?.peak as f64;
    Ok(Taken {
        kind: server.kind,
        cpu: vec![(after - before) / times],
        wall: vec![wall],
        peak,
        grown: (peak - resident).max(0.0),
        answer: size(&text),
    })
}

fn parameters(ask: &Ask, end: f64) -> (&'static str, Vec<(&'static str, String)>) {
    // VictoriaMetrics would answer from its cache; the others do not know it.
    let nocache = ("nocache", "1".to_owned());
    let stretch = |hours: f64| {
        [
            ("start", format!("{:.3}", end - hours * 3600.0)),
            ("end", format!("{end:.3}")),
        ]
    };
    match ask {
        Ask::Range(query, hours, step) => {
            let mut all = vec![
                ("query", (*query).to_owned()),
                ("step", step.to_string()),
                nocache,
            ];
            all.extend(stretch(*hours));
            ("/api/v1/query_range", all)
        }
        Ask::Instant(query) => {
            let query = ("query", (*query).to_owned());
            let time = ("time", format!("{end:.3}"));
            ("/api/v1/query", vec![query, time, nocache])
        }
        Ask::Path(path, hours, further) => {
            let mut all = vec![nocache];
            all.extend(stretch(*hours));
            all.extend(
                further
                    .iter()
                    .map(|(name, value)| (*name, (*value).to_owned())),
            );
            (path, all)
        }
    }
}

/// How many results and values an answer holds.
fn size(text: &str) -> Option<(usize, usize)> {
    let answer: Value = serde_json::from_str(text).ok()?;
    let data = answer.get("data")?;
    let list = data.get("result").unwrap_or(data).as_array()?;
    let values = list.iter().map(|one| {
        let values = one.get("values").and_then(Value::as_array);
        values.map_or(1, Vec::len)
    });
    Some((list.len(), values.sum()))
}

/// The query that needed the most memory, by server.
fn memory(report: &mut Report, programs: &[Program], all: &[(&str, Vec<Taken>)]) {
    let mut peaks = Vec::new();
    let mut growths = Vec::new();
    for program in programs {
        let own = all.iter().flat_map(|(name, taken)| {
            let own = taken.iter().filter(|one| one.kind == program.kind);
            own.map(move |one| (*name, one))
        });
        let largest = own.max_by(|a, b| a.1.grown.total_cmp(&b.1.grown));
        if let Some((name, largest)) = largest {
            report.note(format!("query: {} grew most by: {name}", program.kind));
            peaks.push((program.kind, Some(largest.peak / 1e6)));
            growths.push((program.kind, Some(largest.grown / 1e6)));
        }
    }
    report.row(
        "query",
        "resident at the peak of the largest query, MB",
        peaks,
    );
    report.row("query", "of it more than before the query, MB", growths);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_and_values_are_counted_in_every_form_of_answer() {
        for (text, expected) in [
            (r#"{"data":{"result":[{"value":[1,"2"]}]}}"#, Some((1, 1))),
            (
                r#"{"data":{"result":[{"values":[[1,"2"],[2,"2"]]},{"values":[[1,"2"]]}]}}"#,
                Some((2, 3)),
            ),
            (r#"{"data":["a","b"]}"#, Some((2, 2))),
            (r#"{"error":"no"}"#, None),
        ] {
            assert_eq!(size(text), expected, "{text}");
        }
    }
}
