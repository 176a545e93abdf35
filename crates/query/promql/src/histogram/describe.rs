//! A histogram as a text, as labels and logs show it.

use std::fmt::Write as _;

use model::{FloatHistogram, number};

use super::buckets::all;

/// `{count:3, sum:4.5, (1,2]:3}`: filled buckets with their bounds, a round bracket where the
/// bound does not belong to the bucket.
pub(crate) fn text(histogram: &FloatHistogram) -> String {
    let mut text = String::from("{count:");
    number::push_general(&mut text, histogram.count);
    text.push_str(", sum:");
    number::push_general(&mut text, histogram.sum);
    for bucket in all(histogram).iter().filter(|b| b.count != 0.0) {
        let (lower, upper) = bucket.includes(histogram.is_custom());
        let (open, close) = (if lower { '[' } else { '(' }, if upper { ']' } else { ')' });
        let _ = write!(text, ", {open}");
        number::push_general(&mut text, bucket.lower);
        text.push(',');
        number::push_general(&mut text, bucket.upper);
        let _ = write!(text, "{close}:");
        number::push_general(&mut text, bucket.count);
    }
    text.push('}');
    text
}
