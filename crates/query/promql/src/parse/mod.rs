//! Text to syntax tree.
//!
//! [`parse`] reads a query and checks its types. In comes any text; out goes a tree that the
//! engine may trust (argument counts and types fit), or a [`ParseError`] in upstream's words with
//! line and column. The first fault found ends the work.
//!
//! The stages: `lexer` cuts words; `expression` and its siblings build the tree by precedence
//! climbing; `check` walks it for types. Nothing is evaluated, and no clock or data is asked.
//!
//! Depth is bounded by [`MAX_NESTING`] and [`MAX_HEIGHT`], so that neither this module nor
//! whoever walks the tree runs out of stack.

mod call;
mod check;
mod duration;
mod error;
mod expression;
mod lexer;
mod literal;
mod matching;
mod modifier;
mod selector;
mod token;

use model::Matcher;

pub use error::ParseError;

use crate::ast::{Expr, Span};
use error::{Fault, Parsed};
use expression::Parser;

/// Longest query in bytes; people's and dashboards' longest have some tens of kilobytes.
pub const MAX_QUERY_BYTES: usize = 1 << 20;

/// How deep parentheses, calls and signs may nest: each level costs the parser some kilobytes of
/// stack, and a thread has two megabytes.
pub const MAX_NESTING: usize = 100;

/// How tall a tree may be, counted in nodes from root to leaf: a chain `a + b + c …` grows by one
/// a term, and every walk over the tree recurses that deep.
pub const MAX_HEIGHT: usize = 500;

/// Parts of the language that are or were not stable upstream; off by default but for arithmetic
/// on durations, which has become stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features {
    /// Functions and aggregations marked experimental (`promql-experimental-functions`).
    pub experimental_functions: bool,
    /// Arithmetic on durations (`promql-duration-expr`).
    pub duration_expressions: bool,
    /// `anchored` and `smoothed` (`promql-extended-range-selectors`).
    pub extended_range_selectors: bool,
    /// `fill`, `fill_left` and `fill_right` (`promql-binop-fill-modifiers`).
    pub binop_fill: bool,
}

impl Default for Features {
    fn default() -> Self {
        Self {
            experimental_functions: false,
            duration_expressions: true,
            extended_range_selectors: false,
            binop_fill: false,
        }
    }
}

impl Features {
    /// Everything on.
    pub const ALL: Self = Self {
        experimental_functions: true,
        duration_expressions: true,
        extended_range_selectors: true,
        binop_fill: true,
    };
}

/// Reads a query of the stable language.
///
/// ```
/// let query = promql::parse("sum by (job) (rate(http_requests_total[5m]))").expect("valid");
/// assert_eq!(query.to_string(), "sum by (job) (rate(http_requests_total[5m]))");
/// let error = promql::parse("rate(up)").expect_err("no range");
/// assert_eq!(
///     error.to_string(),
///     r#"1:6: parse error: expected type range vector in call to function "rate", got instant vector"#
/// );
/// ```
pub fn parse(text: &str) -> Result<Expr, ParseError> {
    parse_with(text, &Features::default())
}

/// Reads a query with the given unstable parts of the language.
pub fn parse_with(text: &str, features: &Features) -> Result<Expr, ParseError> {
    let read = || {
        check_size(text)?;
        let expr = Parser::new(text, features)?.query()?;
        check::check(&expr, text)?;
        Ok(expr)
    };
    read().map_err(|fault: Fault| fault.locate(text))
}

/// Reads a selector of series, as parameter `match[]` has it. At least one matcher must refuse
/// the empty value.
pub fn parse_series_selector(text: &str) -> Result<Vec<Matcher>, ParseError> {
    let matchers = parse_any_series_selector(text)?;
    if matchers.iter().all(Matcher::matches_absent) {
        return Err(ParseError::MatchesEverything);
    }
    Ok(matchers)
}

/// As [`parse_series_selector`], and the matchers may fit every series: for tools that read all.
pub fn parse_any_series_selector(text: &str) -> Result<Vec<Matcher>, ParseError> {
    let read = || {
        check_size(text)?;
        Parser::new(text, &Features::default())?.series_selector()
    };
    read().map_err(|fault: Fault| fault.locate(text))
}

fn check_size(text: &str) -> Parsed<()> {
    if text.len() <= MAX_QUERY_BYTES {
        return Ok(());
    }
    let message = format!(
        "query of {} bytes is longer than {MAX_QUERY_BYTES} bytes; split it with recording rules",
        text.len()
    );
    Err(Fault::new(Span::default(), message))
}
