//! Counts of requests under upstream's names.

use std::collections::BTreeMap;
use std::time::Duration;

use model::instrument::Summary;
use model::{Family, FamilyKind, Labels};
use parking_lot::Mutex;

/// The quantiles that are told, as upstream's.
const QUANTILES: &[f64] = &[0.1, 0.5, 0.9];

/// The methods that push.
const METHODS: [&str; 2] = ["post", "put"];

/// Who answered which requests how, and what pushes took.
pub(super) struct RequestCounts {
    /// By handler, method and code.
    requests: Mutex<BTreeMap<(&'static str, &'static str, u16), u64>>,
    durations: [Summary; 2],
    sizes: [Summary; 2],
}

impl Default for RequestCounts {
    fn default() -> Self {
        let summaries = || METHODS.map(|_| Summary::new(QUANTILES));
        Self {
            requests: Mutex::default(),
            durations: summaries(),
            sizes: summaries(),
        }
    }
}

impl RequestCounts {
    pub(super) fn count(&self, handler: &'static str, method: &'static str, code: u16) {
        let mut requests = self.requests.lock();
        *requests.entry((handler, method, code)).or_default() += 1;
    }

    /// Notes how long a push took and how large it was.
    pub(super) fn pushed(&self, method: &'static str, took: Duration, bytes: usize) {
        let all = METHODS.iter().zip(self.durations.iter().zip(&self.sizes));
        for (_, (durations, sizes)) in all.filter(|(known, _)| **known == method) {
            durations.observe(took.as_secs_f64());
            sizes.observe(bytes as f64);
        }
    }

    pub(super) fn gather(&self, families: &mut Vec<Family>) {
        let mut requests = Family::new(
            "pushgateway_http_requests_total",
            "Total HTTP requests processed by the Pushgateway, excluding scrapes.",
            FamilyKind::Counter,
        );
        let counted = self.requests.lock().clone();
        for ((handler, method, code), count) in counted {
            let code = code.to_string();
            let labels = [
                ("code", code.as_str()),
                ("handler", handler),
                ("method", method),
            ];
            requests.push(labels, count as f64);
        }
        let all = |name: &str, help: &str, summaries: &[Summary; 2]| {
            let mut family = Family::new(name, help, FamilyKind::Summary);
            for (method, summary) in METHODS.iter().zip(summaries) {
                let labels = Labels::from_pairs([("method", method)]);
                family.points.push(summary.point(labels));
            }
            family
        };
        families.extend([
            all(
                "pushgateway_http_push_duration_seconds",
                "HTTP request duration for pushes to the Pushgateway.",
                &self.durations,
            ),
            all(
                "pushgateway_http_push_size_bytes",
                "HTTP request size for pushes to the Pushgateway.",
                &self.sizes,
            ),
            requests,
        ]);
    }
}
