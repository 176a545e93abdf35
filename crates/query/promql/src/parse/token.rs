//! The words of a query and how errors call them.

use model::name::quoted;

use crate::ast::{AggregateOp, BinaryOp, Span};

/// What a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The end of the text.
    End,
    /// A fault of the lexer, which the parser keeps beside the token.
    Error,
    /// A name without colons.
    Identifier,
    /// A name with colons.
    MetricIdentifier,
    Number,
    Duration,
    String,
    LeftParen,
    RightParen,
    LeftBrace,
    RightBrace,
    LeftBracket,
    RightBracket,
    Comma,
    Colon,
    /// `=`
    Assign,
    /// `@`
    At,
    /// `=~`
    Regex,
    /// `!~`
    NotRegex,
    Operator(BinaryOp),
    Aggregate(AggregateOp),
    Keyword(Keyword),
    /// A word that is also a function of the query's own times.
    Time(Time),
}

/// Words with a meaning of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
    Anchored,
    Bool,
    By,
    Fill,
    FillLeft,
    FillRight,
    GroupLeft,
    GroupRight,
    Ignoring,
    Offset,
    On,
    Smoothed,
    Without,
}

/// Functions that may stand in durations or behind `@`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Time {
    Start,
    End,
    Step,
    Range,
    MinOf,
    MaxOf,
}

/// A word and its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

impl Kind {
    /// The kind of a name; keywords are known in any case.
    pub(super) fn of_word(word: &str) -> Self {
        use Kind::{Aggregate, Operator, Time as T};
        let lower = word.to_ascii_lowercase();
        match lower.as_str() {
            "and" => Operator(BinaryOp::And),
            "or" => Operator(BinaryOp::Or),
            "unless" => Operator(BinaryOp::Unless),
            "atan2" => Operator(BinaryOp::Atan2),
            "start" => T(Time::Start),
            "end" => T(Time::End),
            "step" => T(Time::Step),
            "range" => T(Time::Range),
            "min_of" => T(Time::MinOf),
            "max_of" => T(Time::MaxOf),
            "inf" | "nan" => Self::Number,
            other => match (AggregateOp::from_name(other), Keyword::from_name(other)) {
                (Some(op), _) => Aggregate(op),
                (None, Some(keyword)) => Self::Keyword(keyword),
                (None, None) if word.contains(':') => Self::MetricIdentifier,
                (None, None) => Self::Identifier,
            },
        }
    }

    /// Whether an expression may begin with it.
    pub(super) fn begins_expression(self) -> bool {
        let begins = matches!(
            self,
            Self::Number
                | Self::Duration
                | Self::String
                | Self::LeftParen
                | Self::LeftBrace
                | Self::Operator(BinaryOp::Add | BinaryOp::Sub)
        );
        begins || self.names_metric()
    }

    /// Whether a metric may bear this word as its name without quotes.
    pub(super) fn names_metric(self) -> bool {
        match self {
            Self::Identifier | Self::MetricIdentifier | Self::Aggregate(_) | Self::Time(_) => true,
            Self::Operator(op) => op.is_set(),
            Self::Keyword(keyword) => matches!(
                keyword,
                Keyword::By
                    | Keyword::Without
                    | Keyword::Offset
                    | Keyword::Fill
                    | Keyword::FillLeft
                    | Keyword::FillRight
                    | Keyword::Anchored
                    | Keyword::Smoothed
            ),
            _ => false,
        }
    }

    /// Whether a label may bear this word as its name where labels are listed.
    pub(super) fn names_label(self) -> bool {
        match self {
            Self::Identifier
            | Self::MetricIdentifier
            | Self::Aggregate(_)
            | Self::Time(_)
            | Self::Keyword(_) => true,
            Self::Operator(op) => op.is_set() || op == BinaryOp::Atan2,
            _ => false,
        }
    }

    /// How an error calls this word.
    pub(super) fn describe(self, text: &str) -> String {
        match self {
            Self::End => "end of input".to_owned(),
            Self::Identifier => format!("identifier {}", quoted(text)),
            Self::MetricIdentifier => format!("metric identifier {}", quoted(text)),
            Self::Number => format!("number {}", shortened(text)),
            Self::Duration => format!("duration {}", shortened(text)),
            Self::String => format!("string {}", shortened(text)),
            Self::Operator(_) | Self::At | Self::Regex | Self::NotRegex => format!("<op:{text}>"),
            Self::Aggregate(_) => format!("<aggr:{text}>"),
            Self::Keyword(_) => format!("<{text}>"),
            _ => shortened(text),
        }
    }
}

impl Keyword {
    /// Whether it is `fill` or one of its sides.
    pub(super) fn is_fill(self) -> bool {
        matches!(self, Self::Fill | Self::FillLeft | Self::FillRight)
    }

    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "anchored" => Self::Anchored,
            "bool" => Self::Bool,
            "by" => Self::By,
            "fill" => Self::Fill,
            "fill_left" => Self::FillLeft,
            "fill_right" => Self::FillRight,
            "group_left" => Self::GroupLeft,
            "group_right" => Self::GroupRight,
            "ignoring" => Self::Ignoring,
            "offset" => Self::Offset,
            "on" => Self::On,
            "smoothed" => Self::Smoothed,
            "without" => Self::Without,
            _ => return None,
        })
    }
}

/// A text in quotes, cut where it is longer than ten bytes.
fn shortened(text: &str) -> String {
    const SHOWN: usize = 10;
    if text.len() <= SHOWN {
        return quoted(text);
    }
    let head: String = text.chars().take(SHOWN).collect();
    format!("{}...", quoted(&head))
}
