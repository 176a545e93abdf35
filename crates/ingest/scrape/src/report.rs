//! The series that every scrape adds of itself: `up` and its companions.

use contract::{Append, AppendError, Batch, PendingSample, SeriesId};
use model::{Labels, METRIC_NAME, stale_nan};

/// The names in the order of [`Values::list`]; the first five are always there.
const NAMES: [&str; 8] = [
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
    "scrape_timeout_seconds",
    "scrape_sample_limit",
    "scrape_body_size_bytes",
];
/// How many of them there are without `extra_scrape_metrics`.
const ALWAYS: usize = 5;

/// How a scrape went.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Values {
    pub(crate) up: bool,
    pub(crate) duration_seconds: f64,
    pub(crate) scraped: u64,
    pub(crate) kept: u64,
    pub(crate) added: u64,
    pub(crate) timeout_seconds: f64,
    pub(crate) sample_limit: u64,
    /// -1 where the answer broke the size limit, as upstream.
    pub(crate) body_bytes: f64,
}

impl Values {
    fn list(&self) -> [f64; 8] {
        [
            f64::from(u8::from(self.up)),
            self.duration_seconds,
            self.scraped as f64,
            self.kept as f64,
            self.added as f64,
            self.timeout_seconds,
            self.sample_limit as f64,
            self.body_bytes,
        ]
    }
}

/// The series of one target's reports.
#[derive(Default)]
pub(crate) struct Report {
    /// Empty until the first report.
    ids: Vec<SeriesId>,
}

impl Report {
    /// Adds one scrape's report to its batch.
    pub(crate) fn push(
        &mut self,
        values: &Values,
        time: i64,
        series: &ReportSeries<'_>,
        store: &dyn Append,
        batch: &mut Batch,
    ) -> Result<(), AppendError> {
        let count = series.count();
        if self.ids.len() != count {
            // First report, or `extra_scrape_metrics` changed: what is no longer said ends.
            for &series in self.ids.iter().skip(count) {
                let value = stale_nan();
                batch.samples.push(PendingSample {
                    series,
                    time,
                    value,
                });
            }
            self.resolve(series, store)?;
        }
        let pairs = self.ids.iter().zip(values.list());
        batch
            .samples
            .extend(pairs.map(|(&series, value)| PendingSample {
                series,
                time,
                value,
            }));
        Ok(())
    }

    /// Marks the end of the reports.
    pub(crate) fn end(&self, time: i64, batch: &mut Batch) {
        batch
            .samples
            .extend(self.ids.iter().map(|&series| PendingSample {
                series,
                time,
                value: stale_nan(),
            }));
    }

    /// Whether a series is one of these.
    pub(crate) fn place(&self, id: SeriesId) -> Option<usize> {
        self.ids.iter().position(|known| *known == id)
    }

    /// Asks the store for the series anew.
    pub(crate) fn resolve(
        &mut self,
        series: &ReportSeries<'_>,
        store: &dyn Append,
    ) -> Result<(), AppendError> {
        let count = series.count();
        let labels: Vec<Labels> = NAMES
            .iter()
            .take(count)
            .map(|name| {
                let mut labels = series.target.to_builder();
                labels.set(METRIC_NAME, name);
                labels.build()
            })
            .collect();
        let mut ids = Vec::with_capacity(count);
        store.resolve(&labels, &mut ids)?;
        self.ids = ids;
        Ok(())
    }

    /// The id at a place, see [`Report::place`].
    pub(crate) fn id(&self, place: usize) -> Option<SeriesId> {
        self.ids.get(place).copied()
    }
}

/// What the reports' series are made of.
pub(crate) struct ReportSeries<'a> {
    pub(crate) target: &'a Labels,
    /// `extra_scrape_metrics`.
    pub(crate) extra: bool,
}

impl ReportSeries<'_> {
    fn count(&self) -> usize {
        if self.extra { NAMES.len() } else { ALWAYS }
    }
}
