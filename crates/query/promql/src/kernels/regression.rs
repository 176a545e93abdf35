//! deriv, predict_linear, double_exponential_smoothing.

use super::sum::Sum;

/// Slope a second and value at `origin` (milliseconds) of the least-squares line.
pub(crate) fn linear(times: &[i64], values: &[f64], origin: i64) -> (f64, f64) {
    let first = values.first().copied().unwrap_or(f64::NAN);
    if values.iter().skip(1).all(|value| *value == first) {
        return if first.is_infinite() {
            (f64::NAN, f64::NAN)
        } else {
            (0.0, first)
        };
    }
    let [mut x_sum, mut y_sum, mut xy_sum, mut xx_sum] = [Sum::default(); 4];
    for (time, value) in times.iter().zip(values) {
        let x = (time - origin) as f64 / 1000.0;
        x_sum.add(x);
        y_sum.add(*value);
        xy_sum.add(x * value);
        xx_sum.add(x * x);
    }
    let n = values.len() as f64;
    let (x, y) = (x_sum.get(), y_sum.get());
    let slope = (xy_sum.get() - x * y / n) / (xx_sum.get() - x * x / n);
    (slope, y / n - slope * x / n)
}

/// Holt's linear smoothing; `None` of fewer than two samples.
pub(crate) fn smooth(values: &[f64], level: f64, trend: f64) -> Option<f64> {
    let [first, second, ..] = values else {
        return None;
    };
    let (mut before, mut now) = (0.0, *first);
    let mut slope = second - first;
    for (place, value) in values.iter().skip(1).enumerate() {
        if place > 0 {
            slope = trend * (now - before) + (1.0 - trend) * slope;
        }
        (before, now) = (now, level * value + (1.0 - level) * (now + slope));
    }
    Some(now)
}
