//! Lengths of time: literals and arithmetic on them.

use super::error::{Fault, Parsed};
use super::expression::Parser;
use super::token::{Kind, Time};
use crate::ast::{BinaryOp, DurationExpr, DurationOp, Span};

/// Longest duration in seconds: upstream counts nanoseconds in 64 bits.
const MAX_SECONDS: f64 = 9_223_372_036.854_775;

fn operator(kind: Kind) -> Option<(DurationOp, u8)> {
    let Kind::Operator(op) = kind else {
        return None;
    };
    Some(match op {
        BinaryOp::Add => (DurationOp::Add, 1),
        BinaryOp::Sub => (DurationOp::Sub, 1),
        BinaryOp::Mul => (DurationOp::Mul, SIGN),
        BinaryOp::Div => (DurationOp::Div, SIGN),
        BinaryOp::Mod => (DurationOp::Mod, SIGN),
        BinaryOp::Pow => (DurationOp::Pow, POWER),
        _ => return None,
    })
}

const LOWEST: u8 = 1;
const SIGN: u8 = 2;
const POWER: u8 = 3;

/// What an error says of where a duration stands and what may stand there.
#[derive(Clone, Copy)]
struct Place<'p> {
    context: &'p str,
    expected: &'p str,
}

impl Parser<'_> {
    /// A duration between square brackets: an expression; where it is a literal, above zero.
    pub(super) fn bracket_duration(
        &mut self,
        context: &str,
        expected: &str,
    ) -> Parsed<DurationExpr> {
        let start = self.token.span.start;
        let place = Place { context, expected };
        let (duration, _) = self.duration(place, LOWEST)?;
        let span = Span {
            start,
            end: self.end,
        };
        let duration = self.finished(duration, span)?;
        match duration {
            DurationExpr::Millis(millis) if millis <= 0 => {
                Err(Fault::new(span, "duration must be greater than 0"))
            }
            duration => Ok(duration),
        }
    }

    /// A duration behind `offset`: arithmetic only in parentheses.
    pub(super) fn duration_operand(
        &mut self,
        context: &str,
        expected: &str,
    ) -> Parsed<DurationExpr> {
        let start = self.token.span.start;
        let place = Place { context, expected };
        let negative = match self.token.kind {
            Kind::Operator(BinaryOp::Sub) => Some(true),
            Kind::Operator(BinaryOp::Add) => Some(false),
            _ => None,
        };
        if negative.is_some() {
            self.advance();
        }
        let is_word = matches!(self.token.kind, Kind::Time(_));
        let (duration, _) = self.duration_primary(place)?;
        let duration = match negative {
            // Upstream's tree keeps a plus here, and nowhere else.
            Some(false) if is_word => DurationExpr::Unary {
                negative: false,
                operand: Box::new(duration),
            },
            Some(negative) => sign(negative, duration),
            None => duration,
        };
        let span = Span {
            start,
            end: self.end,
        };
        self.finished(duration, span)
    }

    /// Makes a lone number milliseconds, and refuses an expression where they are off.
    fn finished(&self, duration: DurationExpr, span: Span) -> Parsed<DurationExpr> {
        match duration {
            DurationExpr::Number(seconds) => {
                if seconds.is_nan() || seconds.abs() > MAX_SECONDS {
                    return Err(Fault::new(span, "duration out of range"));
                }
                #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
                let millis = ((seconds * 1e9).round() / 1e6) as i64;
                Ok(DurationExpr::Millis(millis))
            }
            literal @ DurationExpr::Millis(_) => Ok(literal),
            expression if self.features.duration_expressions => Ok(expression),
            _ => {
                let message = "experimental duration expression is not enabled";
                Err(Fault::new(span, message))
            }
        }
    }

    /// An expression whose operators bind at least as tightly as `least`, and its height.
    fn duration(&mut self, place: Place<'_>, least: u8) -> Parsed<(DurationExpr, usize)> {
        let (mut left, mut height) = self.signed_duration(place)?;
        while let Some((op, precedence)) = operator(self.token.kind)
            && precedence >= least
        {
            let operator = self.advance();
            let (right, right_height) = match op {
                DurationOp::Pow => self.nested(|parser| parser.duration(place, POWER))?,
                _ => self.duration(place, precedence + 1)?,
            };
            if matches!(op, DurationOp::Div | DurationOp::Mod) && is_zero(&right) {
                let word = if op == DurationOp::Div {
                    "division"
                } else {
                    "modulo"
                };
                return Err(Fault::new(operator.span, format!("{word} by zero")));
            }
            height = self.above(height.max(right_height))?;
            left = DurationExpr::Binary {
                op,
                left: Box::new(left),
                right: Box::new(right),
            };
        }
        Ok((left, height))
    }

    fn signed_duration(&mut self, place: Place<'_>) -> Parsed<(DurationExpr, usize)> {
        let negative = match self.token.kind {
            Kind::Operator(BinaryOp::Sub) => true,
            Kind::Operator(BinaryOp::Add) => false,
            _ => return self.duration_primary(place),
        };
        self.advance();
        let (operand, height) = self.nested(|parser| parser.duration(place, SIGN + 1))?;
        Ok((sign(negative, operand), self.above(height)?))
    }

    fn duration_primary(&mut self, place: Place<'_>) -> Parsed<(DurationExpr, usize)> {
        let unexpected = |parser: &Self| parser.unexpected_in(place.context, place.expected);
        let duration = match self.token.kind {
            Kind::Number => {
                let span = self.token.span;
                let (seconds, _) = self.number()?;
                if seconds.abs() > MAX_SECONDS {
                    return Err(Fault::new(span, "duration out of range"));
                }
                DurationExpr::Number(seconds)
            }
            Kind::Duration => {
                let token = self.token;
                let millis = super::literal::millis(self.word(token))
                    .map_err(|message| Fault::new(token.span, message))?;
                self.advance();
                DurationExpr::Millis(millis)
            }
            Kind::LeftParen => {
                self.advance();
                let (inner, height) = self.nested(|parser| parser.duration(place, LOWEST))?;
                self.take(Kind::RightParen)
                    .ok_or_else(|| unexpected(self))?;
                return Ok((wrapped(inner), self.above(height)?));
            }
            Kind::Time(time @ (Time::Step | Time::Range)) => {
                self.advance();
                for kind in [Kind::LeftParen, Kind::RightParen] {
                    self.take(kind).ok_or_else(|| unexpected(self))?;
                }
                match time {
                    Time::Step => DurationExpr::Step,
                    _ => DurationExpr::Range,
                }
            }
            Kind::Time(time @ (Time::MinOf | Time::MaxOf)) => {
                return self.of_two(place, time == Time::MinOf);
            }
            _ => return Err(unexpected(self)),
        };
        Ok((duration, 1))
    }

    /// `min_of(a, b)` or `max_of(a, b)`.
    fn of_two(&mut self, place: Place<'_>, smaller: bool) -> Parsed<(DurationExpr, usize)> {
        let unexpected = |parser: &Self| parser.unexpected_in(place.context, place.expected);
        self.advance();
        self.take(Kind::LeftParen).ok_or_else(|| unexpected(self))?;
        let (left, left_height) = self.nested(|parser| parser.duration(place, LOWEST))?;
        self.take(Kind::Comma).ok_or_else(|| unexpected(self))?;
        let (right, right_height) = self.nested(|parser| parser.duration(place, LOWEST))?;
        self.take(Kind::RightParen)
            .ok_or_else(|| unexpected(self))?;
        let duration = DurationExpr::Binary {
            op: if smaller {
                DurationOp::Min
            } else {
                DurationOp::Max
            },
            left: Box::new(left),
            right: Box::new(right),
        };
        Ok((duration, self.above(left_height.max(right_height))?))
    }
}

fn is_zero(duration: &DurationExpr) -> bool {
    match duration {
        DurationExpr::Millis(millis) => *millis == 0,
        DurationExpr::Number(number) => *number == 0.0,
        _ => false,
    }
}

/// What stands between parentheses: a literal needs none, and nothing needs two pairs.
fn wrapped(inner: DurationExpr) -> DurationExpr {
    match inner {
        DurationExpr::Millis(_) | DurationExpr::Number(_) | DurationExpr::Paren(_) => inner,
        expression => DurationExpr::Paren(Box::new(expression)),
    }
}

/// A sign before a duration; that of a literal is part of it, and a plus is nothing.
fn sign(negative: bool, operand: DurationExpr) -> DurationExpr {
    match operand {
        operand if !negative => operand,
        DurationExpr::Millis(millis) => DurationExpr::Millis(millis.saturating_neg()),
        DurationExpr::Number(number) => DurationExpr::Number(-number),
        operand => DurationExpr::Unary {
            negative: true,
            operand: Box::new(operand),
        },
    }
}
