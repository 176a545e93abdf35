//! Requests made up by chance, the same ones every time, times in seconds after a moment.

use serde_json::{Value, json};

/// How many there are.
const COUNT: u64 = 60;

/// How the label begins that tells their series.
pub(crate) const JOB: &str = "\"job\":\"service";

const NAMES: [&str; 12] = [
    "http.server.duration",
    "total.requests",
    "2xx.count",
    "cpu",
    "mem__used",
    "ratio.of.things",
    "größe",
    "a:b.c",
    "bytes_total",
    "per_second.rate",
    "x-y z",
    "seconds",
];
const UNITS: [&str; 12] = [
    "",
    "1",
    "s",
    "ms",
    "By",
    "By/s",
    "{call}",
    "{call}/min",
    "%",
    "m/h",
    "furlong",
    " s ",
];
const KEYS: [&str; 8] = [
    "http.method",
    "code",
    "1st",
    "_under",
    "host.name",
    "le",
    "größe",
    "a-b",
];

/// Numbers by chance (Marsaglia's xorshift).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }

    fn counts(&mut self, most: u64) -> Vec<u64> {
        let length = self.below(most + 1);
        // Most buckets are empty, as in life.
        let mut one = || self.below(3).saturating_sub(1) * self.below(50);
        (0..length).map(|_| one()).collect()
    }

    fn attributes(&mut self, fixed: &[(&str, String)]) -> Vec<Value> {
        let mut all: Vec<Value> = fixed
            .iter()
            .map(|(key, value)| json!({"key": key, "value": {"stringValue": value}}))
            .collect();
        let from = self.below(KEYS.len() as u64) as usize;
        let until = (from + self.below(4) as usize).min(KEYS.len());
        for key in &KEYS[from..until] {
            let value = match self.below(4) {
                0 => json!({"boolValue": true}),
                1 => json!({"intValue": self.below(1_000).to_string()}),
                2 => json!({"doubleValue": self.below(1_000) as f64 / 8.0}),
                _ => json!({"stringValue": format!("v{}", self.below(9))}),
            };
            all.push(json!({"key": key, "value": value}));
        }
        all
    }
}

/// The requests.
pub(crate) fn requests() -> Vec<String> {
    let mut chance = Chance(0x2545_f491_4f6c_dd1d);
    (0..COUNT)
        .map(|number| request(number, &mut chance))
        .collect()
}

fn request(number: u64, chance: &mut Chance) -> String {
    let service = [("service.name", format!("service{number}"))];
    let metrics: Vec<Value> = (0..1 + chance.below(4)).map(|_| metric(chance)).collect();
    let scope = json!({"name": format!("lib{}", chance.below(3)), "version": "1",
        "attributes": chance.attributes(&[])});
    json!({"resourceMetrics": [{
        "resource": {"attributes": chance.attributes(&service)},
        "scopeMetrics": [{"scope": scope, "metrics": metrics}],
    }]})
    .to_string()
}

fn metric(chance: &mut Chance) -> Value {
    let kind = chance.below(5);
    // Two metrics of one request may get one name by different ways; kinds keep them apart.
    let name = format!("{}.k{kind}.{}", chance.one(&NAMES), chance.below(1 << 40));
    let mut metric = json!({"name": name, "unit": chance.one(&UNITS)});
    let points: Vec<Value> = (0..1 + chance.below(3))
        .map(|place| point(kind, place, chance))
        .collect();
    let key = [
        "gauge",
        "sum",
        "histogram",
        "exponentialHistogram",
        "summary",
    ][kind as usize];
    let mut data = json!({"dataPoints": points});
    if (1..4).contains(&kind) {
        data["aggregationTemporality"] = json!(2);
    }
    if kind == 1 {
        data["isMonotonic"] = json!(chance.below(2) == 0);
    }
    metric[key] = data;
    metric
}

fn point(kind: u64, place: u64, chance: &mut Chance) -> Value {
    let own = [("point", place.to_string())];
    let mut point = json!({
        "timeUnixNano": format!("@{}", chance.below(120)),
        "attributes": chance.attributes(&own),
    });
    let value = chance.below(1 << 50) as f64 / 1024.0;
    match kind {
        0 | 1 if chance.below(2) == 0 => point["asInt"] = json!(chance.below(1 << 60).to_string()),
        0 | 1 => point["asDouble"] = json!(value),
        2 => {
            let mut counts = chance.counts(12);
            counts.push(chance.below(5));
            let bounds: Vec<f64> = (1..counts.len()).map(|i| i as f64 * 0.25).collect();
            point["count"] = json!(counts.iter().sum::<u64>());
            point["bucketCounts"] = json!(counts);
            point["explicitBounds"] = json!(bounds);
            if chance.below(2) == 0 {
                point["sum"] = json!(value);
            }
        }
        3 => {
            let (positive, negative) = (chance.counts(40), chance.counts(6));
            let zero = chance.below(3);
            let all = positive.iter().chain(&negative).sum::<u64>() + zero;
            point["count"] = json!(all);
            point["sum"] = json!(if all == 0 { 0.0 } else { value });
            point["zeroCount"] = json!(zero);
            // From 9 on Prometheus puts what stands behind empty buckets one too low, where it makes
            // them coarser; Argand does not, and the cases have such scales without empty buckets.
            point["scale"] = json!(chance.below(13) as i64 - 4);
            // No bucket lies within the one of zero.
            let offset = chance.below(20) as i64 - 10;
            point["positive"] = json!({"offset": offset, "bucketCounts": positive});
            point["negative"] = json!({"offset": -offset, "bucketCounts": negative});
        }
        _ => {
            point["count"] = json!(chance.below(1_000));
            point["sum"] = json!(value);
            point["quantileValues"] = json!([{"quantile": 0.5, "value": value / 2.0},
                {"quantile": 0.999, "value": value}]);
        }
    }
    point
}
