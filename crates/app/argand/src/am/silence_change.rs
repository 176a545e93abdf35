//! `argand am silence add|update|expire|import`: what makes and ends silences.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow, bail};
use clap::{ArgAction, Args};
use config::alertmanager::parse_matcher;
use contract::{Clock as _, SystemClock};

use super::alert::{texts, with_name};
use super::api::{Api, NewSilence, Silence, SilenceMatcher, SilenceText};
use super::{Common, moment, show, user, written};
use crate::tools::values::existing_file;

/// Bytes of silences that are read.
const MOST_INPUT: u64 = 256 << 20;

/// Add a new alertmanager silence.
#[derive(Args)]
pub(super) struct Add {
    /// Username for CreatedBy field.
    #[arg(short, long, default_value_t = user::name())]
    author: String,
    /// Require comment to be set.
    #[arg(
        long,
        hide = true,
        action = ArgAction::Set,
        num_args = 0..=1,
        require_equals = true,
        default_value = "true",
        default_missing_value = "true"
    )]
    require_comment: bool,
    /// The opposite of the other.
    #[arg(long, hide = true)]
    no_require_comment: bool,
    /// Duration of silence.
    #[arg(short, long, default_value = "1h")]
    duration: String,
    /// Set when the silence should start. RFC3339 format 2006-01-02T15:04:05-07:00
    #[arg(long)]
    start: Option<String>,
    /// Set when the silence should end (overwrites duration). RFC3339 format
    /// 2006-01-02T15:04:05-07:00
    #[arg(long)]
    end: Option<String>,
    /// A comment to help describe the silence.
    #[arg(short, long, default_value = "")]
    comment: String,
    /// Set an annotation to be included with the silence.
    #[arg(long = "annotation")]
    annotations: Vec<String>,
    /// Matchers, such as alertname=foo or 'node=~bar.*'. The first may be an alert's name alone.
    #[arg(value_name = "matcher-groups")]
    matchers: Vec<String>,
}

/// Update silences.
#[derive(Args)]
pub(super) struct Update {
    /// Only show silence ids.
    #[arg(short, long)]
    quiet: bool,
    /// Duration of silence.
    #[arg(short, long)]
    duration: Option<String>,
    /// Set when the silence should start. RFC3339 format 2006-01-02T15:04:05-07:00
    #[arg(long)]
    start: Option<String>,
    /// Set when the silence should end (overwrites duration). RFC3339 format
    /// 2006-01-02T15:04:05-07:00
    #[arg(long)]
    end: Option<String>,
    /// A comment to help describe the silence.
    #[arg(short, long)]
    comment: Option<String>,
    /// Silence IDs to update.
    #[arg(value_name = "update-ids")]
    ids: Vec<String>,
}

/// Expire an alertmanager silence.
#[derive(Args)]
pub(super) struct Expire {
    /// Ids of silences to expire.
    #[arg(value_name = "silence-ids")]
    ids: Vec<String>,
}

/// Import alertmanager silences from JSON file or stdin.
#[derive(Args)]
pub(super) struct Import {
    /// Force adding new silences even if it already exists.
    #[arg(short, long)]
    force: bool,
    /// Accepted and without effect: one after the other over one connection is as fast.
    #[arg(short, long = "worker", default_value_t = 8)]
    worker: u32,
    /// JSON file with silences.
    #[arg(value_name = "input-file", value_parser = existing_file)]
    file: Option<PathBuf>,
}

/// The end of a silence that lasts so long, in milliseconds since the epoch.
fn end_of(start: i64, length: &str) -> Result<i64> {
    let millis = model::duration::parse(length)
        .map_err(|_| anyhow!("not a valid duration string: {length:?}"))?;
    if millis == 0 {
        bail!("silence duration must be greater than 0");
    }
    Ok(start.saturating_add(millis))
}

fn in_order(start: i64, end: i64) -> Result<()> {
    if start > end {
        bail!("silence cannot start after it ends");
    }
    Ok(())
}

impl Add {
    pub(super) fn run(&self, common: &Common, out: &mut impl Write) -> Result<()> {
        let mut matchers = Vec::new();
        for text in with_name(&self.matchers) {
            matchers.push(SilenceMatcher::from(&parse_matcher(&text)?));
        }
        if matchers.is_empty() {
            bail!("no matchers specified");
        }
        let start = match &self.start {
            Some(text) => moment(text)?,
            None => SystemClock.now(),
        };
        let end = match &self.end {
            Some(text) => moment(text)?,
            None => end_of(start, &self.duration)?,
        };
        in_order(start, end)?;
        if self.require_comment && !self.no_require_comment && self.comment.is_empty() {
            bail!("comment required by config");
        }
        let silence = NewSilence {
            id: String::new(),
            said: SilenceText {
                annotations: texts(&self.annotations, "annotations")?,
                comment: self.comment.clone(),
                created_by: self.author.clone(),
                ends_at: written(end),
                matchers,
                starts_at: written(start),
            },
        };
        let id = common.api()?.set_silence(&silence)?.unwrap_or_default();
        Ok(writeln!(out, "{id}")?)
    }
}

impl Update {
    pub(super) fn run(&self, common: &Common, out: &mut impl Write) -> Result<()> {
        if self.ids.is_empty() {
            bail!("no silence IDs specified");
        }
        let api = common.api()?;
        let mut updated = Vec::new();
        for id in &self.ids {
            updated.push(self.one(&api, id)?);
        }
        if !self.quiet {
            return common.show().silences(updated, out);
        }
        for silence in updated {
            writeln!(out, "{}", silence.id)?;
        }
        Ok(())
    }

    fn one(&self, api: &Api, id: &str) -> Result<Silence> {
        let mut silence = api.silence(id)?;
        let said = &mut silence.said;
        let known = |text: &str| show::millis(text).with_context(|| format!("moment {text:?}"));
        let start = match &self.start {
            Some(text) => moment(text)?,
            None => known(&said.starts_at)?,
        };
        let end = match (&self.end, &self.duration) {
            (Some(text), _) => moment(text)?,
            (None, Some(length)) => end_of(start, length)?,
            (None, None) => known(&said.ends_at)?,
        };
        in_order(start, end)?;
        (said.starts_at, said.ends_at) = (written(start), written(end));
        if let Some(comment) = self.comment.as_ref().filter(|text| !text.is_empty()) {
            said.comment.clone_from(comment);
        }
        let asked = NewSilence {
            id: silence.id.clone(),
            said: said.clone(),
        };
        let made = api.set_silence(&asked)?;
        silence.id = made.with_context(|| format!("silence {id} is gone"))?;
        Ok(silence)
    }
}

impl Expire {
    pub(super) fn run(&self, common: &Common) -> Result<()> {
        if self.ids.is_empty() {
            bail!("no silence IDs specified");
        }
        let api = common.api()?;
        self.ids.iter().try_for_each(|id| api.expire(id))
    }
}

impl Import {
    pub(super) fn run(&self, common: &Common, out: &mut impl Write) -> Result<()> {
        let input: Box<dyn Read> = match &self.file {
            Some(file) => Box::new(File::open(file)?),
            None => Box::new(io::stdin().lock()),
        };
        let input = BufReader::new(input.take(MOST_INPUT));
        let silences: Vec<NewSilence> =
            serde_json::from_reader(input).context("couldn't unmarshal input data, is it JSON?")?;
        let api = common.api()?;
        let (count, mut failed) = (silences.len(), 0);
        for mut silence in silences {
            let id = silence.id.clone();
            if self.force {
                silence.id.clear();
            }
            match import(&api, silence) {
                Ok(made) => writeln!(out, "{made}")?,
                Err(error) => {
                    writeln!(io::stderr(), "Error adding silence id='{id}': {error:#}")?;
                    failed += 1;
                }
            }
        }
        if failed > 0 {
            bail!("couldn't import {failed} out of {count} silences");
        }
        Ok(())
    }
}

/// Adds a silence; one whose id the server does not know becomes a new one.
fn import(api: &Api, mut silence: NewSilence) -> Result<String> {
    if let Some(id) = api.set_silence(&silence)? {
        return Ok(id);
    }
    silence.id.clear();
    let made = api.set_silence(&silence)?;
    made.context("the server answers without an id")
}
