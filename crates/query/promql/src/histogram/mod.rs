//! Arithmetic of native histograms: float histograms in, float histograms or numbers out.
//!
//! Nothing here knows of series, steps or notes: a caller learns what had to be reconciled from
//! what an operation answers. Results are compact: no bucket of theirs is empty.

pub(crate) mod buckets;
pub(crate) mod describe;
pub(crate) mod listed;
pub(crate) mod merge;
pub(crate) mod quantile;
pub(crate) mod reset;
pub(crate) mod scale;
pub(crate) mod stats;
pub(crate) mod trim;

#[cfg(test)]
mod tests;
