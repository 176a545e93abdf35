//! One scrape of one target: ask, read, store, report.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use contract::{Batch, Health, PendingHistogram, PendingSample, RejectReason, SeriesId};
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{Method, Request, StatusCode, Uri};
use http_client::{HttpError, Line};
use model::{FamilyKind, Labels, LabelsBuilder, is_stale};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::time::Instant;
use wire::exposition::{Entry as Said, Format, Parser};

use crate::accept::answer_format;
use crate::error::ScrapeError;
use crate::histogram;
use crate::ingest::{self, Cache, Counts, Output};
use crate::job::{Job, Shared, TIMEOUT_HEADER};
use crate::metadata::{self, Rows};
use crate::report::{Report, ReportSeries, Values};
use crate::scratch::Scratch;
use crate::series::SampleRules;
use crate::target::{Target, millis};

/// A scrape that begins this close to its planned moment counts as on time, as upstream: equal
/// distances between samples compress better.
const TOLERANCE_MS: i64 = 2;

/// What a loop hands to the loop that follows it after a reload.
#[derive(Default)]
pub(crate) struct Carried {
    pub(crate) cache: Cache,
    pub(crate) report: Report,
}

/// Scrapes one target.
pub(crate) struct Scraper {
    pub(crate) shared: Arc<Shared>,
    pub(crate) job: Arc<Job>,
    pub(crate) target: Arc<Target>,
    pub(crate) carried: Carried,
    uri: Result<Uri, HttpError>,
    headers: HeaderMap,
    /// The connection to the target.
    line: Line,
}

impl Scraper {
    pub(crate) fn new(
        shared: Arc<Shared>,
        job: Arc<Job>,
        target: Arc<Target>,
        carried: Carried,
    ) -> Self {
        let mut headers = job.headers.clone();
        let seconds = target.timeout.as_secs_f64().to_string();
        if let Ok(value) = HeaderValue::try_from(seconds) {
            headers.insert(TIMEOUT_HEADER, value);
        }
        let uri = target.url.parse().map_err(|_| HttpError::Url {
            url: target.url.clone(),
            cause: "it cannot be parsed".to_owned(),
        });
        let scraper = Self {
            shared,
            job,
            target,
            carried,
            uri,
            headers,
            line: Line::default(),
        };
        scraper.publish(scraper.carried.cache.metadata.rows());
        scraper
    }

    /// Scrapes once; `due` is the planned moment.
    pub(crate) async fn scrape(&mut self, due: i64) {
        let now = self.shared.clock.now();
        let tolerance = TOLERANCE_MS.min(millis(self.target.interval) / 100);
        let on_time = now.abs_diff(due) <= tolerance.unsigned_abs();
        let time = if on_time { due } else { now };
        let begun = Instant::now();
        let mut scratch = self.shared.scratches.take();
        let fetched = self.fetch(&mut scratch.body).await;
        self.store(fetched, time, begun, &mut scratch);
        self.shared.scratches.give_back(scratch);
    }

    async fn fetch(&mut self, body: &mut Vec<u8>) -> Result<Format, ScrapeError> {
        if let Some(error) = self.job.over_limit.read().clone() {
            return Err(error);
        }
        let client = self.job.client.as_ref().map_err(HttpError::clone)?;
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = self.uri.clone()?;
        *request.headers_mut() = self.headers.clone();
        let limit = self.job.limits.body_bytes;
        let work = async {
            let head = client
                .read_over(&mut self.line, request, limit, body)
                .await?;
            if head.status != StatusCode::OK {
                return Err(HttpError::Status(head.status));
            }
            let kind = head.headers.get(CONTENT_TYPE);
            Ok(kind.and_then(|value| value.to_str().ok().map(str::to_owned)))
        };
        let kind = http_client::within(self.target.timeout, work)
            .await
            .map_err(|error| self.words(error))?;
        if body.is_empty() {
            return Ok(Format::Text004);
        }
        answer_format(kind.as_deref(), self.job.config.fallback_protocol)
            .map_err(ScrapeError::ContentType)
    }

    fn words(&self, error: HttpError) -> ScrapeError {
        match error {
            HttpError::BodyLimit { limit } => ScrapeError::BodySize { limit },
            HttpError::Deadline => ScrapeError::Http(HttpError::Request {
                method: Method::GET,
                url: self.target.url.clone(),
                cause: HttpError::Deadline.to_string(),
            }),
            other => ScrapeError::Http(other),
        }
    }

    /// Everything after the answer; nothing here waits.
    fn store(
        &mut self,
        fetched: Result<Format, ScrapeError>,
        time: i64,
        begun: Instant,
        scratch: &mut Scratch,
    ) {
        let body = std::mem::take(&mut scratch.body);
        let (counts, failure) = self.read(fetched, &body, time, scratch);
        let mut failure = failure;
        let took = begun.elapsed();
        let values = self.values(&counts, failure.as_ref(), took, body.len());
        scratch.body = body;
        let series = ReportSeries {
            target: &self.target.labels,
            extra: self.job.config.extra_metrics,
        };
        let store = self.shared.store.as_ref();
        let report = &mut self.carried.report;
        if let Err(error) = report.push(&values, time, &series, store, &mut scratch.batch) {
            failure.get_or_insert(error.into());
        }
        match store.append(&scratch.batch) {
            Ok(appended) => {
                let gone = self.count_rejected(&appended.rejected, &scratch.batch);
                self.renew(&gone, &scratch.batch, &scratch.body);
            }
            Err(error) => failure = Some(error.into()),
        }
        let metrics = &self.shared.metrics;
        metrics.duplicates.add(counts.repeated);
        if let Some((refused, _)) = &scratch.refused {
            metrics.refused_series.add(*refused as u64);
        }
        if let Some(error) = &failure {
            metrics.count_failure(error);
            let (job, url) = (&self.job.config.job_name, &self.target.url);
            tracing::debug!(%job, %url, %error, "scrape failed");
        }
        self.finish(failure, scratch, time, took);
    }

    fn read(
        &mut self,
        fetched: Result<Format, ScrapeError>,
        body: &[u8],
        time: i64,
        scratch: &mut Scratch,
    ) -> (Counts, Option<ScrapeError>) {
        let rules = SampleRules {
            config: &self.job.config,
            limits: self.job.limits,
            target: &self.target.labels,
        };
        let mut output = Output {
            scratch,
            rules: &rules,
            time,
            counts: Counts::default(),
        };
        let cache = &mut self.carried.cache;
        let outcome = match fetched {
            Ok(format) => {
                let store = self.shared.store.as_ref();
                aside(body.len(), || {
                    ingest::read(cache, body, format, store, &mut output)
                })
            }
            Err(error) => {
                ingest::end_all(&mut cache.layout, &mut output);
                Err(error)
            }
        };
        (output.counts, outcome.err())
    }

    fn values(
        &self,
        counts: &Counts,
        failure: Option<&ScrapeError>,
        took: Duration,
        body: usize,
    ) -> Values {
        let too_large = matches!(failure, Some(ScrapeError::BodySize { .. }));
        Values {
            up: failure.is_none(),
            duration_seconds: took.as_secs_f64(),
            scraped: counts.scraped,
            kept: counts.kept,
            added: counts.added,
            timeout_seconds: self.target.timeout.as_secs_f64(),
            sample_limit: self.job.config.limits.samples,
            body_bytes: if too_large { -1.0 } else { body as f64 },
        }
    }

    /// Counts the samples that the store did not take; answers the places of those whose series
    /// it has forgotten.
    fn count_rejected(&self, rejected: &[contract::Rejection], batch: &Batch) -> Vec<usize> {
        let metrics = &self.shared.metrics;
        let mut gone = Vec::new();
        for rejection in rejected {
            // A marker comes too late where the series went on under another target.
            if is_marker(batch, rejection.place) {
                continue;
            }
            match rejection.reason {
                RejectReason::OutOfOrder => metrics.out_of_order.inc(),
                RejectReason::Duplicate => metrics.duplicates.inc(),
                RejectReason::OutOfBounds | RejectReason::TooOld | RejectReason::TooFarAhead => {
                    metrics.out_of_bounds.inc();
                }
                RejectReason::Gone => gone.push(rejection.place),
                RejectReason::SeriesLimit => metrics.refused_series.inc(),
                // The store counts them.
                RejectReason::InvalidHistogram => {}
            }
        }
        gone
    }

    /// Registers forgotten series again and sends their samples once more.
    fn renew(&mut self, gone: &[usize], batch: &Batch, body: &[u8]) {
        if gone.is_empty() {
            return;
        }
        let samples = gone.iter().filter_map(|&place| batch.samples.get(place));
        let behind = |&place: &usize| place.checked_sub(batch.samples.len());
        let histograms = gone.iter().filter_map(behind);
        let histograms = histograms.filter_map(|place| batch.histograms.get(place));
        let wanted: HashMap<SeriesId, Option<SeriesId>> = samples
            .clone()
            .map(|sample| sample.series)
            .chain(histograms.clone().map(|histogram| histogram.series))
            .map(|series| (series, None))
            .collect();
        let renewed = self.resolve_again(wanted, body);
        let now = |series: SeriesId| renewed.get(&series).copied().flatten();
        let samples = samples.filter_map(|sample| {
            let series = now(sample.series)?;
            Some(PendingSample { series, ..*sample })
        });
        let histograms = histograms.filter_map(|histogram| {
            let series = now(histogram.series)?;
            Some(PendingHistogram {
                series,
                ..histogram.clone()
            })
        });
        let again = Batch {
            samples: samples.collect(),
            histograms: histograms.collect(),
            ..Batch::default()
        };
        match self.shared.store.append(&again) {
            Ok(appended) => {
                self.count_rejected(&appended.rejected, &again);
            }
            Err(error) => {
                let job = &self.job.config.job_name;
                tracing::warn!(%job, %error, "samples of forgotten series were not stored");
            }
        }
    }

    /// The new ids of series whose old ones are the keys, as far as the store gives any. `body` is
    /// the one that the layout was last held against.
    fn resolve_again(
        &mut self,
        mut wanted: HashMap<SeriesId, Option<SeriesId>>,
        body: &[u8],
    ) -> HashMap<SeriesId, Option<SeriesId>> {
        let store = self.shared.store.as_ref();
        let rules = SampleRules {
            config: &self.job.config,
            limits: self.job.limits,
            target: &self.target.labels,
        };
        let layout = &mut self.carried.cache.layout;
        let format = layout.format.unwrap_or(Format::Text004);
        let (mut lines, mut labels): (Vec<usize>, Vec<Labels>) = (Vec::new(), Vec::new());
        let histograms = histogram::wanted(&self.job.config);
        let mut parser = Parser::with_histograms(body, format, histograms);
        let mut line = 0;
        let mut kind = FamilyKind::Unknown;
        let mut builder = LabelsBuilder::new();
        while let Some(Ok(said)) = parser.next() {
            let series = match said {
                Said::Series(said) => said.series,
                Said::Histogram(said) => said.series,
                Said::Type { kind: said, .. } => {
                    // Bounds in protobuf are numbers, and written alike from the start.
                    kind = match format {
                        Format::Protobuf => FamilyKind::Unknown,
                        _ => said,
                    };
                    continue;
                }
                _ => continue,
            };
            if let Some(entry) = layout.entry(line)
                && !entry.flags().is_dropped()
                && wanted.contains_key(&{ entry.id })
                && let Ok(Some(found)) = rules.labels(series, format, 0, || kind, &mut builder)
            {
                lines.push(line);
                labels.push(found);
            }
            line += 1;
        }
        let mut ids = Vec::with_capacity(labels.len());
        if store.resolve(&labels, &mut ids).is_ok() {
            for (line, id) in lines.into_iter().zip(ids) {
                if let Some(entry) = layout.entry_mut(line) {
                    wanted.insert(entry.id, Some(id));
                    entry.id = id;
                }
            }
        }
        let report = &mut self.carried.report;
        let reported: Vec<(SeriesId, usize)> = wanted
            .keys()
            .filter_map(|id| Some((*id, report.place(*id)?)))
            .collect();
        let series = ReportSeries {
            target: &self.target.labels,
            extra: self.job.config.extra_metrics,
        };
        if !reported.is_empty() && report.resolve(&series, store).is_ok() {
            for (old, place) in reported {
                wanted.insert(old, report.id(place));
            }
        }
        wanted
    }

    fn finish(
        &mut self,
        failure: Option<ScrapeError>,
        scratch: &mut Scratch,
        time: i64,
        took: Duration,
    ) {
        let metadata = &mut self.carried.cache.metadata;
        let rows = match failure {
            None => metadata.end(&self.shared.rows),
            Some(_) => None,
        };
        if let Some(rows) = rows {
            self.publish(rows);
        }
        let mut status = self.target.status.lock();
        status.health = if failure.is_none() {
            Health::Up
        } else {
            Health::Down
        };
        status.last_error = match (failure, scratch.refused.take()) {
            (Some(error), _) => error.to_string(),
            (None, Some((count, error))) => format!("{error}: {count} new series not stored"),
            (None, None) => String::new(),
        };
        status.last_scrape = Some(time);
        status.last_duration = took;
        let length = took.as_secs_f64();
        self.shared.metrics.lengths.0.observe(length);
    }

    /// Shows other metadata from now on.
    pub(crate) fn publish(&self, rows: Rows) {
        let (entries, bytes) = metadata::size(&rows);
        let before = std::mem::replace(&mut self.target.status.lock().metadata, rows);
        let (old_entries, old_bytes) = metadata::size(&before);
        let metrics = &self.job.metrics;
        metrics
            .metadata_entries
            .add(entries as f64 - old_entries as f64);
        metrics.metadata_bytes.add(bytes as f64 - old_bytes as f64);
    }
}

/// Whether the rejected place of a batch only marks the end of a series.
fn is_marker(batch: &Batch, place: usize) -> bool {
    if let Some(sample) = batch.samples.get(place) {
        return is_stale(sample.value);
    }
    let histogram = place.checked_sub(batch.samples.len());
    let histogram = histogram.and_then(|place| batch.histograms.get(place));
    histogram.is_none_or(|histogram| histogram.value.is_stale())
}

#[cfg(test)]
#[path = "scraper_tests.rs"]
mod tests;

/// Bytes of a body from which on reading it may take longer than other targets should wait: some
/// ten thousand new series, or a few milliseconds.
const LARGE_BODY: usize = 2 << 20;

/// Does the work at once; where a body is large and the runtime can, other targets go on
/// meanwhile.
fn aside<T>(body: usize, work: impl FnOnce() -> T) -> T {
    let several = Handle::try_current()
        .is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread);
    if body >= LARGE_BODY && several {
        tokio::task::block_in_place(work)
    } else {
        work()
    }
}
