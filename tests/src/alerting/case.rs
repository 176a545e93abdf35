//! The language of the cases.
//!
//! A case has parts, each behind a line `== part`:
//!
//! ```text
//! == config [name]
//! route: {receiver: hook}
//! receivers: [{name: hook, webhook_configs: [{url: "HOOK/hook"}]}]
//! == steps
//! 0   alert A n=1 severity=high
//! 0.5 silence s 60 alertname="A"
//! 2   end A n=1 severity=high
//! 3   expire s
//! 4   config name
//! 4   fail hook 2
//! == expect
//! 1..2.5 hook A/1 -A/2
//! == until
//! 8
//! ```
//!
//! Times are seconds since the case began. `HOOK` stands for the address of the receiver that the
//! test plays. An alert is told apart by its name and its label `n`; with a minus it has ended.
//! `expect` names every notification until the end of the case, one a line, with the span of time
//! in which it comes. Lines that begin with `#` are comments.

use std::time::Duration;

use anyhow::{Context, Result, bail};

/// Something that is done to an Alertmanager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// An alert fires: its labels.
    Alert(Vec<(String, String)>),
    /// An alert ends: its labels.
    End(Vec<(String, String)>),
    /// A silence is made: its name in the case, seconds, matchers.
    Silence(String, u64, Vec<(String, String)>),
    /// A silence ends.
    Expire(String),
    /// Another configuration is put in force.
    Config(String),
    /// A receiver answers so many times that it cannot.
    Fail(String, usize),
}

/// A notification that must come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Not before.
    pub from: Duration,
    /// Not after.
    pub to: Duration,
    /// The receiver, which is the last part of its URL.
    pub receiver: String,
    /// The alerts in their order.
    pub alerts: String,
}

/// A case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Configurations by name; the first is in force at the beginning.
    pub configs: Vec<(String, String)>,
    /// What is done, and when.
    pub steps: Vec<(Duration, Step)>,
    /// What must come, and nothing else.
    pub expected: Vec<Expected>,
    /// The end.
    pub until: Duration,
}

impl Case {
    /// Reads a case.
    ///
    /// # Errors
    /// Where a line makes no sense.
    pub fn parse(text: &str) -> Result<Self> {
        let mut case = Self {
            configs: Vec::new(),
            steps: Vec::new(),
            expected: Vec::new(),
            until: Duration::ZERO,
        };
        let mut part = String::new();
        for line in text.lines() {
            if let Some(head) = line.strip_prefix("== ") {
                part = head.trim().to_owned();
                if let Some(name) = part.strip_prefix("config") {
                    case.configs.push((name.trim().to_owned(), String::new()));
                }
            } else if !line.trim().is_empty() && !line.starts_with('#') {
                case.line(&part, line)
                    .with_context(|| format!("{part}: {line}"))?;
            }
        }
        if case.configs.is_empty() || case.until.is_zero() {
            bail!("a case has a configuration and an end");
        }
        Ok(case)
    }

    fn line(&mut self, part: &str, line: &str) -> Result<()> {
        match part {
            "steps" => {
                let (time, step) = line.trim().split_once(' ').context("a time and a step")?;
                self.steps.push((seconds(time)?, step_of(step.trim())?));
            }
            "expect" => self.expected.push(expected(line)?),
            "until" => self.until = seconds(line.trim())?,
            part if part.starts_with("config") => {
                let (_, text) = self.configs.last_mut().context("a configuration")?;
                text.push_str(line);
                text.push('\n');
            }
            _ => bail!("there are the parts config, steps, expect, until"),
        }
        Ok(())
    }
}

fn seconds(text: &str) -> Result<Duration> {
    Ok(Duration::try_from_secs_f64(text.parse()?)?)
}

fn pairs<'a>(words: impl Iterator<Item = &'a str>) -> Result<Vec<(String, String)>> {
    words
        .map(|word| {
            let (name, value) = word.split_once('=').context("name=value")?;
            Ok((name.to_owned(), value.to_owned()))
        })
        .collect()
}

fn step_of(text: &str) -> Result<Step> {
    let mut words = text.split_whitespace();
    let what = words.next().context("a step")?;
    let first = words.next().context("of what")?.to_owned();
    let alert = |words| -> Result<_> {
        let mut labels = vec![("alertname".to_owned(), first.clone())];
        labels.extend(pairs(words)?);
        Ok(labels)
    };
    Ok(match what {
        "alert" => Step::Alert(alert(words)?),
        "end" => Step::End(alert(words)?),
        "silence" => {
            let length = words.next().context("for how long")?.parse()?;
            Step::Silence(first, length, pairs(words)?)
        }
        "expire" => Step::Expire(first),
        "config" => Step::Config(first),
        "fail" => Step::Fail(first, words.next().context("how many times")?.parse()?),
        _ => bail!("there are the steps alert, end, silence, expire, config, fail"),
    })
}

fn expected(line: &str) -> Result<Expected> {
    let mut words = line.split_whitespace();
    let span = words.next().context("a span of time")?;
    let (from, to) = span.split_once("..").context("from..to")?;
    Ok(Expected {
        from: seconds(from)?,
        to: seconds(to)?,
        receiver: words.next().context("a receiver")?.to_owned(),
        alerts: words.collect::<Vec<_>>().join(" "),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_read() -> Result<()> {
        let case = Case::parse(
            "== config\na: 1\n== config b\nc: 2\n== steps\n# no step\n0.5 alert A n=1\n1 silence s 60 n=1\n2 fail hook 3\n== expect\n1..2.5 hook A/1 -A/2\n== until\n4\n",
        )?;
        assert_eq!(case.configs.len(), 2);
        let labels = vec![
            ("alertname".to_owned(), "A".to_owned()),
            ("n".to_owned(), "1".to_owned()),
        ];
        assert_eq!(
            case.steps.first(),
            Some(&(Duration::from_millis(500), Step::Alert(labels)))
        );
        assert_eq!(
            case.steps.last(),
            Some(&(Duration::from_secs(2), Step::Fail("hook".to_owned(), 3)))
        );
        assert_eq!(
            case.expected.first().map(|e| e.alerts.as_str()),
            Some("A/1 -A/2")
        );
        for bad in [
            "== steps\n1 dance\n",
            "== nothing\nx\n",
            "== expect\n1 hook A\n",
            "",
        ] {
            assert!(Case::parse(bad).is_err(), "{bad}");
        }
        Ok(())
    }
}
