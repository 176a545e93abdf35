//! Sums and means that do not lose small addends (Neumaier's form of Kahan summation).

/// Adds `value` to a sum with its compensation.
#[inline]
pub(crate) fn kahan_add(value: f64, sum: f64, compensation: f64) -> (f64, f64) {
    let total = sum + value;
    let compensation = if total.is_infinite() {
        0.0
    } else if sum.abs() >= value.abs() {
        compensation + ((sum - total) + value)
    } else {
        compensation + ((value - total) + sum)
    };
    (total, compensation)
}

/// A sum and what it lost to rounding, exactly. Of finite numbers whose sum is finite it is what
/// [`kahan_add`] adds to the compensation, found without asking which of the two is larger.
#[inline]
pub(crate) fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let total = a + b;
    let b_part = total - a;
    let a_part = total - b_part;
    (total, (a - a_part) + (b - b_part))
}

/// A compensated sum.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sum {
    sum: f64,
    compensation: f64,
}

impl Sum {
    pub(crate) fn starting(value: f64) -> Self {
        Self {
            sum: value,
            compensation: 0.0,
        }
    }

    #[inline]
    pub(crate) fn add(&mut self, value: f64) {
        (self.sum, self.compensation) = kahan_add(value, self.sum, self.compensation);
    }

    pub(crate) fn scale(&mut self, factor: f64) {
        self.sum *= factor;
        self.compensation *= factor;
    }

    pub(crate) fn divide(&mut self, divisor: f64) {
        self.sum /= divisor;
        self.compensation /= divisor;
    }

    pub(crate) fn get(&self) -> f64 {
        if self.sum.is_infinite() {
            self.sum
        } else {
            self.sum + self.compensation
        }
    }
}

/// A mean: sum by count, and step by step from where the sum would overflow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mean {
    /// The sum, or the mean once `incremental`.
    value: f64,
    compensation: f64,
    count: f64,
    incremental: bool,
}

impl Mean {
    pub(crate) fn starting(value: f64) -> Self {
        Self {
            value,
            compensation: 0.0,
            count: 1.0,
            incremental: false,
        }
    }

    #[inline]
    pub(crate) fn add(&mut self, value: f64) {
        let before = self.count;
        self.count += 1.0;
        if !self.incremental {
            let (sum, compensation) = kahan_add(value, self.value, self.compensation);
            if !sum.is_infinite() {
                (self.value, self.compensation) = (sum, compensation);
                return;
            }
            self.incremental = true;
            self.value /= before;
            self.compensation /= before;
        }
        let share = before / self.count;
        (self.value, self.compensation) = kahan_add(
            value / self.count,
            share * self.value,
            share * self.compensation,
        );
    }

    pub(crate) fn get(&self) -> f64 {
        if self.incremental {
            self.value + self.compensation
        } else {
            self.value / self.count + self.compensation / self.count
        }
    }
}

/// Variance by Welford's method, compensated.
pub(crate) fn variance(values: &[f64]) -> f64 {
    let (mut count, mut mean, mut mean_c, mut square, mut square_c) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for &value in values {
        count += 1.0;
        let delta = value - (mean + mean_c);
        (mean, mean_c) = kahan_add(delta / count, mean, mean_c);
        let again = value - (mean + mean_c);
        (square, square_c) = kahan_add(delta * again, square, square_c);
    }
    (square + square_c) / count
}
