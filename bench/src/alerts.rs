//! `alerts`: rules, and what becomes of their alerts: Argand in one process against Prometheus and
//! Alertmanager together, on the same series, rules, routes and receiver.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::receiver::Receiver;
use crate::report::Report;
use crate::servers::{Kind, Program, Server};
use crate::watch::Usage;

/// Alerting rules that all fire.
#[derive(Args, Clone)]
pub(crate) struct AlertsOptions {
    /// Alerts that fire.
    #[arg(long, default_value_t = 10_000)]
    alerts: usize,
    /// Groups that receivers are told of.
    #[arg(long, default_value_t = 500)]
    groups: usize,
    /// Rules that find them.
    #[arg(long, default_value_t = 1_000)]
    rules: usize,
    /// Seconds between two evaluations, and two scrapes.
    #[arg(long, default_value_t = 15)]
    interval: u64,
    /// Minutes that are measured, from the moment when all alerts were told of.
    #[arg(long, default_value_t = 3.0)]
    minutes: f64,
    /// Alertmanager's binary: a path, or a name on PATH.
    #[arg(long, default_value = "prometheus-alertmanager")]
    alertmanager: PathBuf,
}

/// Rules of one group of a rule file.
const RULES_A_GROUP: usize = 50;

/// How long it may take until all alerts were told of.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// The programs that do the work together.
struct Side {
    kind: Kind,
    servers: Vec<Server>,
}

/// What a side took.
struct Measured {
    kind: Kind,
    /// Until all alerts were told of for the first time.
    first: Usage,
    /// After that.
    cpu: f64,
    written: u64,
    end: Usage,
    notifications: u64,
}

impl AlertsOptions {
    /// Runs the measurement.
    pub(crate) fn run(&self, programs: &[Program], report: &mut Report) -> Result<()> {
        let receiver = Receiver::start(self.page())?;
        let folder = tempfile::tempdir()?;
        let sides = self.start(programs, &receiver, folder.path())?;
        let mut begun = Vec::new();
        for side in &sides {
            self.await_all(side.kind, &receiver)?;
            begun.push((side.usage()?, receiver.heard(side.kind).notifications));
        }
        // Both sides are measured over the same time.
        std::thread::sleep(Duration::from_secs_f64(self.minutes.max(0.0) * 60.0));
        let measured = sides.iter().zip(begun).map(|(side, (first, told))| {
            let end = side.usage()?;
            Ok(Measured {
                kind: side.kind,
                first,
                cpu: end.cpu - first.cpu,
                written: end.written - first.written,
                end,
                notifications: receiver.heard(side.kind).notifications - told,
            })
        });
        self.report(&measured.collect::<Result<Vec<_>>>()?, report);
        Ok(())
    }

    /// All sides at once: they meet the same machine.
    fn start(&self, programs: &[Program], receiver: &Receiver, folder: &Path) -> Result<Vec<Side>> {
        let mut sides = Vec::new();
        for program in programs {
            let folder = folder.join(program.kind.to_string());
            std::fs::create_dir_all(&folder)?;
            let routes = folder.join("alertmanager.yml");
            std::fs::write(&routes, routes_text(&receiver.url(program.kind)))?;
            std::fs::write(folder.join("rules.yml"), self.rules_text())?;
            let configuration = self.configuration(&receiver.address());
            let servers = match program.kind {
                Kind::Argand => {
                    let flag = format!("--alertmanager.config.file={}", routes.display());
                    vec![Server::start(program, &folder, &configuration, &[flag])?]
                }
                Kind::Prometheus => {
                    let alertmanager = Program::find(Kind::Alertmanager, &self.alertmanager)
                        .context("Alertmanager is not installed")?;
                    let text = routes_text(&receiver.url(program.kind));
                    let below = folder.join("alertmanager");
                    let alertmanager = Server::start(&alertmanager, &below, &text, &[])?;
                    let address = alertmanager.url.trim_start_matches("http://").to_owned();
                    let alerting = format!(
                        "alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{address}']}}]}}]}}\n"
                    );
                    let configuration = configuration + &alerting;
                    let prometheus = Server::start(program, &folder, &configuration, &[])?;
                    vec![prometheus, alertmanager]
                }
                // Neither evaluates rules.
                Kind::VictoriaMetrics | Kind::Alertmanager => continue,
            };
            sides.push(Side {
                kind: program.kind,
                servers,
            });
        }
        Ok(sides)
    }

    fn configuration(&self, target: &str) -> String {
        let seconds = self.interval.max(1);
        format!(
            "global: {{scrape_interval: {seconds}s, evaluation_interval: {seconds}s}}\n\
             rule_files: [rules.yml]\n\
             scrape_configs: [{{job_name: load, static_configs: [{{targets: ['{target}']}}]}}]\n"
        )
    }

    /// The series, shared out evenly among the rules.
    fn page(&self) -> String {
        let mut page = String::new();
        for alert in 0..self.alerts {
            let rule = alert % self.rules.max(1);
            let team = rule % self.groups.max(1);
            // Writing to a text cannot fail.
            let _ = writeln!(
                page,
                "load_ratio{{rule=\"{rule}\",team=\"{team}\",shard=\"{alert}\"}} 0.97"
            );
        }
        page
    }

    fn rules_text(&self) -> String {
        let mut text = "groups:\n".to_owned();
        for rule in 0..self.rules {
            if rule % RULES_A_GROUP == 0 {
                let _ = write!(
                    text,
                    "  - name: group {}\n    rules:\n",
                    rule / RULES_A_GROUP
                );
            }
            let _ = write!(
                text,
                "      - alert: LoadIsHigh{rule}\n        \
                 expr: load_ratio{{rule=\"{rule}\"}} > 0.9\n        \
                 labels: {{severity: page}}\n        \
                 annotations:\n          \
                 summary: 'Shard {{{{ $labels.shard }}}} of team {{{{ $labels.team }}}} is loaded'\n          \
                 description: 'The load is {{{{ $value | humanizePercentage }}}}.'\n"
            );
        }
        text
    }

    fn await_all(&self, kind: Kind, receiver: &Receiver) -> Result<()> {
        let began = Instant::now();
        loop {
            let heard = receiver.heard(kind).alerts;
            if heard >= self.alerts {
                return Ok(());
            }
            if began.elapsed() > LONGEST_WAIT {
                bail!(
                    "{kind}: only {heard} of {} alerts were told of",
                    self.alerts
                );
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn report(&self, measured: &[Measured], report: &mut Report) {
        report.note(format!(
            "alerts: {} alerts of {} rules every {} s in {} groups, repeated every minute, to one webhook, \
             for {} minutes; prometheus stands for Prometheus and Alertmanager together; all at once",
            self.alerts, self.rules, self.interval, self.groups, self.minutes
        ));
        type Figure = (&'static str, fn(&Measured) -> f64);
        const FIGURES: [Figure; 7] = [
            ("CPU seconds", |m| m.cpu),
            ("CPU seconds from the start until all were told of", |m| {
                m.first.cpu
            }),
            ("resident, MB", |m| m.end.resident as f64 / 1e6),
            ("anonymous, MB", |m| m.end.anonymous as f64 / 1e6),
            ("resident, peak, MB", |m| m.end.peak as f64 / 1e6),
            ("written, MB", |m| m.written as f64 / 1e6),
            ("notifications", |m| m.notifications as f64),
        ];
        for (figure, of) in FIGURES {
            let values = measured.iter().map(|one| (one.kind, Some(of(one))));
            report.row("alerts", figure, values);
        }
    }
}

impl Side {
    /// What all its programs take together.
    fn usage(&self) -> Result<Usage> {
        let mut sum = Usage::default();
        for server in &self.servers {
            let one = server.usage()?;
            sum.cpu += one.cpu;
            sum.resident += one.resident;
            sum.anonymous += one.anonymous;
            sum.peak += one.peak;
            sum.written += one.written;
        }
        Ok(sum)
    }
}

/// Intervals that make the routing work within minutes.
fn routes_text(url: &str) -> String {
    format!(
        "route: {{receiver: hook, group_by: [team], group_wait: 5s, group_interval: 30s, repeat_interval: 50s}}\n\
         receivers: [{{name: hook, webhook_configs: [{{url: '{url}'}}]}}]\n"
    )
}
