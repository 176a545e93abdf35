//! PromQL: text to plan to values.
//!
//! [`parse`] turns a query's text into an [`ast::Expr`] whose types have been checked; the
//! [`Engine`] evaluates it over whatever is [`contract::Select`].
//!
//! The way of a query: `engine` (text, queue, answer) > `eval` (nodes over all steps at once) >
//! `kernels` (one series' samples to one column), `aggregate`, `binary`, `calls`. A column is a
//! slice with one number a step. What follows from the text alone, such as which parts stand in it
//! twice, is the `plan`.
//!
//! Native histograms stand beside that slice, by step, in a list that takes no memory where a
//! series has none (`column`); they are shared, not copied, from node to node. Whoever computes a
//! column asks once a series whether there are histograms, and takes another way if so: kernels
//! that look at every window afresh (`kernels::mixed`) instead of those that move along plain
//! numbers. So a query over numbers pays one test a series. The arithmetic is in `histogram`,
//! which knows nothing of series and steps.
//!
//! What a query may spend is in `budget` (time, samples) and `memory` (bytes); who waits for whom
//! for a place in `queue` and for a processor in `slots`; what it looked at in `tally`. Whatever runs long asks the budget every few
//! milliseconds whether to go on, and so does the store on its behalf.

mod aggregate;
mod answer;
pub mod ast;
mod binary;
mod brief;
mod budget;
mod calls;
mod column;
mod engine;
mod error;
mod eval;
mod format;
pub mod functions;
mod grouping;
mod histogram;
mod kernels;
mod memory;
mod meters;
mod notes;
mod observe;
pub mod parse;
mod plan;
mod queue;
mod rule_queries;
pub mod script;
mod selectors;
mod slots;
mod sorting;
mod tally;
mod text;
mod value;

pub use budget::{Allowance, CancelToken};
pub use engine::{Engine, EngineOptions, Moments, Prepared, QueryOptions};
pub use error::QueryError;
pub use format::prettify;
pub use memory::Held;
pub use observe::{HttpOrigin, Origin, QueryObserver, QueryRecord};
pub use parse::{
    Features, ParseError, parse, parse_any_series_selector, parse_series_selector, parse_with,
};
pub use plan::{PlanNode, explain};
pub use rule_queries::RuleQueries;
pub use selectors::selectors;
pub use tally::StepSamples;
pub use value::{
    HistogramBucket, InstantSample, QueryResult, RangeSeries, SampleValue, Stats, Value,
    histogram_buckets,
};
