//! Where columns come from: a list of series of which any one can be computed at any time.

use model::{Columns, Labels};

use crate::QueryError;
use crate::column::Series;

/// Buffers that a thread uses again for each series.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pub(crate) samples: Columns,
}

/// Series that can be computed one by one, by many threads.
pub(crate) trait Source: Sync {
    fn len(&self) -> usize;

    /// The labels of a series, and whether its name is to be dropped at the end.
    fn labels(&self, place: usize) -> (Labels, bool);

    /// Writes the series' value at each step to `out`.
    fn fill(&self, place: usize, scratch: &mut Scratch, out: &mut [f64]) -> Result<(), QueryError>;
}

impl Source for Vec<Series> {
    fn len(&self) -> usize {
        self.as_slice().len()
    }

    fn labels(&self, place: usize) -> (Labels, bool) {
        self.get(place)
            .map(|one| (one.labels.clone(), one.drop_name))
            .unwrap_or_default()
    }

    fn fill(&self, place: usize, _: &mut Scratch, out: &mut [f64]) -> Result<(), QueryError> {
        if let Some(one) = self.get(place) {
            for (cell, value) in out.iter_mut().zip(&one.values) {
                *cell = *value;
            }
        }
        Ok(())
    }
}
