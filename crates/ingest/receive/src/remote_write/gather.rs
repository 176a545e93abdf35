//! A request as one batch.

use contract::{Batch, PendingExemplar, PendingHistogram, PendingMetadata, PendingSample};
use contract::{Rejection, SeriesId};
use model::{Exemplar, Labels, LabelsBuilder, METRIC_NAME};
use wire::remote::Malformed;
use wire::remote::write::{Content, Request, Series};

use crate::ids::{Cursor, Ids};
use crate::pending::{Ends, TextBudget, Unknown};
use crate::refuse::Faults;

/// What a request came to; its memory serves one request after the other.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) batch: Batch,
    /// Where the samples and histograms of each series of the request end in the batch.
    ends: Vec<(u32, u32)>,
    pub(super) unknown: Vec<Unknown>,
    content: Content,
    texts: TextBudget,
}

impl Gathered {
    pub(super) fn clear(&mut self) {
        self.batch.clear();
        self.ends.clear();
        self.unknown.clear();
        self.texts.clear();
    }

    /// Reads a whole request. Series that cannot be stored are noted as faults and left out.
    pub(super) fn take(
        &mut self,
        mut request: Request<'_>,
        ids: &Ids,
        faults: &mut Faults,
    ) -> Result<(), Malformed> {
        self.clear();
        let mut content = std::mem::take(&mut self.content);
        let mut cursor = Cursor::default();
        while let Some(series) = request.next_series()? {
            series.read(&mut content)?;
            match ids.get(&mut cursor, series.hash()) {
                Some(id) if content.is_plain() => self.push(id, &mut content),
                known => self.push_checked(&series, known, &mut content, faults)?,
            }
            let ends = (self.batch.samples.len(), self.batch.histograms.len());
            // A request of 32 MiB has fewer of both than 32 bits can count.
            self.ends.push((ends.0 as u32, ends.1 as u32));
        }
        self.content = content;
        Ok(())
    }

    #[inline]
    fn push(&mut self, series: SeriesId, content: &mut Content) {
        let samples = content.samples.iter();
        self.batch
            .samples
            .extend(samples.map(|&(time, value)| PendingSample {
                series,
                time,
                value,
            }));
        if !content.histograms.is_empty() {
            let histograms = content.histograms.drain(..);
            self.batch
                .histograms
                .extend(histograms.map(|sample| PendingHistogram {
                    series,
                    time: sample.time,
                    value: sample.value,
                }));
        }
        if !content.exemplars.is_empty() {
            let latest = content.samples.last().map(|&(time, _)| time);
            let timed = |exemplar: Exemplar| Exemplar {
                time: exemplar.time.or(latest),
                ..exemplar
            };
            let exemplars = content.exemplars.drain(..).map(timed);
            self.batch
                .exemplars
                .extend(exemplars.map(|exemplar| PendingExemplar { series, exemplar }));
        }
    }

    /// Adds a series that is not known, or of which more than samples is told.
    #[cold]
    fn push_checked(
        &mut self,
        series: &Series<'_>,
        known: Option<SeriesId>,
        content: &mut Content,
        faults: &mut Faults,
    ) -> Result<(), Malformed> {
        if let Some(reason) = self.texts.spent() {
            faults.tell(|| reason);
            return Ok(());
        }
        let Some(labels) = checked(series, content, faults)? else {
            return Ok(());
        };
        let said = content.metadata.as_ref();
        let said = said.map_or(0, |said| said.unit.len() + said.help.len());
        self.texts.take(labels.size() + said);
        for fault in content.faults.drain(..) {
            faults.part(fault, &labels);
        }
        if let Some(id) = known {
            self.push(id, content);
            return Ok(());
        }
        let before = Ends::of(&self.batch);
        // What is known of a series by its first request stands until it is told anew.
        if let Some(metadata) = content.metadata.take() {
            self.batch.metadata.push(PendingMetadata {
                series: SeriesId(0),
                kind: metadata.kind,
                unit: metadata.unit,
                help: metadata.help,
            });
        }
        self.push(SeriesId(0), content);
        let unknown = Unknown::since(before, &self.batch, series.hash(), labels);
        self.unknown.push(unknown);
        Ok(())
    }

    /// The number of the series that a place of the batch belongs to.
    fn series_of(&self, place: usize) -> usize {
        let samples = self.batch.samples.len();
        match place.checked_sub(samples) {
            None => self.ends.partition_point(|end| end.0 as usize <= place),
            Some(place) => self.ends.partition_point(|end| end.1 as usize <= place),
        }
    }

    /// What lies at the places, which are in rising order, as a batch of its own with series that
    /// are all unknown. `request` is the one that was taken.
    pub(super) fn only(
        &self,
        mut request: Request<'_>,
        places: &[usize],
    ) -> Result<Self, Malformed> {
        let mut wanted: Vec<(usize, usize)> = places
            .iter()
            .map(|&place| (self.series_of(place), place))
            .collect();
        wanted.sort_unstable();
        let mut only = Self::default();
        let mut wanted = wanted.into_iter().peekable();
        let mut number = 0;
        while let Some(series) = request.next_series()? {
            while let Some((_, place)) = wanted.next_if(|(of, _)| *of == number) {
                only.copy(&series, &self.batch, place)?;
            }
            number += 1;
        }
        Ok(only)
    }

    fn copy(&mut self, series: &Series<'_>, from: &Batch, place: usize) -> Result<(), Malformed> {
        let batch = &mut self.batch;
        let before = Ends::of(batch);
        match place.checked_sub(from.samples.len()) {
            None => batch.samples.extend(from.samples.get(place)),
            Some(place) => batch.histograms.extend(from.histograms.get(place).cloned()),
        }
        let mut labels = LabelsBuilder::new();
        series.labels(&mut labels)?;
        let unknown = Unknown::since(before, batch, series.hash(), labels.build());
        self.unknown.push(unknown);
        Ok(())
    }

    /// Notes the rejected samples with the labels of their series. `request` is the one that was
    /// taken.
    pub(super) fn name(
        &self,
        mut request: Request<'_>,
        rejected: &[Rejection],
        faults: &mut Faults,
    ) -> Result<(), Malformed> {
        let mut named: Vec<(usize, &Rejection)> = rejected
            .iter()
            .map(|rejection| (self.series_of(rejection.place), rejection))
            .collect();
        named.sort_unstable_by_key(|(series, rejection)| (*series, rejection.place));
        let mut named = named.into_iter().peekable();
        let mut number = 0;
        while let Some(series) = request.next_series()? {
            while let Some((_, rejection)) = named.next_if(|(of, _)| *of == number) {
                let mut labels = LabelsBuilder::new();
                series.labels(&mut labels)?;
                faults.rejected(rejection.reason, &labels.build());
            }
            number += 1;
        }
        Ok(())
    }
}

/// The labels of a series that can be stored; otherwise the fault is noted.
fn checked(
    series: &Series<'_>,
    content: &Content,
    faults: &mut Faults,
) -> Result<Option<Labels>, Malformed> {
    let samples = content.samples.len() + content.histograms.len();
    let is_empty = samples == 0 && !content.faults.contains(&Malformed::Histogram);
    let mut labels = LabelsBuilder::new();
    let mut twice = None;
    let mut has_empty_name = false;
    let read = series.each_label(|name, value| {
        if !labels.get(name).is_empty() {
            twice.get_or_insert_with(|| name.to_owned());
        }
        has_empty_name |= name.is_empty();
        labels.set(name, value);
    });
    let read = match (read, &content.unreadable) {
        (Ok(()), Some(fault)) => Err(*fault),
        (read, _) => read,
    };
    let labels = labels.build();
    match read {
        Ok(()) => {}
        Err(fault) if fault.is_of_a_part() => {
            faults.invalid(
                format!("parsing labels for series {labels}: {fault}"),
                samples,
            );
            return Ok(None);
        }
        Err(fault) => return Err(fault),
    }
    if has_empty_name || labels.get(METRIC_NAME).is_none() {
        let words = format!("invalid metric name or labels, got {labels}");
        faults.invalid(words, samples);
    } else if let Some(name) = twice {
        let words = format!("invalid labels for series, labels {labels}, duplicated label {name}");
        faults.invalid(words, samples);
    } else if is_empty {
        faults.empty(&labels);
    } else {
        return Ok(Some(labels));
    }
    Ok(None)
}
