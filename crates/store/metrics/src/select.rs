//! Selecting from the store.

use std::collections::BTreeSet;

use contract::{Select, SelectError, Selection, SeriesList};
use model::{Columns, Labels};

use crate::Store;
use crate::head::read::HeadView;

/// The series that a selection found.
struct Found {
    head: HeadView,
}

impl SeriesList for Found {
    fn len(&self) -> usize {
        self.head.len()
    }

    fn labels(&self, place: usize) -> Labels {
        self.head.labels(place)
    }

    fn read(&self, place: usize, into: &mut Columns) -> Result<(), SelectError> {
        self.head.read(place, into)
    }
}

impl Select for Store {
    fn select(&self, selection: &Selection<'_>) -> Result<Box<dyn SeriesList>, SelectError> {
        self.readable()?;
        let pin = self.pin.lock().clone();
        let limit = match selection.limit {
            0 => usize::MAX,
            limit => limit,
        };
        let head = HeadView::new(
            &self.head,
            &self.chunks,
            pin,
            selection.matchers,
            selection.range,
            limit,
        )?;
        Ok(Box::new(Found { head }))
    }

    fn label_names(&self, selection: &Selection<'_>) -> Result<Vec<String>, SelectError> {
        self.readable()?;
        let mut names = BTreeSet::new();
        self.head.read().label_names(selection.matchers, &mut names);
        Ok(names.into_iter().collect())
    }

    fn label_values(
        &self,
        name: &str,
        selection: &Selection<'_>,
    ) -> Result<Vec<String>, SelectError> {
        self.readable()?;
        let mut values = BTreeSet::new();
        self.head
            .read()
            .label_values(name, selection.matchers, &mut values);
        Ok(values.into_iter().collect())
    }
}

impl Store {
    fn readable(&self) -> Result<(), SelectError> {
        if self.is_replayed() {
            Ok(())
        } else {
            Err(SelectError::NotReady)
        }
    }
}
