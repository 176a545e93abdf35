//! PromQL: text to plan to values.
//!
//! [`parse`] turns a query's text into an [`ast::Expr`] whose types have been checked; the engine
//! evaluates it over whatever is [`contract::Select`].

pub mod ast;
mod format;
pub mod functions;
pub mod parse;

pub use format::prettify;
pub use parse::{Features, ParseError, parse, parse_series_selector, parse_with};
