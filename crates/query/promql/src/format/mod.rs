//! Syntax tree to text: one line, in upstream's canonical form.
//!
//! What is written reads back as the same tree. [`prettify`] breaks long lines.

mod pretty;

use std::fmt::{self, Display, Formatter, Write};

use model::{METRIC_NAME, MatchOp, duration, name, number};

use crate::ast::{
    Aggregate, At, Binary, Call, Cardinality, DurationExpr, DurationOp, Expr, ExprKind, Matching,
    RangeMode, VectorSelector,
};

pub use pretty::prettify;

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Number { value, as_duration } => write_number(f, *value, *as_duration),
            ExprKind::String(text) => write!(f, "{text}"),
            ExprKind::Vector(selector) => {
                write_series(f, selector)?;
                write_at(f, selector.at)?;
                write_mode(f, selector.mode)?;
                write_offset(f, &selector.offset)
            }
            ExprKind::Matrix(matrix) => {
                write_series(f, &matrix.selector)?;
                write!(f, "[{}]", matrix.range)?;
                write_mode(f, matrix.selector.mode)?;
                write_at(f, matrix.selector.at)?;
                write_offset(f, &matrix.selector.offset)
            }
            ExprKind::Subquery(subquery) => {
                write!(f, "{}", subquery.expr)?;
                write_subquery_suffix(f, subquery)
            }
            ExprKind::Aggregate(aggregate) => {
                write_aggregate_head(f, aggregate)?;
                f.write_char('(')?;
                if let Some(param) = &aggregate.param {
                    write!(f, "{param}, ")?;
                }
                write!(f, "{})", aggregate.expr)
            }
            ExprKind::Call(call) => write_call(f, call),
            ExprKind::Binary(binary) => {
                write!(f, "{} ", binary.left)?;
                write_operator(f, binary)?;
                write!(f, " {}", binary.right)
            }
            ExprKind::Unary { negative, operand } => {
                write!(f, "{}{operand}", if *negative { "-" } else { "+" })
            }
            ExprKind::Paren(inner) => write!(f, "({inner})"),
        }
    }
}

fn write_number(f: &mut Formatter<'_>, value: f64, as_duration: bool) -> fmt::Result {
    if as_duration {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "it was read from milliseconds"
        )]
        let millis = (value * 1000.0).round() as i64;
        return f.write_str(&duration::format(millis));
    }
    let mut out = String::new();
    number::push_plain(&mut out, value);
    f.write_str(&out)
}

/// The name and the braces. Matchers are sorted by their text.
pub(super) fn write_series(f: &mut Formatter<'_>, selector: &VectorSelector) -> fmt::Result {
    let name = selector.name.as_deref().unwrap_or_default();
    f.write_str(name)?;
    let is_name = |m: &&model::Matcher| {
        !name.is_empty() && m.name() == METRIC_NAME && m.op() == MatchOp::Equal && m.value() == name
    };
    let others = selector.matchers.iter().filter(|m| !is_name(m));
    let mut texts: Vec<String> = others.map(ToString::to_string).collect();
    texts.sort_unstable();
    if texts.is_empty() {
        // An empty selector is allowed as the second argument of `info`.
        return if name.is_empty() {
            f.write_str("{}")
        } else {
            Ok(())
        };
    }
    write!(f, "{{{}}}", texts.join(","))
}

fn write_at(f: &mut Formatter<'_>, at: Option<At>) -> fmt::Result {
    match at {
        None => Ok(()),
        Some(At::Start) => f.write_str(" @ start()"),
        Some(At::End) => f.write_str(" @ end()"),
        Some(At::Time(millis)) => {
            let sign = if millis < 0 { "-" } else { "" };
            let size = millis.unsigned_abs();
            write!(f, " @ {sign}{}.{:03}", size / 1000, size % 1000)
        }
    }
}

fn write_mode(f: &mut Formatter<'_>, mode: RangeMode) -> fmt::Result {
    match mode {
        RangeMode::Plain => Ok(()),
        mode => write!(f, " {}", mode.as_str()),
    }
}

fn write_offset(f: &mut Formatter<'_>, offset: &DurationExpr) -> fmt::Result {
    match offset {
        DurationExpr::Millis(0) => Ok(()),
        offset => write!(f, " offset {offset}"),
    }
}

fn write_subquery_suffix(f: &mut Formatter<'_>, subquery: &crate::ast::Subquery) -> fmt::Result {
    write!(f, "[{}:", subquery.range)?;
    if let Some(step) = &subquery.step {
        write!(f, "{step}")?;
    }
    f.write_char(']')?;
    write_at(f, subquery.at)?;
    write_offset(f, &subquery.offset)
}

/// The operator and its grouping.
fn write_aggregate_head(f: &mut Formatter<'_>, aggregate: &Aggregate) -> fmt::Result {
    f.write_str(aggregate.op.as_str())?;
    let grouping = &aggregate.grouping;
    if grouping.without {
        f.write_str(" without ")?;
    } else if grouping.labels.is_empty() {
        return Ok(());
    } else {
        f.write_str(" by ")?;
    }
    write_labels(f, &grouping.labels)?;
    f.write_char(' ')
}

fn write_call(f: &mut Formatter<'_>, call: &Call) -> fmt::Result {
    write!(f, "{}(", call.function.name)?;
    for (place, arg) in call.args.iter().enumerate() {
        if place > 0 {
            f.write_str(", ")?;
        }
        write!(f, "{arg}")?;
    }
    f.write_char(')')
}

/// The operator, `bool` and how the sides match.
fn write_operator(f: &mut Formatter<'_>, binary: &Binary) -> fmt::Result {
    f.write_str(binary.op.as_str())?;
    if binary.return_bool {
        f.write_str(" bool")?;
    }
    match &binary.matching {
        None => Ok(()),
        Some(matching) => write_matching(f, matching),
    }
}

fn write_matching(f: &mut Formatter<'_>, matching: &Matching) -> fmt::Result {
    let group = match matching.cardinality {
        Cardinality::ManyToOne => Some(" group_left "),
        Cardinality::OneToMany => Some(" group_right "),
        Cardinality::OneToOne | Cardinality::ManyToMany => None,
    };
    if matching.on || !matching.labels.is_empty() || group.is_some() {
        f.write_str(if matching.on { " on " } else { " ignoring " })?;
        write_labels(f, &matching.labels)?;
    }
    if let Some(group) = group {
        f.write_str(group)?;
        write_labels(f, &matching.include)?;
    }
    match (matching.fill_left, matching.fill_right) {
        (Some(left), Some(right)) if left == right => write_fill(f, "fill", Some(left)),
        (left, right) => {
            write_fill(f, "fill_left", left)?;
            write_fill(f, "fill_right", right)
        }
    }
}

fn write_fill(f: &mut Formatter<'_>, word: &str, value: Option<f64>) -> fmt::Result {
    let Some(value) = value else { return Ok(()) };
    let mut number = String::new();
    number::push_general(&mut number, value);
    write!(f, " {word} ({number})")
}

/// `(a, b)`
fn write_labels(f: &mut Formatter<'_>, labels: &[String]) -> fmt::Result {
    f.write_char('(')?;
    for (place, label) in labels.iter().enumerate() {
        if place > 0 {
            f.write_str(", ")?;
        }
        if name::is_legacy_label(label) {
            f.write_str(label)?;
        } else {
            name::write_quoted(f, label)?;
        }
    }
    f.write_char(')')
}

impl Display for DurationExpr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Millis(millis) => f.write_str(&duration::format(*millis)),
            Self::Number(value) => write_number(f, *value, false),
            Self::Step => f.write_str("step()"),
            Self::Range => f.write_str("range()"),
            Self::Unary { negative, operand } => {
                write!(f, "{}{operand}", if *negative { "-" } else { "" })
            }
            Self::Binary { op, left, right } => match op.symbol() {
                Ok(symbol) => write!(f, "{left} {symbol} {right}"),
                Err(function) => write!(f, "{function}({left}, {right})"),
            },
            Self::Paren(inner) => write!(f, "({inner})"),
        }
    }
}

impl DurationOp {
    /// The operator's symbol, or as `Err` the name of the function it is.
    fn symbol(self) -> Result<char, &'static str> {
        Ok(match self {
            Self::Add => '+',
            Self::Sub => '-',
            Self::Mul => '*',
            Self::Div => '/',
            Self::Mod => '%',
            Self::Pow => '^',
            Self::Min => return Err("min_of"),
            Self::Max => return Err("max_of"),
        })
    }
}
