//! `mixed`: a small query beside heavy ones, while scrapes come in.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::runtime::Runtime;

use crate::Load;
use crate::hold::{self, Plan, now};
use crate::report::Report;
use crate::servers::{Kind, Program, Server};
use crate::targets::{self, Targets};
use crate::watch::{self, Tracer};

/// A small query beside heavy ones.
#[derive(Args, Clone)]
pub(crate) struct Mixed {
    /// How many targets, each on a loopback address of its own.
    #[arg(long, default_value_t = 870)]
    targets: usize,
    /// Series each target exposes.
    #[arg(long, default_value_t = 577)]
    series: usize,
    /// Port of all targets.
    #[arg(long, default_value_t = 22_900)]
    port: u16,
    /// Seconds between two scrapes of a target: with the defaults, 100,000 samples a second.
    #[arg(long, default_value_t = 5)]
    interval: u64,
    /// Minutes of samples that are there before anything is asked.
    #[arg(long, default_value_t = 3.0)]
    minutes: f64,
    /// How often the small query is asked alone.
    #[arg(long, default_value_t = 500)]
    asks: usize,
    /// Clients that ask heavy queries without pause.
    #[arg(long, default_value_t = 100)]
    clients: usize,
    /// Seconds they do.
    #[arg(long, default_value_t = 90)]
    seconds: u64,
    /// Megabytes that all queries of Argand may hold together.
    #[arg(long, default_value_t = 1_000)]
    query_memory: u64,
    /// Measures the peers too, one after another.
    #[arg(long)]
    peers: bool,
}

/// Where the small query comes from; the heavy ones come from 127.0.0.1.
const SMALL_FROM: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// Between two small queries, alone and beside others alike.
const PAUSE: Duration = Duration::from_millis(20);
/// From the start of the heavy queries until the small one is measured: all of them run or wait.
const ALL_ASK: Duration = Duration::from_secs(3);
/// What a client does that was refused, before it asks again.
const REFUSED: Duration = Duration::from_millis(100);

/// Queries over all targets; `true` of a range from the first sample to now.
const HEAVY: [(&str, bool); 6] = [
    ("sum by (mode) (rate(node_cpu_seconds_total[1m]))", true),
    (
        "histogram_quantile(0.99, sum by (le) (rate(api_request_duration_seconds_bucket[1m])))",
        true,
    ),
    ("topk(10, rate(node_network_receive_bytes_total[1m]))", true),
    ("count by (__name__) ({__name__=~\"node_.*_total\"})", false),
    (
        "sum by (instance) (rate(api_request_duration_seconds_bucket{le=~\"0.0.*|[1-9].*\"}[1m]))",
        true,
    ),
    (
        "quantile by (mode) (0.9, rate(node_cpu_seconds_total{mode=~\"user|sys.*\"}[1m]))",
        true,
    ),
];

/// What one server did.
struct Measured {
    kind: Kind,
    alone: Latencies,
    beside: Latencies,
    answered: f64,
    /// Milliseconds of CPU of the server while heavy queries were asked.
    cpu: f64,
    refused: f64,
    failed: f64,
    missed: f64,
    samples_a_second: f64,
    /// Resident bytes before the heavy queries, and the most while they ran.
    resident: f64,
    peak: f64,
}

/// Milliseconds of the answers to the small query, in order of size.
struct Latencies(Vec<f64>);

impl Latencies {
    fn of(mut all: Vec<f64>) -> Self {
        all.sort_by(f64::total_cmp);
        Self(all)
    }

    /// The smallest that at least this share of all do not exceed.
    fn quantile(&self, share: f64) -> Option<f64> {
        let rank = (share * self.0.len() as f64).ceil().max(1.0) as usize;
        self.0.get(rank - 1).copied()
    }
}

/// What became of the heavy queries.
#[derive(Default)]
struct Outcomes {
    answered: AtomicU64,
    refused: AtomicU64,
    failed: AtomicU64,
}

impl Mixed {
    /// Runs the measurement.
    pub(crate) fn run(&self, programs: &[Program], report: &mut Report) -> Result<()> {
        let taking_part = programs
            .iter()
            .filter(|program| self.peers || program.kind == Kind::Argand);
        let all = taking_part.map(|program| self.measure(program, report));
        let all = all.collect::<Result<Vec<_>>>()?;
        report.note(format!(
            "mixed: {} targets x {} series every {} s; a query of one target's processors {} \
             times alone, then every {PAUSE:?} for {} s from a client address of its own beside \
             {} clients that ask {} queries over all targets without pause; servers one after \
             another",
            self.targets,
            self.series,
            self.interval,
            self.asks,
            self.seconds,
            self.clients,
            HEAVY.len()
        ));
        type Figure = (&'static str, fn(&Measured) -> Option<f64>);
        const FIGURES: [Figure; 14] = [
            ("samples a second", |m| Some(m.samples_a_second)),
            ("small query alone, p50 ms", |m| m.alone.quantile(0.5)),
            ("small query alone, p99 ms", |m| m.alone.quantile(0.99)),
            ("small query beside, p50 ms", |m| m.beside.quantile(0.5)),
            ("small query beside, p99 ms", |m| m.beside.quantile(0.99)),
            ("p50 beside in parts of alone", |m| {
                Some(m.beside.quantile(0.5)? / m.alone.quantile(0.5)?)
            }),
            ("p99 beside in parts of alone", |m| {
                Some(m.beside.quantile(0.99)? / m.alone.quantile(0.99)?)
            }),
            ("heavy queries answered (more is better)", |m| {
                Some(m.answered)
            }),
            (
                "CPU of a heavy query with what is done beside it, ms",
                |m| (m.answered > 0.0).then(|| m.cpu / m.answered),
            ),
            ("heavy queries refused", |m| Some(m.refused)),
            ("heavy queries failed", |m| Some(m.failed)),
            ("scrapes missed", |m| Some(m.missed)),
            ("resident before, MB", |m| Some(m.resident / 1e6)),
            ("resident, peak beside, MB", |m| Some(m.peak / 1e6)),
        ];
        for (figure, of) in FIGURES {
            report.row("mixed", figure, all.iter().map(|one| (one.kind, of(one))));
        }
        let limit = |one: &Measured| {
            let queries = self.query_memory as f64;
            (one.kind == Kind::Argand).then_some(one.resident / 1e6 + queries)
        };
        report.row(
            "mixed",
            "resident before and the limit of all queries together, MB",
            all.iter().map(|one| (one.kind, limit(one))),
        );
        Ok(())
    }

    fn plan(&self) -> Plan {
        Plan {
            load: Load {
                targets: self.targets,
                series: self.series,
                port: self.port,
            },
            interval: Duration::from_secs(self.interval.max(1)),
            duration: Duration::from_secs_f64(self.minutes.max(0.0) * 60.0),
            churn: None,
            kill: false,
            in_turn: true,
            flags: |_, _| Vec::new(),
            block: None,
        }
    }

    fn measure(&self, program: &Program, report: &mut Report) -> Result<Measured> {
        let plan = self.plan();
        let folder = tempfile::tempdir()?;
        let list = folder.path().join("targets.json");
        hold::list_targets(&list, &plan, 0..self.targets)?;
        let targets = Targets::start(&plan.load)?;
        let flags = match program.kind {
            Kind::Argand => vec![format!("--query.max-memory={}MB", self.query_memory)],
            _ => Vec::new(),
        };
        let configuration = hold::configuration(&plan, program.kind, &list);
        let place = folder.path().join(program.kind.to_string());
        let server = Server::start(program, &place, &configuration, &flags)?;
        hold::warm_up(&plan, std::slice::from_ref(program), &targets);
        let (began, first) = (Instant::now(), now());
        let served = || -> u64 { targets.served().values().map(|one| one.scrapes).sum() };
        let served_before = served();
        eprintln!("{}: gathering samples", program.kind);
        std::thread::sleep(plan.duration);

        eprintln!("the small query alone");
        let small = Small::new(&server, self.targets / 2)?;
        let asks = self.asks.max(1);
        let alone = (0..asks).map(|_| small.ask()).collect::<Result<_>>()?;
        let resident = server.usage()?.resident as f64;

        eprintln!("beside {} clients", self.clients);
        let (outcomes, trace) = (Arc::new(Outcomes::default()), Tracer::start(server.id()));
        let before = watch::cpu_milliseconds(server.id())?;
        let beside = self.beside(&server, &small, first, &outcomes, report);
        let cpu = watch::cpu_milliseconds(server.id())? - before;
        let trace = trace.stop();
        let elapsed = began.elapsed();
        let samples = (served() - served_before) as f64 * self.series as f64;
        let count = |of: &AtomicU64| of.load(Ordering::Relaxed) as f64;
        Ok(Measured {
            kind: program.kind,
            alone: Latencies::of(alone),
            beside: Latencies::of(beside?),
            answered: count(&outcomes.answered),
            cpu,
            refused: count(&outcomes.refused),
            failed: count(&outcomes.failed),
            missed: hold::missed(&plan, &server, elapsed)?,
            samples_a_second: samples / elapsed.as_secs_f64(),
            resident,
            peak: trace.iter().map(|(_, bytes)| *bytes).max().unwrap_or(0) as f64,
        })
    }

    /// Asks the small query while others ask heavy ones.
    fn beside(
        &self,
        server: &Server,
        small: &Small,
        first: f64,
        outcomes: &Outcomes,
        report: &mut Report,
    ) -> Result<Vec<f64>> {
        let ended = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let clients: Vec<_> = (0..self.clients)
                .map(|place| {
                    let ended = &ended;
                    scope.spawn(move || keep_asking(server, place, first, ended, outcomes))
                })
                .collect();
            std::thread::sleep(ALL_ASK);
            let began = Instant::now();
            let mut all = Vec::new();
            let mut failed = None;
            while began.elapsed() < Duration::from_secs(self.seconds) {
                match small.ask() {
                    Ok(took) => all.push(took),
                    Err(error) => failed = Some(error),
                }
            }
            ended.store(true, Ordering::Relaxed);
            // One text of many that failed is enough to see why.
            let errors = clients
                .into_iter()
                .filter_map(|one| one.join().ok().flatten());
            if let Some(error) = errors.last() {
                report.note(format!("mixed: {}: a heavy query: {error}", server.kind));
            }
            failed.map_or(Ok(all), Err)
        })
    }
}

/// Asks heavy queries in turn until the end; answers the last error.
fn keep_asking(
    server: &Server,
    place: usize,
    first: f64,
    ended: &AtomicBool,
    outcomes: &Outcomes,
) -> Option<String> {
    let agent = crate::servers::agent();
    let mut last = None;
    for (query, is_range) in HEAVY.iter().cycle().skip(place % HEAVY.len()) {
        if ended.load(Ordering::Relaxed) {
            break;
        }
        let (outcome, pause) = match ask_heavy(&agent, &server.url, query, *is_range, first) {
            Ok((200, _)) => (&outcomes.answered, None),
            Ok((429 | 503, text)) => {
                last = Some(text);
                (&outcomes.refused, Some(REFUSED))
            }
            Ok((_, text)) => {
                last = Some(text);
                (&outcomes.failed, Some(REFUSED))
            }
            Err(error) => {
                last = Some(error.to_string());
                (&outcomes.failed, Some(REFUSED))
            }
        };
        outcome.fetch_add(1, Ordering::Relaxed);
        if let Some(pause) = pause {
            std::thread::sleep(pause);
        }
    }
    last
}

fn ask_heavy(
    agent: &ureq::Agent,
    url: &str,
    query: &str,
    is_range: bool,
    first: f64,
) -> Result<(u16, String)> {
    let end = format!("{:.3}", now());
    let request = if is_range {
        let request = agent.get(format!("{url}/api/v1/query_range"));
        let request = request.query("start", format!("{first:.3}"));
        request.query("end", end).query("step", "5")
    } else {
        let request = agent.get(format!("{url}/api/v1/query"));
        request.query("time", end)
    };
    let mut answer = request.query("query", query).call()?;
    let status = answer.status().as_u16();
    let body = answer.body_mut().with_config().limit(u64::MAX);
    Ok((status, body.read_to_string()?))
}

/// Asks the small query from an address of its own.
struct Small {
    runtime: Runtime,
    server: SocketAddr,
    request: String,
}

impl Small {
    fn new(server: &Server, target: usize) -> Result<Self> {
        let host = server.url.trim_start_matches("http://");
        let instance = targets::address(target);
        // sum by (mode) (rate(node_cpu_seconds_total{instance=~"…:.*"}[2m])), as a URL has it.
        let query = format!(
            "sum+by+(mode)+(rate(node_cpu_seconds_total%7Binstance%3D~%22{instance}%3A.*%22%7D%5B2m%5D))"
        );
        Ok(Self {
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?,
            server: host.parse().with_context(|| format!("address {host}"))?,
            request: format!(
                "GET /api/v1/query?query={query} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
            ),
        })
    }

    /// Milliseconds from the connection to the end of the answer; pauses after it.
    fn ask(&self) -> Result<f64> {
        let began = Instant::now();
        let answer = self.runtime.block_on(self.answer());
        let took = began.elapsed().as_secs_f64() * 1e3;
        std::thread::sleep(PAUSE);
        let answer = answer?;
        if !answer.starts_with("HTTP/1.1 200") || !answer.contains("idle") {
            bail!("the small query: {answer}");
        }
        Ok(took)
    }

    async fn answer(&self) -> Result<String> {
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((SMALL_FROM, 0)))?;
        let mut stream = socket.connect(self.server).await?;
        stream.write_all(self.request.as_bytes()).await?;
        let mut text = Vec::new();
        stream.read_to_end(&mut text).await?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_one_of_the_values() {
        let all = Latencies::of((1..=200).rev().map(f64::from).collect());
        assert_eq!(all.quantile(0.5), Some(100.0));
        assert_eq!(all.quantile(0.99), Some(198.0));
        assert_eq!(Latencies::of(vec![7.0]).quantile(0.5), Some(7.0));
        assert_eq!(Latencies::of(Vec::new()).quantile(0.99), None);
    }
}
