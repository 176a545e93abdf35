//! PromQL: text to plan to values.
//!
//! [`parse`] turns a query's text into an [`ast::Expr`] whose types have been checked; the engine
//! evaluates it over whatever is [`contract::Select`].

pub mod ast;
pub mod functions;
