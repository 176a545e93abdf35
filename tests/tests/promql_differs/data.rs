//! Random series: written to both servers, and shown as a script where they answer differently.

use std::fmt::Write as _;

use crate::random::Random;
use crate::remote_write::{self, Bucketed};

/// Milliseconds between samples.
pub(crate) const STEP: i64 = 15_000;

/// All samples lie this much behind a whole multiple of the step, and queries are asked at whole
/// seconds: so no sample lies on the left edge of a range, which belongs to it before 3.0 and not
/// since.
pub(crate) const SHIFT: i64 = 1;

/// Samples of a series, gaps counted.
pub(crate) const POINTS: usize = 160;

/// The metrics, and the labels besides `job` and `inst` that each has.
pub(crate) const METRICS: [(&str, Kind); 8] = [
    ("mgauge", Kind::Gauge),
    ("mcounter_total", Kind::Counter),
    ("modd", Kind::Odd),
    ("mflat", Kind::Flat),
    ("mtiny", Kind::Tiny),
    ("mclassic_bucket", Kind::Classic),
    ("mnative", Kind::Native),
    ("mmixed", Kind::Mixed),
];

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Numbers of two decimals, some missing.
    Gauge,
    /// Rising, now and then from zero again.
    Counter,
    /// NaN, infinities, stale markers, negative zero between plain numbers.
    Odd,
    /// Few different values for long.
    Flat,
    /// Subnormal and near the largest.
    Tiny,
    /// Buckets of a classic histogram.
    Classic,
    /// Native histograms.
    Native,
    /// Native histograms and numbers.
    Mixed,
}

/// What a series has at a step.
#[derive(Clone)]
pub(crate) enum Point {
    Number(f64),
    Histogram {
        is_float: bool,
        schema: i32,
        offset: i32,
        zero: u64,
        buckets: Vec<u64>,
        sum: f64,
    },
}

/// A series with its points by step.
#[derive(Clone)]
pub(crate) struct Series {
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) points: Vec<Option<Point>>,
}

const STALE: u64 = 0x7ff0_0000_0000_0002;

/// Random series of all metrics, in the order of their labels.
pub(crate) fn series(random: &mut Random, is_new: bool) -> Vec<Series> {
    let mut all = Vec::new();
    for (metric, kind) in METRICS {
        if matches!(kind, Kind::Native | Kind::Mixed) && !is_new {
            continue;
        }
        for job in ["a", "b", "c"] {
            for inst in ["0", "1", "10"] {
                if random.chance(15) {
                    continue;
                }
                let mut labels = vec![
                    ("__name__".to_owned(), metric.to_owned()),
                    ("inst".to_owned(), inst.to_owned()),
                    ("job".to_owned(), job.to_owned()),
                ];
                if random.chance(30) {
                    labels.push(("zone".to_owned(), (*random.of(&["x", "ÿ z"])).to_owned()));
                }
                if kind == Kind::Classic {
                    classic(random, &labels, &mut all);
                } else {
                    let points = points(random, kind, is_new);
                    all.push(Series { labels, points });
                }
            }
        }
    }
    all.sort_by(|a, b| a.labels.cmp(&b.labels));
    all
}

fn points(random: &mut Random, kind: Kind, is_new: bool) -> Vec<Option<Point>> {
    let (mut level, mut gap) = (random.below(1000) as f64 / 4.0, 0);
    let missing = *random.of(&[0, 5, 20]);
    let schema = *random.of(&[0, 1, 3, -1]);
    let (is_float, mut buckets) = (random.chance(40), vec![0u64; 1 + random.below(6)]);
    let offset = random.below(5) as i32 - 2;
    let (mut zero, mut sum) = (0, 0.0);
    (0..POINTS)
        .map(|_| {
            if gap > 0 {
                gap -= 1;
                return None;
            }
            if random.chance(2) {
                gap = random.below(30);
            }
            let number = match kind {
                Kind::Gauge => (random.below(20_000) as f64 - 10_000.0) / 100.0,
                // So far from zero, and with falls so small, that no rate reaches back to it.
                Kind::Counter if !is_new => {
                    level = match random.below(40) {
                        0 => (level * 0.9).floor(),
                        _ => level.max(1e6) + random.below(100) as f64 / 4.0,
                    };
                    level
                }
                Kind::Counter => {
                    level = match random.below(40) {
                        0 => 0.0,
                        1 => random.below(5) as f64,
                        _ => level + random.below(100) as f64 / 4.0,
                    };
                    level
                }
                Kind::Odd => match random.below(14) {
                    0 => f64::NAN,
                    1 => f64::INFINITY,
                    2 => f64::NEG_INFINITY,
                    3 => f64::from_bits(STALE),
                    4 => -0.0,
                    _ => random.below(7) as f64 - 3.0,
                },
                Kind::Flat => {
                    if random.chance(4) {
                        level = random.below(4) as f64;
                    }
                    level
                }
                Kind::Tiny => *random.of(&[5e-324, -5e-324, 1e-310, 1e308, -1e308, 1e-9, 0.0, 3.0]),
                Kind::Mixed if random.chance(20) => random.below(9) as f64,
                Kind::Classic | Kind::Native | Kind::Mixed => {
                    if random.chance(3) {
                        buckets.iter_mut().for_each(|count| *count = 0);
                        (zero, sum) = (0, 0.0);
                    }
                    buckets
                        .iter_mut()
                        .for_each(|count| *count += random.next() % 4);
                    zero += random.next() % 2;
                    sum += random.below(100) as f64 / 4.0;
                    if random.chance(missing) {
                        return None;
                    }
                    return Some(Point::Histogram {
                        is_float,
                        schema,
                        offset,
                        zero,
                        buckets: buckets.clone(),
                        sum,
                    });
                }
            };
            (!random.chance(missing)).then_some(Point::Number(number))
        })
        .collect()
}

/// The buckets of a classic histogram; now and then counts that do not rise with the bound.
fn classic(random: &mut Random, labels: &[(String, String)], all: &mut Vec<Series>) {
    let bounds = ["0.1", "0.5", "1", "5", "+Inf"];
    let crooked = random.chance(15);
    let mut counts = [0u64; 5];
    let mut columns = vec![Vec::new(); bounds.len()];
    for _ in 0..POINTS {
        if random.chance(2) {
            counts = [0; 5];
        }
        for count in &mut counts {
            *count += random.next() % 5;
        }
        let mut sum = 0;
        for (column, count) in columns.iter_mut().zip(counts) {
            sum = if crooked { count } else { sum + count };
            column.push(Some(Point::Number(sum as f64)));
        }
    }
    for (bound, points) in bounds.iter().zip(columns) {
        let mut labels = labels.to_vec();
        labels.insert(3, ("le".to_owned(), (*bound).to_owned()));
        all.push(Series { labels, points });
    }
}

impl Series {
    pub(crate) fn metric(&self) -> &str {
        &self.labels[0].1
    }

    /// The same under another name.
    pub(crate) fn renamed(&self, prefix: &str) -> Self {
        let mut other = self.clone();
        other.labels[0].1.insert_str(0, prefix);
        other
    }
}

/// Remote-write requests with these series. Numbers and histograms of one series are in different
/// requests, in the order of time.
pub(crate) fn requests(all: &[Series]) -> Vec<Vec<u8>> {
    let mut rounds: Vec<Vec<remote_write::Series>> = Vec::new();
    for one in all {
        for (round, run) in runs(one).into_iter().enumerate() {
            if rounds.len() <= round {
                rounds.push(Vec::new());
            }
            rounds[round].push(run);
        }
    }
    rounds
        .iter()
        .map(|round| remote_write::request(round))
        .collect()
}

/// The stretches of a series that are all numbers or all histograms.
fn runs(one: &Series) -> Vec<remote_write::Series> {
    let mut runs = Vec::new();
    let (mut numbers, mut histograms) = (Vec::new(), Vec::new());
    let labels = || one.labels.clone();
    for (place, point) in one.points.iter().enumerate() {
        let time = place as i64 * STEP + SHIFT;
        match point {
            None => {}
            Some(Point::Number(number)) => {
                let ended = std::mem::take(&mut histograms);
                runs.push(remote_write::Series::histograms(labels(), ended));
                numbers.push((time, *number));
            }
            Some(Point::Histogram {
                is_float,
                schema,
                offset,
                zero,
                buckets,
                sum,
            }) => {
                let ended = std::mem::take(&mut numbers);
                runs.push(remote_write::Series::floats(labels(), ended));
                let bucketed = Bucketed {
                    is_float: *is_float,
                    schema: *schema,
                    sum: *sum,
                    zero: *zero,
                    spans: vec![(*offset, buckets.len() as u32)],
                    buckets: buckets.clone(),
                    custom: Vec::new(),
                };
                histograms.push((time, bucketed));
            }
        }
    }
    runs.push(remote_write::Series::histograms(labels(), histograms));
    runs.push(remote_write::Series::floats(labels(), numbers));
    runs.retain(|run| !run.is_empty());
    runs
}

/// The series as a block of a script.
pub(crate) fn script(all: &[Series]) -> String {
    let mut text = format!("load 15s  # and {SHIFT} ms later\n");
    for one in all {
        let labels: Vec<String> = one.labels[1..]
            .iter()
            .map(|(name, value)| format!("{name}={value:?}"))
            .collect();
        let _ = write!(text, "  {}{{{}}}", one.metric(), labels.join(","));
        for point in &one.points {
            let _ = match point {
                None => write!(text, " _"),
                Some(Point::Number(number)) if number.to_bits() == STALE => write!(text, " stale"),
                Some(Point::Number(number)) => write!(text, " {number:?}"),
                Some(Point::Histogram {
                    schema,
                    offset,
                    zero,
                    buckets,
                    sum,
                    ..
                }) => {
                    let count = zero + buckets.iter().sum::<u64>();
                    let buckets: Vec<String> = buckets.iter().map(u64::to_string).collect();
                    write!(
                        text,
                        " {{{{schema:{schema} count:{count} sum:{sum} z_bucket:{zero} z_bucket_w:0.001 offset:{offset} buckets:[{}]}}}}",
                        buckets.join(" ")
                    )
                }
            };
        }
        text.push('\n');
    }
    text
}
