//! Native histograms, extended ranges, start timestamps and info series in whole queries.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

use contract::memory::MemoryStore;
use model::{FloatHistogram, HistogramSample, HistogramValue, Labels, Span};
use promql::script::{Outcome, engine, run};
use promql::{Engine, EngineOptions, QueryError, QueryOptions};

/// Runs a script of which every case must pass.
fn check(script: &str) {
    let cases = run(&engine(), script).unwrap();
    assert!(!cases.is_empty(), "a script without cases");
    for case in cases {
        if let Outcome::Failed(text) = &case.outcome {
            panic!("line {}: {}: {text}", case.line, case.query);
        }
    }
}

#[test]
fn arithmetic_meets_in_a_common_layout() {
    check(
        r#"
load 1m
    fine{id="a"}    {{schema:1 count:6 sum:9 buckets:[1 2 3] offset:1}}
    coarse{id="a"}  {{schema:0 count:3 sum:6 buckets:[1 2] offset:1}}
    listed{id="a"}  {{schema:-53 count:6 sum:9 custom_values:[1 2] buckets:[1 2 3]}}
    other{id="a"}   {{schema:-53 count:3 sum:1 custom_values:[2 3] buckets:[1 1 1]}}
    number{id="a"}  2

eval instant at 0m fine + coarse
    {id="a"} {{count:9 sum:15 buckets:[4 5] offset:1}}

eval instant at 0m fine - coarse
    {id="a"} {{count:3 sum:3 buckets:[2 1] offset:1 counter_reset_hint:gauge}}

eval instant at 0m listed + other
    expect info msg: PromQL info: mismatched custom buckets were reconciled during addition (1:1)
    {id="a"} {{schema:-53 count:9 sum:10 custom_values:[2] buckets:[4 5]}}

eval instant at 0m fine + listed
    expect warn msg: PromQL warning: incompatible bucket layout encountered for binary operator + (1:1)

eval instant at 0m fine * number
    {id="a"} {{schema:1 count:12 sum:18 buckets:[2 4 6] offset:1}}

eval instant at 0m -fine / 2
    {id="a"} {{schema:1 count:-3 sum:-4.5 buckets:[-0.5 -1 -1.5] offset:1}}

eval instant at 0m number + fine
    expect info msg: PromQL info: incompatible sample types encountered for binary operator "+": float + histogram (1:1)

eval instant at 0m fine == fine
    fine{id="a"} {{schema:1 count:6 sum:9 buckets:[1 2 3] offset:1}}

eval instant at 0m fine != bool fine
    {id="a"} 0

eval instant at 0m coarse </ 2
    coarse{id="a"} {{count:1 sum:1.4142135623730951 buckets:[1] offset:1}}

eval instant at 0m coarse >/ 2
    coarse{id="a"} {{count:2 sum:5.656854249492381 buckets:[2] offset:2}}
"#,
    );
}

#[test]
fn a_histogram_counts_for_its_memory() {
    let store = MemoryStore::new();
    let histogram = FloatHistogram {
        count: 2.0,
        positive_spans: vec![Span {
            offset: 0,
            length: 2,
        }],
        positive: vec![1.0, 1.0],
        ..FloatHistogram::default()
    };
    let samples = (0..3).map(|minute| HistogramSample {
        time: minute * 60_000,
        value: HistogramValue::Float(Box::new(histogram.clone())),
    });
    store.load_histograms(Labels::from_pairs([("__name__", "h")]), samples);
    // 176 bytes and 8 for the span and each bucket, in units of 16.
    let each = 12;
    for (query, total) in [("h", each), ("increase(h[3m])", 3 * each)] {
        let options = QueryOptions::default();
        let result = engine().instant(&store, query, 120_000, &options).unwrap();
        assert_eq!(result.stats.total_samples, total, "{query}");
    }
    let engine = Engine::new(EngineOptions {
        max_samples: 20,
        ..EngineOptions::default()
    });
    let options = QueryOptions::default();
    let refused = engine.instant(&store, "increase(h[3m])", 120_000, &options);
    assert_eq!(
        refused.map(|result| result.value),
        Err(QueryError::TooManySamples { limit: 20 })
    );
}

#[test]
fn rates_span_the_range_and_survive_resets() {
    check(
        r#"
load 1m
    steady    {{count:0 sum:0 buckets:[0]}}+{{count:6 sum:12 buckets:[6]}}x10
    falling   {{count:5 sum:5 buckets:[5]}} {{count:9 sum:9 buckets:[9]}} {{count:2 sum:2 buckets:[2]}} {{count:4 sum:4 buckets:[4]}}
    gauge     {{count:5 sum:5 buckets:[5] counter_reset_hint:gauge}} {{count:2 sum:3 buckets:[2] counter_reset_hint:gauge}}
    mixed     1 {{count:1 sum:1 buckets:[1]}}

eval instant at 10m rate(steady[5m])
    expect no_warn
    {} {{count:0.1 sum:0.2 buckets:[0.1] counter_reset_hint:gauge}}

eval instant at 10m increase(steady[5m])
    {} {{count:30 sum:60 buckets:[30] counter_reset_hint:gauge}}

eval instant at 3m increase(falling[3m1ms])
    expect no_warn
    {} {{count:8.000044444 sum:8.000044444 buckets:[8.000044444]}}

eval instant at 3m resets(falling[4m])
    {} 1

eval instant at 3m irate(falling[4m])
    {} {{count:0.0333333333 sum:0.0333333333 buckets:[0.0333333333]}}

eval instant at 1m idelta(gauge[2m])
    expect no_warn
    {} {{count:-3 sum:-2 buckets:[-3] counter_reset_hint:gauge}}

eval instant at 1m rate(gauge[2m])
    expect warn msg: PromQL warning: this native histogram metric is not a counter: "gauge" (1:6)
    {} {{count:0.0333333333 sum:0.05 buckets:[0.0333333333]}}

eval instant at 1m rate(mixed[2m])
    expect warn msg: PromQL warning: encountered a mix of histograms and floats for metric name "mixed" (1:6)

eval instant at 1m max_over_time(mixed[2m])
    expect info msg: PromQL info: ignored histograms in a range containing both floats and histograms for metric name "mixed" (1:15)
    {} 1

eval instant at 1m changes(mixed[2m])
    {} 1

eval instant at 1m last_over_time(mixed[2m])
    mixed {{count:1 sum:1 buckets:[1]}}

eval instant at 10m sum_over_time(steady[2m])
    {} {{count:114 sum:228 buckets:[114]}}

eval instant at 10m histogram_count(avg_over_time(steady[3m:1m]))
    {} 54
"#,
    );
}

#[test]
fn aggregations_add_histograms_and_do_not_mix() {
    check(
        r#"
load 1m
    h{id="a", g="1"}  {{count:2 sum:3 buckets:[1 1]}}
    h{id="b", g="1"}  {{count:4 sum:5 buckets:[3 1]}}
    h{id="c", g="2"}  7
    h{id="d", g="2"}  {{count:1 sum:1 buckets:[1]}}
    huge{id="a"}      {{count:1.7e308}}
    huge{id="b"}      {{count:1.7e308}}
    huge{id="c"}      {{count:1.7e308}}

eval instant at 0m sum by (g) (h)
    expect warn msg: PromQL warning: encountered a mix of histograms and floats for aggregation (1:13)
    {g="1"} {{count:6 sum:8 buckets:[4 2]}}

eval instant at 0m avg(huge)
    {} {{count:1.7e308 sum:0}}

eval instant at 0m avg(h{g="1"})
    {} {{count:3 sum:4 buckets:[2 1]}}

eval instant at 0m count by (g) (h)
    {g="1"} 2
    {g="2"} 2

eval instant at 0m max(h)
    expect info msg: PromQL info: ignored histogram in max aggregation (1:5)
    {} 7

eval instant at 0m topk(5, h)
    expect info msg: PromQL info: ignored histogram in topk aggregation (1:1)
    h{id="c", g="2"} 7

eval instant at 0m group(h)
    {} 1

eval instant at 0m count_values("value", h{id="d"})
    {value="{count:1, sum:1, (0.5,1]:1}"} 1

eval instant at 0m h{g="1"} and on (id) h{id="a"}
    h{id="a", g="1"} {{count:2 sum:3 buckets:[1 1]}}

eval instant at 0m abs(h)
    {id="c", g="2"} 7

eval instant at 0m scalar(h{id="d"})
    NaN
"#,
    );
}

#[test]
fn quantiles_and_their_like() {
    check(
        r#"
load_with_nhcb 1m
    classic_bucket{le="1"}     1
    classic_bucket{le="2"}     3
    classic_bucket{le="+Inf"}  4
    classic_sum                6
    classic_count              4

load 1m
    native  {{schema:0 count:4 sum:8 buckets:[2 2] offset:1}}

eval instant at 0m histogram_quantile(0.5, native)
    {} 2

eval instant at 0m histogram_quantile(0.5, classic)
    {} 1.5

eval instant at 0m histogram_quantile(0.5, classic_bucket)
    {} 1.5

eval instant at 0m histogram_quantiles(native, "q", 0.5, 1)
    {q="0.5"} 2
    {q="1.0"} 4

eval instant at 0m histogram_fraction(0, 2, native)
    {} 0.5

eval instant at 0m histogram_count(classic)
    {} 4

eval instant at 0m histogram_sum(native) + histogram_avg(native)
    {} 10

eval instant at 0m histogram_stddev(native)
    {} 0.7174389352143009
"#,
    );
}

#[test]
fn extended_ranges_have_values_at_their_ends() {
    check(
        r#"
load 30s
    x_total  0 30 60 20 50
    h        {{count:0 sum:0 buckets:[0]}}+{{count:30 sum:30 buckets:[30]}}x4

eval instant at 1m15s increase(x_total[1m] anchored)
    {} 60

eval instant at 1m15s increase(x_total[1m] smoothed)
    {} 55

eval instant at 1m15s increase(h[1m] smoothed)
    {} {{count:60 sum:60 buckets:[60] counter_reset_hint:gauge}}

eval instant at 45s h smoothed
    h {{count:45 sum:45 buckets:[45]}}

eval instant at 45s x_total smoothed
    x_total 45

eval instant at 2m resets(x_total[1m] anchored)
    {} 1

eval instant at 2m sum_over_time((x_total[1m] anchored))
    expect fail msg: anchored modifier can only be used with: changes, delta, increase, rate, resets - not with sum_over_time

eval instant at 2m absent_over_time(x_total[1m] smoothed)
    expect fail msg: smoothed modifier can only be used with: delta, increase, rate - not with absent_over_time
"#,
    );
}

#[test]
fn starts_tell_of_resets_that_values_hide() {
    check(
        r#"
load 1m
    x_total@st  -30s -90s -10s
    x_total     10   20   30

eval instant at 2m resets(x_total[3m])
    {} 1

eval instant at 2m irate(x_total[3m])
    {} 0.5

eval instant at 2m start_timestamp(x_total)
    {} 110
"#,
    );
}

#[test]
fn info_series_lend_their_labels() {
    check(
        r#"
load 1m
    x{instance="i", job="j"}                           1 2
    target_info{instance="i", job="j", version="old"}  1 _
    target_info{instance="i", job="j", version="new"}  _ 1

eval instant at 0m info(x)
    x{instance="i", job="j", version="old"} 1

eval instant at 1m info(x offset 1m)
    x{instance="i", job="j", version="old"} 1

eval instant at 1m info(x, {version=~".+"})
    x{instance="i", job="j", version="new"} 2

eval instant at 1m info(x, {absent=~".+"})
"#,
    );
}
