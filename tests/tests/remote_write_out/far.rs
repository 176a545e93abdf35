//! Servers that take what Argand sends, on a port and in a folder that outlive them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use argand_tests::{Server, free_port, get, installed, query};

/// Labels of a series, as text; times in milliseconds and values.
pub(crate) type Samples = BTreeMap<String, Vec<(i64, f64)>>;

/// A kind of server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Prometheus,
    Victoria,
}

/// A server that can be killed and comes back as it was.
pub(crate) struct Far {
    pub(crate) server: Server,
    kind: Kind,
    program: PathBuf,
    folder: tempfile::TempDir,
    port: u16,
}

/// The newer Prometheus, where the environment names one.
pub(crate) fn newer() -> Option<PathBuf> {
    let folder = std::env::var_os("ARGAND_PROMETHEUS_NEXT");
    if folder.is_none() {
        eprintln!("skipped: ARGAND_PROMETHEUS_NEXT does not name a folder");
    }
    folder.map(|folder| PathBuf::from(folder).join("prometheus"))
}

impl Far {
    pub(crate) fn prometheus(program: PathBuf) -> Self {
        Self::start(Kind::Prometheus, program)
    }

    pub(crate) fn victoria() -> Option<Self> {
        installed("victoria-metrics").map(|program| Self::start(Kind::Victoria, program))
    }

    fn start(kind: Kind, program: PathBuf) -> Self {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port().unwrap());
        let server = run(kind, &program, folder.path(), port);
        Self {
            server,
            kind,
            program,
            folder,
            port,
        }
    }

    /// Where it takes write requests.
    pub(crate) fn write_url(&self) -> String {
        format!("{}/api/v1/write", self.server.url)
    }

    /// Ends it. Prometheus is killed; VictoriaMetrics, which does not keep what it acknowledged
    /// over that, is asked to end.
    pub(crate) fn end(&mut self) {
        if self.kind == Kind::Victoria {
            self.server.signal("TERM").unwrap();
            self.server.wait().unwrap();
        }
        self.server.kill();
    }

    pub(crate) fn start_again(&mut self) {
        self.server = run(self.kind, &self.program, self.folder.path(), self.port);
    }

    /// The samples of the last minutes up to a moment that a selector finds.
    pub(crate) fn samples(&self, selector: &str, at: f64) -> Samples {
        match self.kind {
            Kind::Prometheus => samples(&self.server.url, selector, at),
            Kind::Victoria => self.exported(selector, at),
        }
    }

    /// What it lacks of samples here, at most a few lines of it; empty where it has the same.
    pub(crate) fn lacks(&self, mut ours: Samples, selector: &str, at: f64) -> Vec<String> {
        if self.kind == Kind::Victoria {
            // It exports markers of ends as numbers, and does not tell them from others.
            for own in ours.values_mut() {
                own.retain(|sample| !sample.1.is_nan());
            }
            ours.retain(|_, own| !own.is_empty());
        }
        differences(&ours, &self.samples(selector, at))
    }

    fn exported(&self, selector: &str, at: f64) -> Samples {
        get(&format!("{}/internal/force_flush", self.server.url)).unwrap();
        let escaped: String = selector.bytes().map(|b| format!("%{b:02X}")).collect();
        let url = format!(
            "{}/api/v1/export?match[]={escaped}&start={:.3}&end={at:.3}&reduce_mem_usage=1",
            self.server.url,
            at - 600.0
        );
        let mut all = Samples::new();
        for line in get(&url).unwrap().text.lines() {
            let line = line.replace("NaN", "null");
            let series: serde_json::Value = serde_json::from_str(&line).unwrap();
            let times = series["timestamps"].as_array().unwrap().iter();
            let values = series["values"].as_array().unwrap().iter();
            let value = |value: &serde_json::Value| match value {
                serde_json::Value::Number(number) => number.as_f64().unwrap(),
                serde_json::Value::String(text) => number(text),
                _ => f64::NAN,
            };
            let own = times.map(|t| t.as_i64().unwrap()).zip(values.map(value));
            all.entry(series["metric"].to_string())
                .or_default()
                .extend(own);
        }
        for own in all.values_mut() {
            own.sort_by_key(|sample| sample.0);
            own.dedup_by_key(|sample| sample.0);
            own.retain(|sample| !sample.1.is_nan());
        }
        all.retain(|_, own| !own.is_empty());
        all
    }
}

fn run(kind: Kind, program: &Path, folder: &Path, port: u16) -> Server {
    let mut command = Command::new(program);
    let data = folder.join("data");
    let ready = match kind {
        Kind::Prometheus => {
            let file = folder.join("far.yml");
            std::fs::write(&file, "scrape_configs: []\n").unwrap();
            command
                .arg(format!("--config.file={}", file.display()))
                .arg(format!("--web.listen-address=127.0.0.1:{port}"))
                .arg(format!("--storage.tsdb.path={}", data.display()))
                .arg("--enable-feature=native-histograms,exemplar-storage")
                .arg("--web.enable-remote-write-receiver");
            "/-/ready"
        }
        Kind::Victoria => {
            command
                .arg(format!("-httpListenAddr=127.0.0.1:{port}"))
                .arg(format!("-storageDataPath={}", data.display()))
                .arg("-retentionPeriod=1d");
            "/health"
        }
    };
    let url = format!("http://127.0.0.1:{port}");
    Server::start(command, url, ready, &folder.join("far.log")).unwrap()
}

fn number(text: &str) -> f64 {
    match text {
        "Infinity" => f64::INFINITY,
        "-Infinity" => f64::NEG_INFINITY,
        text => text.parse().unwrap(),
    }
}

/// The samples of a server of Prometheus' API.
pub(crate) fn samples(server: &str, selector: &str, at: f64) -> Samples {
    let found = query(server, &format!("{selector}[10m] @ {at:.3}")).unwrap();
    let one = |series: &serde_json::Value| {
        let values = series["values"].as_array().map(Vec::as_slice);
        let values = values.unwrap_or_default().iter().map(|pair| {
            let time = (pair[0].as_f64().unwrap() * 1000.0).round() as i64;
            (time, number(pair[1].as_str().unwrap()))
        });
        (series["metric"].to_string(), values.collect())
    };
    found.iter().map(one).collect()
}

/// What two servers differ in, at most a few lines of it; empty where they have the same. Values may
/// differ in their last digits, as VictoriaMetrics keeps them.
pub(crate) fn differences(ours: &Samples, theirs: &Samples) -> Vec<String> {
    let near =
        |a: f64, b: f64| a == b || (a - b).abs() <= a.abs() * 1e-9 || (a.is_nan() && b.is_nan());
    let mut found = Vec::new();
    for (series, own) in ours {
        let Some(far) = theirs.get(series) else {
            found.push(format!("{series}: not there"));
            continue;
        };
        let is_same = own.len() == far.len()
            && own
                .iter()
                .zip(far)
                .all(|(a, b)| a.0 == b.0 && near(a.1, b.1));
        if !is_same {
            let lost: Vec<_> = own
                .iter()
                .filter(|a| !far.iter().any(|b| a.0 == b.0))
                .collect();
            found.push(format!(
                "{series}: {} and {}, lost {lost:?}",
                own.len(),
                far.len()
            ));
        }
    }
    let more = theirs.keys().filter(|series| !ours.contains_key(*series));
    found.extend(more.map(|series| format!("{series}: only there")));
    found.truncate(5);
    found
}
