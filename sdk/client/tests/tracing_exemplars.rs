//! Exemplars from the current span of OpenTelemetry.
#![allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]

use argand_client::{Format, Registry};
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId};

/// Observes a value inside a span of this trace.
fn observe_within(registry: &Registry, name: &str, trace: u128, flags: TraceFlags) {
    let histogram = registry.histogram(name, "Wait").unwrap();
    let span = SpanContext::new(
        TraceId::from(trace),
        SpanId::from(7),
        flags,
        false,
        opentelemetry::trace::TraceState::default(),
    );
    let _inside = Context::new().with_remote_span_context(span).attach();
    histogram.observe(0.3);
}

#[test]
fn traces_that_are_kept_are_exemplars() {
    let registry = Registry::new();
    registry.exemplars_from_opentelemetry();
    observe_within(&registry, "kept_seconds", 0xabc, TraceFlags::SAMPLED);
    observe_within(&registry, "lost_seconds", 0xdef, TraceFlags::default());
    registry
        .histogram("none_seconds", "Wait")
        .unwrap()
        .observe(0.3);
    let text = registry.text(Format::OpenMetrics);
    let exemplars: Vec<&str> = text.lines().filter(|line| line.contains(" # {")).collect();
    let [only] = exemplars.as_slice() else {
        unreachable!("one exemplar in {text}");
    };
    assert!(only.starts_with(
        "kept_seconds_bucket{le=\"0.5\"} 1 # {trace_id=\"00000000000000000000000000000abc\"} 0.3 "
    ));
}
