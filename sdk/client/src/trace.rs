//! Exemplars: which trace an observation belongs to.
//!
//! A registry is told once how to find the current trace; each observation of a histogram then
//! keeps the trace of the last value that fell into each bucket. Without such a function nothing
//! is asked and nothing kept.

use std::fmt::{self, Write as _};
use std::sync::{Arc, OnceLock};

use prometheus_client::encoding::{EncodeLabelValue, LabelValueEncoder};

/// The identity of a trace, as W3C Trace Context has it: 128 bits, never nought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceId(u128);

impl TraceId {
    /// Of its number; `None` for nought, which the standard calls invalid.
    #[must_use]
    pub fn new(number: u128) -> Option<Self> {
        (number != 0).then_some(Self(number))
    }

    /// Of its 32 hexadecimal digits.
    ///
    /// ```
    /// use argand_client::TraceId;
    /// let id = TraceId::parse("4bf92f3577b34da6a3ce929d0e0e4736").unwrap();
    /// assert_eq!(id.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
    /// assert!(TraceId::parse("4bf9").is_none());
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        u128::from_str_radix(text, 16).ok().and_then(Self::new)
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl EncodeLabelValue for TraceId {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        write!(encoder, "{self}")
    }
}

/// Finds the trace that the caller is in.
type Find = Box<dyn Fn() -> Option<TraceId> + Send + Sync>;

/// How the metrics of one registry find the current trace; set once, shared by all of them.
#[derive(Clone, Default)]
pub(crate) struct Tracer(Arc<OnceLock<Find>>);

impl Tracer {
    /// Sets the function; the first one stays.
    pub(crate) fn set(&self, find: Find) {
        let _ = self.0.set(find);
    }

    /// The trace that the caller is in; costs one atomic load when nobody asked for exemplars.
    pub(crate) fn current(&self) -> Option<TraceId> {
        self.0.get().and_then(|find| find())
    }
}

impl fmt::Debug for Tracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tracer")
            .field(&self.0.get().is_some())
            .finish()
    }
}

/// The trace of the current span of OpenTelemetry, when it is sampled: a trace that nobody keeps
/// is of no use to whoever follows the exemplar. The `tracing` spans of `tracing-opentelemetry`
/// are current in this sense while they are entered.
#[cfg(feature = "tracing")]
pub(crate) fn from_opentelemetry() -> Option<TraceId> {
    use opentelemetry::trace::TraceContextExt as _;
    opentelemetry::Context::map_current(|context| {
        let span = context.span();
        let found = span.span_context();
        if !found.is_sampled() {
            return None;
        }
        TraceId::new(u128::from_be_bytes(found.trace_id().to_bytes()))
    })
}
