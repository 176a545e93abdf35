//! The series of the local store and of servers as one list.

use std::collections::HashMap;

use contract::{SelectError, SeriesList, Touched, Watch};
use model::{Columns, Labels};

use super::answer::Answer;
use super::merge::{counts, settle};

/// Series that are looked at between two looks whether to go on.
const SERIES_AT_ONCE: usize = 1024;

/// A series that some server has.
#[derive(Debug)]
struct Row {
    labels: Labels,
    /// The answer it is in, and its place there.
    parts: Vec<(u32, u32)>,
    /// Its place in the local list.
    local: Option<usize>,
}

/// Series by label set, each once: first those that some server has, then those that the local
/// store alone has.
pub(super) struct Joined {
    local: Box<dyn SeriesList>,
    answers: Vec<Answer>,
    warnings: Vec<String>,
    rows: Vec<Row>,
    /// Places in the local list.
    local_only: Vec<usize>,
}

impl Joined {
    /// Brings together what has the same labels; no more than `limit` series.
    pub(super) fn new(
        local: Box<dyn SeriesList>,
        answers: Vec<Answer>,
        warnings: Vec<String>,
        limit: usize,
        watch: &dyn Watch,
    ) -> Result<Self, SelectError> {
        let mut known: HashMap<Labels, usize> = HashMap::new();
        let mut rows: Vec<Row> = Vec::new();
        for (number, answer) in (0..).zip(&answers) {
            for (place, series) in (0..).zip(&answer.series) {
                let next = rows.len();
                let row = *known.entry(series.labels.clone()).or_insert(next);
                match rows.get_mut(row) {
                    Some(row) => row.parts.push((number, place)),
                    None => rows.push(Row {
                        labels: series.labels.clone(),
                        parts: vec![(number, place)],
                        local: None,
                    }),
                }
            }
        }
        let mut local_only = Vec::new();
        for place in 0..local.len() {
            if place % SERIES_AT_ONCE == 0 && !watch.goes_on(local_only.len() * size_of::<usize>())
            {
                return Err(SelectError::Stopped);
            }
            // Where no server has anything, nobody needs to know whose labels are whose.
            let row = match known.is_empty() {
                true => None,
                false => known.get(&local.labels(place)),
            };
            match row.and_then(|row| rows.get_mut(*row)) {
                Some(row) => row.local = Some(place),
                None => local_only.push(place),
            }
        }
        rows.truncate(limit);
        local_only.truncate(limit.saturating_sub(rows.len()));
        Ok(Self {
            local,
            answers,
            warnings,
            rows,
            local_only,
        })
    }

    /// The row of a place, or else the place in the local list.
    fn find(&self, place: usize) -> Result<&Row, Option<usize>> {
        let behind = || place.checked_sub(self.rows.len());
        let local = || behind().and_then(|place| self.local_only.get(place));
        self.rows.get(place).ok_or_else(|| local().copied())
    }
}

impl SeriesList for Joined {
    fn len(&self) -> usize {
        self.rows.len() + self.local_only.len()
    }

    fn size(&self) -> usize {
        let answers = self.answers.iter().map(|answer| answer.size);
        let places = size_of_val(&*self.rows) + size_of_val(&*self.local_only);
        self.local.size() + answers.sum::<usize>() + places
    }

    fn touched(&self) -> Touched {
        self.local.touched()
    }

    fn warnings(&self) -> Vec<String> {
        let mut warnings = self.local.warnings();
        warnings.extend(self.warnings.iter().cloned());
        warnings
    }

    fn labels(&self, place: usize) -> Labels {
        match self.find(place) {
            Ok(row) => row.labels.clone(),
            Err(Some(local)) => self.local.labels(local),
            Err(None) => Labels::empty(),
        }
    }

    fn read_newest(&self, place: usize, into: &mut Columns) -> Result<(), SelectError> {
        match self.find(place) {
            Err(Some(local)) => self.local.read_newest(local, into),
            _ => self.read(place, into),
        }
    }

    fn read(&self, place: usize, into: &mut Columns) -> Result<(), SelectError> {
        let row = match self.find(place) {
            Ok(row) => row,
            Err(Some(local)) => return self.local.read(local, into),
            Err(None) => return Ok(()),
        };
        let from = counts(into);
        if let Some(local) = row.local {
            self.local.read(local, into)?;
        }
        for (answer, place) in &row.parts {
            if let Some(answer) = self.answers.get(*answer as usize) {
                let read = answer.read(*place as usize, into);
                read.map_err(|error| {
                    SelectError::Corrupt(format!("remote_read: series {}: {error}", row.labels))
                })?;
            }
        }
        settle(into, from);
        Ok(())
    }
}
