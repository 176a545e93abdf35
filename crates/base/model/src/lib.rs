//! The plain values that every stage passes on.
//!
//! A *sample* is a number at a moment; a *series* is the samples that share one set of [`Labels`];
//! a [`Matcher`] says which series are meant; a [`Pattern`] is the regular expression inside one.
//! [`Family`] is what a program says about its own state, and [`instrument`] holds the counters it
//! says it with.
//!
//! What is absent: files, sockets, clocks and locks other than those of an instrument. A value of
//! this crate is right by construction; whoever reads foreign bytes checks them first.
//!
//! ```
//! use model::{Labels, Matcher, MatchOp};
//!
//! let series = Labels::from_pairs([("job", "node"), ("__name__", "up")]);
//! assert_eq!(series.to_string(), r#"{__name__="up", job="node"}"#);
//! let matcher = Matcher::new("job", MatchOp::Regex, "n.*").expect("a valid pattern");
//! assert!(matcher.matches(series.get("job").unwrap_or("")));
//! ```

mod alert;
pub mod duration;
mod exemplar;
mod family;
pub mod histogram;
pub mod instrument;
mod labels;
mod matcher;
pub mod name;
pub mod number;
mod pattern;
mod sample;
mod summary;
mod trace;

pub use alert::{Alert, fingerprint};
pub use exemplar::Exemplar;
pub use family::{Family, FamilyKind, Point, PointValue};
pub use histogram::{
    CUSTOM_SCHEMA, FloatHistogram, Histogram, HistogramSample, HistogramValue, IntegerHistogram,
    MAX_SCHEMA, MIN_SCHEMA, ResetHint, Span,
};
pub use labels::{Labels, LabelsBuilder, METRIC_NAME};
pub use matcher::{MatchOp, Matcher};
pub use pattern::{Found, Pattern, PatternError, Search};
pub use sample::{Columns, STALE_NAN_BITS, Sample, is_stale, same_value, stale_nan};
pub use trace::{NoTraceContext, TraceContext};
