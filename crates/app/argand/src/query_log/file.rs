//! The query log: one JSON object a line for each query, where `query_log_file` names a file.
//!
//! The fields are upstream's; the moment stands under `time`, as today's version has it, and under
//! `ts`, as earlier ones did. The file is opened again with each reload, so that it can be moved
//! away before.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::Mutex;

use contract::{Clock, Gather, SystemClock};
use model::Family;
use model::instrument::Counter;
use promql::{QueryObserver, QueryRecord};
use serde_json::Value;

use super::record;

/// What stands for a trace where there is none.
const NO_SPAN: &str = "0000000000000000";
const NO_TRACE: &str = "00000000000000000000000000000000";

/// The query log, which may be switched off.
#[derive(Default)]
pub(crate) struct QueryLog {
    file: Mutex<Option<File>>,
    failures: Counter,
}

impl QueryLog {
    /// Logs to a file from now on, or not at all. Where the file cannot be opened, what was goes
    /// on.
    pub(crate) fn write_to(&self, path: Option<&Path>) -> std::io::Result<()> {
        let open = |path| OpenOptions::new().create(true).append(true).open(path);
        let file = path.map(open).transpose()?;
        *self.locked() = file;
        Ok(())
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Option<File>> {
        // A file is whole whoever held the lock.
        self.file
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn line(query: &QueryRecord<'_>) -> String {
    let now = record::moment(SystemClock.now());
    let mut fields = record::fields(query);
    for (name, value) in [
        ("time", now.as_str()),
        ("ts", &now),
        ("level", "INFO"),
        ("msg", "promql query logged"),
        ("spanID", NO_SPAN),
        ("traceID", NO_TRACE),
    ] {
        fields.insert(name.to_owned(), Value::String(value.to_owned()));
    }
    format!("{}\n", Value::Object(fields))
}

impl QueryObserver for QueryLog {
    fn began(&self, _: usize, _: &str) {}

    fn left(&self, _: usize) {}

    fn ended(&self, query: &QueryRecord<'_>) {
        if self.locked().is_none() {
            return;
        }
        let line = line(query);
        if let Some(file) = self.locked().as_mut()
            && let Err(error) = file.write_all(line.as_bytes())
        {
            self.failures.inc();
            tracing::error!(%error, "a query cannot be logged");
        }
    }
}

impl Gather for QueryLog {
    fn gather(&self, families: &mut Vec<Family>) {
        families.push(Family::gauge(
            "prometheus_engine_query_log_enabled",
            "State of the query log.",
            f64::from(u8::from(self.locked().is_some())),
        ));
        families.push(Family::counter(
            "prometheus_engine_query_log_failures_total",
            "The number of query log failures.",
            self.failures.get() as f64,
        ));
    }
}

#[cfg(test)]
mod tests {
    use promql::{Origin, Stats};

    use super::*;

    #[test]
    fn lines_go_to_the_file_that_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        let stats = Stats::default();
        let record = QueryRecord {
            query: "up",
            start: 0,
            end: 0,
            interval: 0,
            origin: &Origin::Internal,
            error: None,
            stats: &stats,
        };
        let log = QueryLog::default();
        log.ended(&record);
        log.write_to(Some(&one)).unwrap();
        log.ended(&record);
        log.ended(&record);
        assert!(log.write_to(Some(folder.path())).is_err(), "a folder");
        log.ended(&record);
        log.write_to(Some(&other)).unwrap();
        log.ended(&record);
        log.write_to(None).unwrap();
        log.ended(&record);
        let lines = |path: &Path| -> Vec<Value> {
            let text = std::fs::read_to_string(path).unwrap();
            let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
            lines.collect()
        };
        assert_eq!((lines(&one).len(), lines(&other).len()), (3, 1));
        let line = &lines(&one)[0];
        assert_eq!(line["params"]["query"], "up");
        assert_eq!(line["ts"], line["time"]);
        assert_eq!(line["msg"], "promql query logged");
    }
}
