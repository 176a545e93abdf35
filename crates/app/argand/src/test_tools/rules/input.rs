//! The series of a test: given to the store as time goes on, so that no rule sees what is ahead.

use anyhow::{Result, anyhow};
use config::RuleTest;
use contract::memory::MemoryStore;
use model::{HistogramSample, HistogramValue, Labels};
use promql::SampleValue;
use promql::script::series;

/// A series that is given.
struct Given {
    labels: Labels,
    /// Times in milliseconds since the epoch, in rising order.
    samples: std::iter::Peekable<std::vec::IntoIter<(i64, SampleValue)>>,
}

/// All series of a test.
pub(super) struct Input(Vec<Given>);

impl Input {
    /// Reads the series; their first values are at `start`, in milliseconds since the epoch.
    pub(super) fn read(test: &RuleTest, start: i64) -> Result<Self> {
        let step = i64::try_from(test.interval.as_millis())?;
        let mut all = Vec::with_capacity(test.series.len());
        for (name, values) in &test.series {
            let line = format!("{name} {values}");
            let wrong = |reason: String| anyhow!("{line}: {reason}");
            // What is wrong with a name may show only with the values behind it.
            let labels = series::labels(name);
            let labels = labels.map_err(|reason| series::labels(&line).err().unwrap_or(reason));
            let values = series::stored(series::values(values).map_err(wrong)?);
            let timed = (0_i64..).zip(values).filter_map(|(place, value)| {
                let time = start.checked_add(place.checked_mul(step)?)?;
                Some((time, value?))
            });
            all.push(Given {
                labels: labels.map_err(wrong)?,
                samples: timed.collect::<Vec<_>>().into_iter().peekable(),
            });
        }
        Ok(Self(all))
    }

    /// Gives the store what comes up to a moment.
    pub(super) fn give(&mut self, store: &MemoryStore, until: i64) {
        for given in &mut self.0 {
            while let Some((time, value)) = given.samples.next_if(|(time, _)| *time <= until) {
                let labels = given.labels.clone();
                match value {
                    SampleValue::Float(value) => store.load(labels, [(time, value)]),
                    SampleValue::Histogram(histogram) => {
                        let value = HistogramValue::Float(Box::new(histogram.as_ref().clone()));
                        store.load_histograms(labels, [HistogramSample { time, value }]);
                    }
                }
            }
        }
    }
}
