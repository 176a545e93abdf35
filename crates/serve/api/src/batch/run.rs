//! Distinct questions to answers, some at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use axum::body::Bytes;
use contract::TimeRange;
use promql::{Allowance, CancelToken, Held, HttpOrigin, Origin, QueryOptions};
use tokio::task::JoinSet;

use super::request::{Moments, Run};
use crate::answer::{Answer, ApiError};
use crate::face::{Face, Services};
use crate::targets::services;
use crate::{exemplars, query};

/// Questions of one batch that are answered at once: enough to fill the processors of most
/// machines, and few enough that others get their turn.
const SIDE_BY_SIDE: usize = 8;

/// What is to be answered, shared by the threads that do it.
pub(super) struct Work {
    runs: Vec<Run>,
    /// The first question that nobody has taken.
    next: AtomicUsize,
    until: Instant,
    /// What all answers together may take in memory until they are sent.
    allowance: Allowance,
    cancel: CancelToken,
    asker: HttpOrigin,
}

/// A question with its answer.
pub(super) struct Answered {
    pub(super) run: Run,
    pub(super) outcome: Result<Found, ApiError>,
}

/// A successful answer, as it is written.
pub(super) struct Found {
    pub(super) data: Bytes,
    /// Warnings and infos, as they stand behind the data.
    pub(super) notes: String,
    /// The data of `query_exemplars`, where they were asked for.
    pub(super) exemplars: Option<Bytes>,
    /// The memory of all of it.
    pub(super) held: Arc<Held>,
}

impl Work {
    /// Work that ends at `until`, whose answers `allowance` holds.
    pub(super) fn new(
        runs: Vec<Run>,
        until: Instant,
        allowance: Allowance,
        cancel: CancelToken,
        asker: HttpOrigin,
    ) -> Self {
        Self {
            runs,
            next: AtomicUsize::new(0),
            until,
            allowance,
            cancel,
            asker,
        }
    }

    /// Answers questions that nobody has taken, until there are none left.
    fn turn(&self, services: &Services) -> Vec<(usize, Result<Found, ApiError>)> {
        let mut answers = Vec::new();
        loop {
            let place = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(run) = self.runs.get(place) else {
                return answers;
            };
            answers.push((place, self.answer(services, run)));
        }
    }

    fn answer(&self, services: &Services, run: &Run) -> Result<Found, ApiError> {
        let options = QueryOptions {
            timeout: Some(self.until.saturating_duration_since(Instant::now())),
            cancel: self.cancel.clone(),
            origin: Origin::Http(self.asker.clone()),
            ..QueryOptions::default()
        };
        let (select, engine) = (services.select.as_ref(), &services.engine);
        let (result, range) = match run.moments {
            Moments::Instant { time } => (
                engine.instant(select, &run.expr, time, &options),
                TimeRange {
                    start: time,
                    end: time,
                },
            ),
            Moments::Range { start, end } => (
                engine.range(select, &run.expr, start, end, run.step, &options),
                TimeRange { start, end },
            ),
        };
        let answer: Answer = query::plain(result?)?;
        let exemplars = match run.exemplars {
            true => Some(exemplars::data(services, &run.expr, range)?),
            false => None,
        };
        let (data, notes) = answer.into_parts();
        let size = data.len() + notes.len() + exemplars.as_ref().map_or(0, String::len);
        Ok(Found {
            held: Arc::new(self.allowance.hold(size)?),
            data,
            notes,
            exemplars: exemplars.map(Bytes::from),
        })
    }
}

/// Answers everything, on threads that may block; in the order of the questions.
pub(super) async fn side_by_side(
    face: &Arc<Face>,
    work: &Arc<Work>,
) -> Result<Vec<Answered>, ApiError> {
    let mut threads = JoinSet::new();
    for _ in 0..work.runs.len().min(SIDE_BY_SIDE) {
        let (face, work) = (Arc::clone(face), Arc::clone(work));
        threads.spawn_blocking(move || Ok::<_, ApiError>(work.turn(services(&face)?)));
    }
    let mut outcomes = Vec::with_capacity(work.runs.len());
    while let Some(thread) = threads.join_next().await {
        let some = thread.map_err(|error| {
            ApiError::internal(format!("a thread of the batch failed: {error}"))
        })?;
        outcomes.extend(some?);
    }
    outcomes.sort_by_key(|(place, _)| *place);
    let runs = work.runs.iter().cloned();
    let answers = runs
        .zip(outcomes)
        .map(|(run, (_, outcome))| Answered { run, outcome });
    Ok(answers.collect())
}
