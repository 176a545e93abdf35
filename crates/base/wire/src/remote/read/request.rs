//! What is asked for.

use model::{MatchOp, Matcher};

use super::BadRead;
use crate::fields::{Fields, numbers};
use crate::remote::put;

/// Several queries at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadRequest {
    /// Answered in this order.
    pub queries: Vec<ReadQuery>,
    /// The forms of answers that the asker takes, as numbers, best first; none means samples.
    pub accepted: Vec<u64>,
}

/// One query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadQuery {
    /// The first millisecond since the epoch.
    pub start: i64,
    /// The last one.
    pub end: i64,
    /// All must hold.
    pub matchers: Vec<Matcher>,
    /// What the series are for.
    pub hints: Option<Hints>,
}

/// What an asker wants series for. Of all that may be said here, what changes answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hints {
    /// The first millisecond that is looked at, which takes the place of the query's.
    pub start: i64,
    /// The last one, likewise.
    pub end: i64,
    /// The function around the selector, such as `rate`; `series` asks for no samples.
    pub function: String,
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerForm {
    /// Plain samples in one message.
    Samples,
    /// Chunks in a stream of frames.
    Chunks,
}

impl AnswerForm {
    /// The number that messages have for it.
    pub fn number(self) -> u64 {
        match self {
            Self::Samples => 0,
            Self::Chunks => 1,
        }
    }
}

impl ReadRequest {
    /// Reads a request, decompressed.
    ///
    /// # Errors
    /// Where it is none, or a matcher makes no sense.
    pub fn decode(message: &[u8]) -> Result<Self, BadRead> {
        let mut request = Self::default();
        let mut fields = Fields(message);
        while let Some((field, value)) = fields.next()? {
            match field {
                1 => request.queries.push(query(value.bytes(field)?)?),
                2 => numbers(value, field, |number| {
                    request.accepted.push(number);
                    Ok(())
                })?,
                _ => {}
            }
        }
        Ok(request)
    }

    /// The form of the answer; `None` where no form is asked for that there is.
    pub fn form(&self) -> Option<AnswerForm> {
        if self.accepted.is_empty() {
            return Some(AnswerForm::Samples);
        }
        let forms = [AnswerForm::Samples, AnswerForm::Chunks];
        let known = |number: &u64| forms.into_iter().find(|form| form.number() == *number);
        self.accepted.iter().find_map(known)
    }

    /// The request as a message, not compressed.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for query in &self.queries {
            put::message(&mut out, 1, |out| query.write(out));
        }
        if !self.accepted.is_empty() {
            put::message(&mut out, 2, |out| {
                self.accepted
                    .iter()
                    .for_each(|form| put::varint(out, *form));
            });
        }
        out
    }
}

impl ReadQuery {
    /// The stretch of time that is looked at, both ends included.
    pub fn range(&self) -> (i64, i64) {
        let own = (self.start, self.end);
        self.hints
            .as_ref()
            .map_or(own, |hints| (hints.start, hints.end))
    }

    /// Whether labels alone are wanted.
    pub fn is_for_labels(&self) -> bool {
        let hints = self.hints.as_ref();
        hints.is_some_and(|hints| hints.function == "series")
    }

    fn write(&self, out: &mut Vec<u8>) {
        put::number(out, 1, self.start as u64);
        put::number(out, 2, self.end as u64);
        for matcher in &self.matchers {
            let kind = match matcher.op() {
                MatchOp::Equal => 0,
                MatchOp::NotEqual => 1,
                MatchOp::Regex => 2,
                MatchOp::NotRegex => 3,
            };
            put::message(out, 3, |out| {
                put::number(out, 1, kind);
                put::bytes(out, 2, matcher.name().as_bytes());
                put::bytes(out, 3, matcher.value().as_bytes());
            });
        }
        if let Some(hints) = &self.hints {
            put::message(out, 4, |out| {
                put::bytes(out, 2, hints.function.as_bytes());
                put::number(out, 3, hints.start as u64);
                put::number(out, 4, hints.end as u64);
            });
        }
    }
}

fn query(message: &[u8]) -> Result<ReadQuery, BadRead> {
    let mut query = ReadQuery::default();
    let mut fields = Fields(message);
    while let Some((field, value)) = fields.next()? {
        match field {
            1 => query.start = value.number(field)? as i64,
            2 => query.end = value.number(field)? as i64,
            3 => query.matchers.push(matcher(value.bytes(field)?)?),
            4 => query.hints = Some(hints(value.bytes(field)?)?),
            _ => {}
        }
    }
    Ok(query)
}

fn matcher(message: &[u8]) -> Result<Matcher, BadRead> {
    let (mut kind, mut name, mut text) = (0, "", "");
    let mut fields = Fields(message);
    while let Some((field, value)) = fields.next()? {
        match field {
            1 => kind = value.number(field)?,
            2 => name = value.text(field)?,
            3 => text = value.text(field)?,
            _ => {}
        }
    }
    let op = match kind {
        0 => MatchOp::Equal,
        1 => MatchOp::NotEqual,
        2 => MatchOp::Regex,
        3 => MatchOp::NotRegex,
        other => return Err(BadRead::Matcher(other)),
    };
    Ok(Matcher::new(name, op, text)?)
}

fn hints(message: &[u8]) -> Result<Hints, BadRead> {
    let mut hints = Hints::default();
    let mut fields = Fields(message);
    while let Some((field, value)) = fields.next()? {
        match field {
            2 => hints.function = value.text(field)?.to_owned(),
            3 => hints.start = value.number(field)? as i64,
            4 => hints.end = value.number(field)? as i64,
            _ => {}
        }
    }
    Ok(hints)
}
