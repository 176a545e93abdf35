//! What is told of classic histograms whose counts had to be mended.

use jiff::Timestamp;
use model::number;

use super::classic::Fall;
use crate::notes::with_metric;

/// Mended histograms of one metric.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mended {
    fall: Fall,
    /// The first and the last moment of one, in milliseconds since the epoch.
    first: i64,
    last: i64,
    count: usize,
}

impl Mended {
    /// One histogram at a moment.
    pub(super) fn at(time: i64, fall: Fall) -> Self {
        Self {
            fall,
            first: time,
            last: time,
            count: 1,
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.fall = self.fall.with(other.fall);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.count += other.count;
    }

    /// The note's text; the metric is empty where it is not known.
    pub(super) fn text(&self, metric: &str) -> String {
        let text = "input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)";
        let mut text = with_metric(text, metric);
        text.push_str(", from buckets ");
        number::push_general(&mut text, self.fall.least);
        text.push_str(" to ");
        number::push_general(&mut text, self.fall.greatest);
        text.push_str(", with a max diff of ");
        push_two_digits(&mut text, self.fall.most);
        let (first, last) = (second(self.first), second(self.last));
        text.push_str(&format!(
            ", over {} samples from {first} to {last}",
            self.count
        ));
        text
    }
}

/// A moment in RFC 3339, cut to the second; the epoch for what no date can say.
fn second(millis: i64) -> Timestamp {
    Timestamp::from_second(millis / 1000).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Two digits, with an exponent below 1e-4 and from 100 on, as Go's `%.2g` writes.
fn push_two_digits(text: &mut String, value: f64) {
    let rounded: f64 = format!("{value:.1e}").parse().unwrap_or(value);
    if rounded != 0.0 && !(1e-4..100.0).contains(&rounded.abs()) {
        number::push_exponent(text, rounded);
    } else {
        number::push_plain(text, rounded);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_tells_of_all() {
        let fall = |bound, most| Fall {
            least: bound,
            greatest: bound,
            most,
        };
        let mut mended = Mended::at(2_073_000, fall(f64::INFINITY, 0.0341));
        mended.add(Mended::at(1_999, fall(0.5, 1.0)));
        let text = mended.text("a");
        let end = " for metric name \"a\", from buckets 0.5 to +Inf, with a max diff of 1, over 2 samples from 1970-01-01T00:00:01Z to 1970-01-01T00:34:33Z";
        assert!(text.ends_with(end), "{text}");
    }

    #[test]
    fn two_digits() {
        for (value, expected) in [
            (0.0341, "0.034"),
            (0.115, "0.12"),
            (1.0, "1"),
            (99.4, "99"),
            (99.6, "1e+02"),
            (12_345.0, "1.2e+04"),
            (0.000_01, "1e-05"),
        ] {
            let mut text = String::new();
            push_two_digits(&mut text, value);
            assert_eq!(text, expected);
        }
    }
}
