//! `argand am alert`: which alerts there are, and telling of one.

use std::io::Write;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use config::alertmanager::parse_matcher;
use model::MatchOp;
use model::name::quoted;

use super::api::{NewAlert, Texts};
use super::{Common, moment, written};

/// Add and query alerts.
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
    Query(Query),
    Add(Add),
}

/// View and search through current alerts. Without a flag of a state the active ones are shown.
#[derive(Args)]
struct Query {
    /// Show inhibited alerts.
    #[arg(short, long)]
    inhibited: bool,
    /// Show silenced alerts.
    #[arg(short, long)]
    silenced: bool,
    /// Show active alerts.
    #[arg(short, long)]
    active: bool,
    /// Show unprocessed alerts.
    #[arg(short, long)]
    unprocessed: bool,
    /// Show alerts matching receiver (Supports regex syntax).
    #[arg(short, long)]
    receiver: Option<String>,
    /// Matchers, such as alertname=foo or 'node=~bar.*'. The first may be an alert's name alone.
    #[arg(value_name = "matcher-groups")]
    matchers: Vec<String>,
}

/// Add a new alert.
#[derive(Args)]
struct Add {
    /// Set the URL of the source that generated the alert.
    #[arg(long, default_value = "")]
    generator_url: String,
    /// Set when the alert should start. RFC3339 format 2006-01-02T15:04:05-07:00
    #[arg(long)]
    start: Option<String>,
    /// Set when the alert should end. RFC3339 format 2006-01-02T15:04:05-07:00
    #[arg(long)]
    end: Option<String>,
    /// Set an annotation to be included with the alert.
    #[arg(long = "annotation")]
    annotations: Vec<String>,
    /// Labels, each name=value. The first may be the alert's name alone.
    labels: Vec<String>,
}

impl Family {
    pub(super) fn run(&self, common: &Common, out: &mut impl Write) -> Result<()> {
        match &self.command {
            None => self.query.run(common, out),
            Some(Command::Query(query)) => query.run(common, out),
            Some(Command::Add(add)) => add.run(common),
        }
    }
}

/// Matchers, of which the first may be an alert's name alone.
pub(super) fn with_name(texts: &[String]) -> Vec<String> {
    let mut texts = texts.to_vec();
    if let Some(first) = texts.first_mut()
        && parse_matcher(first).is_err()
    {
        *first = format!("alertname={}", quoted(first));
    }
    texts
}

/// Names and values; `what` names them in errors.
pub(super) fn texts(pairs: &[String], what: &str) -> Result<Texts> {
    let mut texts = Texts::new();
    for pair in pairs {
        let matcher = parse_matcher(pair)?;
        if matcher.op() != MatchOp::Equal {
            bail!("{what} must be specified as key=value pairs");
        }
        texts.insert(matcher.name().to_owned(), matcher.value().to_owned());
    }
    Ok(texts)
}

impl Query {
    fn run(&self, common: &Common, out: &mut impl Write) -> Result<()> {
        let matchers = with_name(&self.matchers);
        let is_any = self.silenced || self.inhibited || self.active || self.unprocessed;
        let word = |is_on: bool| if is_on { "true" } else { "false" };
        let mut parameters = vec![("active", word(self.active || !is_any))];
        parameters.extend(matchers.iter().map(|matcher| ("filter", matcher.as_str())));
        parameters.push(("inhibited", word(self.inhibited)));
        if let Some(receiver) = &self.receiver {
            parameters.push(("receiver", receiver));
        }
        parameters.push(("silenced", word(self.silenced)));
        parameters.push(("unprocessed", word(self.unprocessed)));
        let alerts = common.api()?.alerts(&parameters)?;
        common.show().alerts(alerts, out)
    }
}

impl Add {
    fn run(&self, common: &Common) -> Result<()> {
        let time = |text: &Option<String>| -> Result<Option<String>> {
            let millis = text.as_deref().map(moment).transpose()?;
            Ok(millis.map(written))
        };
        let alert = NewAlert {
            labels: texts(&with_name(&self.labels), "labels")?,
            annotations: texts(&self.annotations, "annotations")?,
            starts_at: time(&self.start)?,
            ends_at: time(&self.end)?,
            generator_url: self.generator_url.clone(),
        };
        common.api()?.add_alert(&alert)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_may_be_a_name() {
        let check = |given: &[&str], expected: &[&str]| {
            let given: Vec<String> = given.iter().map(|text| (*text).to_owned()).collect();
            assert_eq!(with_name(&given), expected);
        };
        check(&["foo", "a=b"], &["alertname=\"foo\"", "a=b"]);
        check(&["a=b"], &["a=b"]);
        check(&["a!~b", "foo"], &["a!~b", "foo"]);
        check(&[], &[]);
    }
}
