//! Queries that are read and answered: over a small store, with little memory and time.

use std::sync::OnceLock;
use std::time::Duration;

use contract::memory::MemoryStore;
use model::{FloatHistogram, HistogramSample, HistogramValue, Labels, Span};
use promql::{Engine, EngineOptions, Features, QueryOptions};

/// Samples a query may hold: a column of some hundred steps for each series of the store.
const MOST_SAMPLES: usize = 20_000;

/// Longest that a query may take; the fuzzer calls ten times as much a hang.
const LONGEST: Duration = Duration::from_secs(1);

/// What a byte stands for where the input is a list of words.
const WORDS: &[&str] = &[
    "a",
    "h",
    "n",
    "{x=\"1\"}",
    "{x=~\".*\"}",
    "[5m]",
    "[1m:10s]",
    "[step()*2]",
    "[1h:]",
    " offset 1m",
    " offset -1m",
    " @ 100",
    " @ start()",
    " @ end()",
    "(",
    ")",
    ",",
    " + ",
    " - ",
    " * ",
    " / ",
    " % ",
    " ^ ",
    " == ",
    " > bool ",
    " and ",
    " or ",
    " unless ",
    " atan2 ",
    " on(x)",
    " ignoring(y)",
    " group_left()",
    " group_right(y)",
    " fill(0)",
    "-",
    "1",
    "0",
    "1e9",
    "NaN",
    "Inf",
    "\"x\"",
    "\"(.*)\"",
    "\"$1\"",
    "sum(",
    "avg by(x)(",
    "topk(2,",
    "quantile(0.5,",
    "count_values(\"v\",",
    "stddev without(x)(",
    "limit_ratio(0.5,",
    "rate(",
    "increase(",
    "delta(",
    "deriv(",
    "changes(",
    "resets(",
    "avg_over_time(",
    "sum_over_time(",
    "quantile_over_time(0.9,",
    "last_over_time(",
    "absent_over_time(",
    "mad_over_time(",
    "histogram_quantile(0.9,",
    "histogram_fraction(0,1,",
    "histogram_avg(",
    "histogram_stddev(",
    "label_replace(",
    "label_join(",
    "info(",
    "absent(",
    "scalar(",
    "vector(",
    "sort(",
    "sort_by_label(",
    "timestamp(",
    "day_of_year(",
    "round(",
    "clamp(",
    "predict_linear(",
    "double_exponential_smoothing(",
    "time()",
    "pi()",
    " anchored",
    " smoothed",
    " </ ",
    " >/ ",
];

fn labels(name: &str, x: &str) -> Labels {
    Labels::from_pairs([("__name__", name), ("x", x)])
}

fn histogram(time: i64, scale: f64, schema: i32) -> HistogramSample {
    HistogramSample {
        time,
        value: HistogramValue::Float(Box::new(FloatHistogram {
            schema,
            count: 7.0 * scale,
            sum: 10.0 * scale,
            zero_threshold: 0.001,
            zero_count: scale,
            positive_spans: vec![
                Span {
                    offset: -1,
                    length: 2,
                },
                Span {
                    offset: 1,
                    length: 1,
                },
            ],
            positive: vec![scale, 2.0 * scale, 3.0 * scale],
            ..FloatHistogram::default()
        })),
    }
}

fn store() -> &'static MemoryStore {
    static STORE: OnceLock<MemoryStore> = OnceLock::new();
    STORE.get_or_init(|| {
        let store = MemoryStore::new();
        let odd = [
            f64::NAN,
            f64::INFINITY,
            -1.0,
            0.0,
            model::stale_nan(),
            1e308,
            5e-324,
        ];
        for x in ["1", "2", "3"] {
            let counter = (0..40).map(|n| (n * 15_000, (n % 17) as f64));
            store.load(labels("a", x), counter);
            let odd = (0..40).map(|n| (n * 15_000, odd[n as usize % odd.len()]));
            store.load(labels("n", x), odd);
            for bound in ["0.1", "1", "+Inf"] {
                let bucket = Labels::from_pairs([("__name__", "h"), ("x", x), ("le", bound)]);
                store.load(bucket, (0..40).map(|n| (n * 15_000, n as f64)));
            }
            let native = (0..40).map(|n| histogram(n * 15_000, (n % 11) as f64, (n / 20) as i32));
            store.load_histograms(labels("h", x), native);
        }
        store
    })
}

fn engine(delayed_names: bool) -> &'static Engine {
    static ENGINES: OnceLock<[Engine; 2]> = OnceLock::new();
    let engines = ENGINES.get_or_init(|| {
        [false, true].map(|delayed_name_removal| {
            Engine::new(EngineOptions {
                max_samples: MOST_SAMPLES,
                timeout: LONGEST,
                threads: 1,
                features: Features::ALL,
                delayed_name_removal,
                ..EngineOptions::default()
            })
        })
    });
    &engines[usize::from(delayed_names)]
}

/// The first byte says how to ask, and whether the others are text or words.
pub(crate) fn run(bytes: &[u8]) {
    let Some((how, rest)) = bytes.split_first() else {
        return;
    };
    let text = if how & 1 == 0 {
        match std::str::from_utf8(rest) {
            Ok(text) => text.to_owned(),
            Err(_) => return,
        }
    } else {
        let word = |byte: &u8| WORDS[usize::from(*byte) % WORDS.len()];
        rest.iter().take(300).map(word).collect()
    };
    let Ok(expr) = promql::parse_with(&text, &Features::ALL) else {
        return;
    };
    promql::parse_with(&expr.to_string(), &Features::ALL).expect("what is written can be read");
    promql::parse_with(&promql::prettify(&expr), &Features::ALL).expect("also in many lines");
    let engine = engine(how & 2 != 0);
    let options = QueryOptions::default();
    let _ = if how & 4 == 0 {
        engine.instant(store(), &text, 300_000, &options)
    } else {
        engine.range(
            store(),
            &text,
            0,
            600_000,
            1_000 << (how >> 3 & 7),
            &options,
        )
    };
}
