//! PromQL: text to plan to values.
//!
//! [`parse`] turns a query's text into an [`ast::Expr`] whose types have been checked; the
//! [`Engine`] evaluates it over whatever is [`contract::Select`].
//!
//! The way of a query: `engine` (text, queue, answer) > `eval` (nodes over all steps at once) >
//! `kernels` (one series' samples to one column), `aggregate`, `binary`, `calls`. A column is a
//! slice with one number a step. Absent are native histograms and the range modifiers `anchored`
//! and `smoothed`: a query that needs them fails and says so.

mod aggregate;
pub mod ast;
mod binary;
mod budget;
mod calls;
mod column;
mod engine;
mod error;
mod eval;
mod format;
pub mod functions;
mod grouping;
mod kernels;
mod notes;
pub mod parse;
pub mod script;

mod value;

pub use budget::CancelToken;
pub use engine::{Engine, EngineOptions, QueryOptions};
pub use error::QueryError;
pub use format::prettify;
pub use parse::{
    Features, ParseError, parse, parse_any_series_selector, parse_series_selector, parse_with,
};
pub use value::{InstantSample, QueryResult, RangeSeries, Stats, Value};
