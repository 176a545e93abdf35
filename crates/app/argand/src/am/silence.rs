//! `argand am silence`: which silences there are.

use std::io::Write;
use std::time::Duration;

use anyhow::Result;
use clap::{Args, Subcommand};
use contract::{Clock as _, SystemClock};

use super::alert::with_name;
use super::api::Silence;
use super::silence_change::{Add, Expire, Import, Update};
use super::{Common, show};
use crate::tools::values::duration;

/// Add, expire or view silences.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Family {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    query: Query,
}

#[derive(Subcommand)]
enum Command {
    Add(Add),
    Expire(Expire),
    Import(Import),
    Query(Query),
    Update(Update),
}

/// Query Alertmanager silences.
#[derive(Args)]
struct Query {
    /// Show expired silences instead of active.
    #[arg(long)]
    expired: bool,
    /// Only show silence ids.
    #[arg(short, long)]
    quiet: bool,
    /// Show silences that belong to this creator.
    #[arg(long)]
    created_by: Option<String>,
    /// Get a single silence by its ID.
    #[arg(long)]
    id: Option<String>,
    /// Show silences that will expire or have expired within a duration.
    #[arg(long, value_parser = duration)]
    within: Option<Duration>,
    /// Matchers, such as alertname=foo or 'node=~bar.*'. The first may be an alert's name alone.
    #[arg(value_name = "matcher-groups")]
    matchers: Vec<String>,
}

impl Family {
    pub(super) fn run(&self, common: &Common, out: &mut impl Write) -> Result<()> {
        match &self.command {
            None => self.query.run(common, out),
            Some(Command::Query(query)) => query.run(common, out),
            Some(Command::Add(add)) => add.run(common, out),
            Some(Command::Expire(expire)) => expire.run(common),
            Some(Command::Import(import)) => import.run(common, out),
            Some(Command::Update(update)) => update.run(common, out),
        }
    }
}

impl Query {
    fn run(&self, common: &Common, out: &mut impl Write) -> Result<()> {
        let mut silences = common.api()?.silences(&with_name(&self.matchers))?;
        let now = SystemClock.now();
        silences.retain(|silence| self.wants(silence, now));
        if !self.quiet {
            return common.show().silences(silences, out);
        }
        for silence in silences {
            writeln!(out, "{}", silence.id)?;
        }
        Ok(())
    }

    /// Whether a silence is asked for; `now` in milliseconds since the epoch.
    fn wants(&self, silence: &Silence, now: i64) -> bool {
        let end = show::millis(&silence.said.ends_at).unwrap_or(i64::MAX);
        let is = |wanted: &Option<String>, text: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == text)
        };
        let within = self.within.filter(|within| !within.is_zero());
        let near = within.is_none_or(|within| {
            let within = i64::try_from(within.as_millis()).unwrap_or(i64::MAX);
            end.abs_diff(now) <= within.unsigned_abs()
        });
        (end < now) == self.expired
            && near
            && is(&self.created_by, &silence.said.created_by)
            && is(&self.id, &silence.id)
    }
}
