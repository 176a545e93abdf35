//! The series that a selector found, counted in the query's budget.

use std::ops::Range;
use std::sync::Arc;

use contract::{SelectError, SeriesList, Touched};
use model::{Columns, Labels};

use super::Context;
use crate::QueryError;
use crate::memory::Held;
use crate::tally::Tally;

/// A list of series whose memory counts; says at its end what was touched for it.
struct Listed {
    list: Box<dyn SeriesList>,
    tally: Arc<Tally>,
    _held: Held,
}

impl Context<'_> {
    /// Counts what a selector found for as long as the list lives.
    pub(super) fn listed(
        &self,
        list: Box<dyn SeriesList>,
    ) -> Result<Box<dyn SeriesList>, QueryError> {
        let held = self.budget.hold_bytes(list.size())?;
        self.tally.found(list.len());
        Ok(Box::new(Listed {
            list,
            tally: Arc::clone(&self.tally),
            _held: held,
        }))
    }
}

impl SeriesList for Listed {
    fn len(&self) -> usize {
        self.list.len()
    }

    fn size(&self) -> usize {
        self.list.size()
    }

    fn touched(&self) -> Touched {
        self.list.touched()
    }

    fn labels(&self, place: usize) -> Labels {
        self.list.labels(place)
    }

    fn read(&self, place: usize, into: &mut Columns) -> Result<(), SelectError> {
        self.list.read(place, into)
    }

    fn read_newest(&self, place: usize, into: &mut Columns) -> Result<(), SelectError> {
        self.list.read_newest(place, into)
    }

    fn prepare(&self, places: Range<usize>) {
        self.list.prepare(places);
    }

    fn group(&self, keeps: &dyn Fn(&str) -> bool) -> Vec<u32> {
        self.list.group(keeps)
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.tally.touched(self.list.touched());
    }
}
