//! One silence: what it mutes and when, and what makes it valid.

use model::{Labels, MatchOp, Matcher};
use thiserror::Error;

use crate::codec::{self, Bytes};

/// Whether a silence holds at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SilenceState {
    /// It mutes.
    Active,
    /// It has not begun.
    Pending,
    /// It is over.
    Expired,
}

impl SilenceState {
    /// The word that answers have.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Expired => "expired",
        }
    }
}

/// Alerts that fit all matchers are told to nobody from the start to the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// A UUID; empty for one that is yet to be made.
    pub id: String,
    /// All of them must fit.
    pub matchers: Vec<Matcher>,
    /// In milliseconds since the epoch.
    pub starts_at: i64,
    /// In milliseconds since the epoch.
    pub ends_at: i64,
    /// When it was made or changed last, in milliseconds since the epoch.
    pub updated_at: i64,
    /// Who made it.
    pub created_by: String,
    /// Why.
    pub comment: String,
    /// Whether it is over as soon as all alerts that it has muted have ended: an extension of
    /// Argand.
    pub ends_with_alerts: bool,
}

/// Why a silence was not made, changed or ended.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SilenceError {
    /// None has this id.
    #[error("silence not found")]
    NotFound,
    /// It is not what a silence may be; says in which way.
    #[error("invalid silence: {0}")]
    Invalid(String),
    /// There are too many, or it is too large; says which limit.
    #[error("{0}")]
    Limit(String),
    /// It would mute whatever comes, and nobody has said that this is meant.
    #[error(
        "this silence names nothing: each of its matchers takes any value, so that it would mute every alert; add a matcher with a value, or say \"confirmed\": true in the request where that is meant"
    )]
    MutesEverything,
    /// The log could not be written; says why. Nothing has changed.
    #[error("the silence could not be stored: {0}")]
    Store(String),
}

/// A value that nobody's label has: matchers that take it take anything.
const ANY_VALUE: &str = "\u{1}any\u{1}";

impl Silence {
    /// Whether it holds at a moment.
    pub fn state(&self, now: i64) -> SilenceState {
        if now < self.starts_at {
            SilenceState::Pending
        } else if now < self.ends_at {
            SilenceState::Active
        } else {
            SilenceState::Expired
        }
    }

    /// Whether it is about an alert of these labels.
    pub fn matches(&self, labels: &Labels) -> bool {
        matches_all(&self.matchers, labels)
    }

    /// Whether it may be kept, in upstream's words.
    pub(crate) fn check(&self) -> Result<(), SilenceError> {
        let invalid = |reason: &str| Err(SilenceError::Invalid(reason.to_owned()));
        if self.matchers.is_empty() {
            return invalid("at least one matcher required");
        }
        if let Some(place) = self.matchers.iter().position(|m| m.name().is_empty()) {
            return invalid(&format!(
                "invalid label matcher {place}: invalid label name \"\""
            ));
        }
        if self.matchers.iter().all(Matcher::matches_absent) {
            return invalid("at least one matcher must not match the empty string");
        }
        if self.ends_at < self.starts_at {
            return invalid("end time must not be before start time");
        }
        Ok(())
    }

    /// Whether every matcher takes any value whatever, as `alertname=~".+"` does. One that spares
    /// something, as `team!="db"` does, was thought of.
    pub(crate) fn names_nothing(&self) -> bool {
        self.matchers.iter().all(|matcher| match matcher.op() {
            MatchOp::Equal => false,
            MatchOp::Regex => matcher.matches(ANY_VALUE),
            MatchOp::NotEqual | MatchOp::NotRegex => matcher.value().is_empty(),
        })
    }

    /// Bytes that it takes in the log, roughly.
    pub(crate) fn size(&self) -> usize {
        let matchers = self
            .matchers
            .iter()
            .map(|m| m.name().len() + m.value().len() + 3);
        matchers.sum::<usize>() + self.created_by.len() + self.comment.len()
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        codec::put_text(out, &self.id);
        codec::put_number(out, self.matchers.len() as u64);
        for matcher in &self.matchers {
            out.push(op_byte(matcher.op()));
            codec::put_text(out, matcher.name());
            codec::put_text(out, matcher.value());
        }
        for moment in [self.starts_at, self.ends_at, self.updated_at] {
            codec::put_signed(out, moment);
        }
        codec::put_text(out, &self.created_by);
        codec::put_text(out, &self.comment);
        out.push(u8::from(self.ends_with_alerts));
    }

    pub(crate) fn decode(bytes: &mut Bytes<'_>) -> Option<Self> {
        let id = bytes.text()?.to_owned();
        let count = bytes.count(3)?;
        let matchers: Option<Vec<Matcher>> = (0..count)
            .map(|_| {
                let op = op_of(bytes.byte()?)?;
                Matcher::new(bytes.text()?, op, bytes.text()?).ok()
            })
            .collect();
        Some(Self {
            id,
            matchers: matchers?,
            starts_at: bytes.signed()?,
            ends_at: bytes.signed()?,
            updated_at: bytes.signed()?,
            created_by: bytes.text()?.to_owned(),
            comment: bytes.text()?.to_owned(),
            ends_with_alerts: bytes.byte()? == 1,
        })
    }
}

/// Whether all matchers fit; an absent label counts as empty.
pub(crate) fn matches_all(matchers: &[Matcher], labels: &Labels) -> bool {
    matchers
        .iter()
        .all(|matcher| matcher.matches(labels.get(matcher.name()).unwrap_or("")))
}

fn op_byte(op: MatchOp) -> u8 {
    match op {
        MatchOp::Equal => 0,
        MatchOp::NotEqual => 1,
        MatchOp::Regex => 2,
        MatchOp::NotRegex => 3,
    }
}

fn op_of(byte: u8) -> Option<MatchOp> {
    match byte {
        0 => Some(MatchOp::Equal),
        1 => Some(MatchOp::NotEqual),
        2 => Some(MatchOp::Regex),
        3 => Some(MatchOp::NotRegex),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn silence(matchers: Vec<Matcher>) -> Silence {
        Silence {
            id: String::new(),
            matchers,
            starts_at: 10,
            ends_at: 20,
            updated_at: 0,
            created_by: "me".to_owned(),
            comment: "why".to_owned(),
            ends_with_alerts: false,
        }
    }

    #[test]
    fn a_silence_has_its_time() {
        let silence = silence(vec![]);
        for (now, state) in [
            (9, SilenceState::Pending),
            (10, SilenceState::Active),
            (19, SilenceState::Active),
            (20, SilenceState::Expired),
        ] {
            assert_eq!(silence.state(now), state, "{now}");
        }
    }

    #[test]
    fn what_may_be_kept() {
        let regex = |value: &str| Matcher::new("a", MatchOp::Regex, value).unwrap();
        for (matchers, error) in [
            (vec![], Some("at least one matcher required")),
            (
                vec![regex(".*"), Matcher::equal("b", "")],
                Some("at least one matcher must not match the empty string"),
            ),
            (vec![regex(".+")], None),
            (vec![regex(".*"), Matcher::equal("b", "x")], None),
        ] {
            let found = silence(matchers).check();
            let expected = error.map(|e| SilenceError::Invalid(e.to_owned()));
            assert_eq!(found.err(), expected);
        }
    }

    #[test]
    fn what_names_nothing() {
        let matcher = |op, value| Matcher::new("a", op, value).unwrap();
        for (matchers, nothing) in [
            (vec![matcher(MatchOp::Regex, ".+")], true),
            (vec![matcher(MatchOp::NotEqual, "")], true),
            (vec![matcher(MatchOp::NotEqual, "x")], false),
            (vec![matcher(MatchOp::NotRegex, "x|y")], false),
            (
                vec![matcher(MatchOp::Regex, ".+"), Matcher::equal("b", "x")],
                false,
            ),
            (vec![matcher(MatchOp::Regex, "x|y")], false),
        ] {
            assert_eq!(
                silence(matchers.clone()).names_nothing(),
                nothing,
                "{matchers:?}"
            );
        }
    }
}
