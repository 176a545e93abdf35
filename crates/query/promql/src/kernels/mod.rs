//! Kernels: the samples of one series in, one number a step out.
//!
//! Each works on plain columns without stale markers and moves two pointers along them, so that a
//! series costs time in proportion to its samples and steps, not to their product, wherever that
//! gives the same numbers as a fresh look at every window.

mod extreme;
pub(crate) mod mixed;
pub(crate) mod over_time;
pub(crate) mod quantile;
pub(crate) mod rate;
pub(crate) mod regression;
mod side_by_side;
pub(crate) mod sum;
pub(crate) mod window;
