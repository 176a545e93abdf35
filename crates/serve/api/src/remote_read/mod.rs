//! `/api/v1/read`: series for other servers, by remote read.
//!
//! A request is answered with plain samples in one message ([`samples`]) or with chunks in a stream
//! ([`stream`]), as it asks. So many are answered at once; more wait.

mod samples;
mod stream;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use contract::{Gather, SelectError, Selection, SeriesList, TimeRange};
use model::{Family, Labels, MatchOp, Matcher};
use promql::{Allowance, CancelToken, QueryError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wire::remote::read::{AnswerForm, BadRead, ReadQuery, ReadRequest};

use crate::face::{Face, Services};

/// Bytes of a request, compressed or not: matchers that spell thousands of values out fit many
/// times, and all that wait take no more than some hundred of these.
pub(crate) const MAX_REQUEST: usize = 4 << 20;

/// How long answering may take: long enough for a year of many series over a slow line. A client
/// that stops reading is given up much sooner.
const PATIENCE: Duration = Duration::from_secs(3600);

/// How remote read is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemoteReadOptions {
    /// Samples of the answer to one query in the form of samples; 0 for no limit.
    pub samples: usize,
    /// Requests that are answered at once.
    pub concurrency: usize,
    /// Bytes after which a frame of a stream ends; labels are counted.
    pub frame: usize,
}

impl Default for RemoteReadOptions {
    /// Upstream's figures.
    fn default() -> Self {
        Self {
            samples: 50_000_000,
            concurrency: 10,
            frame: 1 << 20,
        }
    }
}

/// Who answers remote reads.
pub struct RemoteRead {
    options: RemoteReadOptions,
    places: Arc<Semaphore>,
    /// Requests that are answered or wait.
    queries: AtomicI64,
}

impl RemoteRead {
    /// Nobody has asked yet.
    pub fn new(options: RemoteReadOptions) -> Self {
        Self {
            places: Arc::new(Semaphore::new(options.concurrency)),
            options,
            queries: AtomicI64::new(0),
        }
    }
}

impl Gather for RemoteRead {
    fn gather(&self, families: &mut Vec<Family>) {
        families.push(Family::gauge(
            "prometheus_remote_read_handler_queries",
            "The current number of remote read queries that are either in execution or queued on the handler.",
            self.queries.load(Ordering::Relaxed) as f64,
        ));
    }
}

/// A request that is answered: while this lives it has its place and is counted.
struct Turn {
    reader: Arc<RemoteRead>,
    _place: Option<OwnedSemaphorePermit>,
}

impl Turn {
    /// Waits for a place.
    async fn take(reader: &Arc<RemoteRead>) -> Self {
        reader.queries.fetch_add(1, Ordering::Relaxed);
        let mut turn = Self {
            reader: Arc::clone(reader),
            _place: None,
        };
        turn._place = Arc::clone(&reader.places).acquire_owned().await.ok();
        turn
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.reader.queries.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Why there is no answer.
#[derive(Debug)]
enum Failed {
    /// The request is none.
    Request(BadRead),
    /// It is not packed as it should be.
    Packing(snap::Error),
    /// It has more bytes than may be, unpacked.
    TooLong(usize),
    /// More samples than one query may have.
    Samples(usize),
    /// The store, or a limit of memory or time.
    Query(QueryError),
}

impl From<QueryError> for Failed {
    fn from(error: QueryError) -> Self {
        Self::Query(error)
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::Request(error) => (StatusCode::BAD_REQUEST, error.to_string()),
            Self::Packing(error) => (StatusCode::BAD_REQUEST, format!("snappy: {error}")),
            Self::TooLong(size) => (
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("a read request may have {MAX_REQUEST} bytes, this one has {size}"),
            ),
            Self::Samples(limit) => (
                StatusCode::BAD_REQUEST,
                format!("exceeded sample limit ({limit}); see --storage.remote.read-sample-limit"),
            ),
            Self::Query(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
        };
        (status, text + "\n").into_response()
    }
}

/// `POST /api/v1/read`
pub(crate) async fn read(State(face): State<Arc<Face>>, body: Bytes) -> Response {
    let Some(services) = face.services() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable").into_response();
    };
    let request = match unpack(&body) {
        Ok(request) => request,
        Err(failed) => return failed.into_response(),
    };
    drop(body);
    let Some(form) = request.form() else {
        let text = format!(
            "none of the answer types {:?} is supported; there are 0 (SAMPLES) and 1 (STREAMED_XOR_CHUNKS)\n",
            request.accepted
        );
        return (StatusCode::BAD_REQUEST, text).into_response();
    };
    let turn = Turn::take(&services.remote_read).await;
    match form {
        AnswerForm::Samples => samples::answer(face, request, turn).await,
        AnswerForm::Chunks => stream::answer(face, request, turn).await,
    }
}

/// Decompresses and reads a request.
fn unpack(body: &[u8]) -> Result<ReadRequest, Failed> {
    let size = snap::raw::decompress_len(body).map_err(Failed::Packing)?;
    if size > MAX_REQUEST {
        return Err(Failed::TooLong(size));
    }
    let message = snap::raw::Decoder::new().decompress_vec(body);
    ReadRequest::decode(&message.map_err(Failed::Packing)?).map_err(Failed::Request)
}

/// One answer under way.
struct Reading<'a> {
    services: &'a Services,
    options: RemoteReadOptions,
    external: Arc<Labels>,
    allowance: Allowance,
}

impl<'a> Reading<'a> {
    fn new(face: &'a Face, services: &'a Services, cancel: &CancelToken) -> Self {
        Self {
            services,
            options: services.remote_read.options,
            external: face.options.runtime.external_labels(),
            allowance: services.engine.allowance(Some(PATIENCE), cancel),
        }
    }

    /// The series that a query asks for.
    fn select(&self, query: &ReadQuery) -> Result<Box<dyn SeriesList>, QueryError> {
        let (start, end) = query.range();
        let matchers = without_external(&query.matchers, &self.external);
        let selection = Selection {
            matchers: &matchers,
            range: TimeRange { start, end },
            limit: 0,
        };
        let found = self
            .services
            .select
            .select_watched(&selection, self.allowance.watch());
        found.map_err(|error| self.failed(error))
    }

    fn failed(&self, error: SelectError) -> QueryError {
        match error {
            SelectError::Stopped => self.allowance.why_stopped(),
            other => QueryError::Select(other),
        }
    }

    /// The labels of a series as other servers see them: with the external ones that it lacks.
    fn outside(&self, labels: Labels) -> Labels {
        if self.external.is_empty() {
            return labels;
        }
        let mut merged = self.external.to_builder();
        for (name, value) in labels.iter() {
            merged.set(name, value);
        }
        merged.build()
    }
}

/// The matchers for series as they are stored, without external labels: who asks for one by its
/// value asks for series that lack the label.
fn without_external(matchers: &[Matcher], external: &Labels) -> Vec<Matcher> {
    let stored = |matcher: &Matcher| {
        let is_external =
            matcher.op() == MatchOp::Equal && external.get(matcher.name()) == Some(matcher.value());
        if is_external {
            Matcher::equal(matcher.name(), "")
        } else {
            matcher.clone()
        }
    };
    matchers.iter().map(stored).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_for_an_external_label_gets_series_without_it() {
        let external = Labels::from_pairs([("zone", "eu"), ("a", "b")]);
        let regex = Matcher::new("zone", MatchOp::Regex, "eu").unwrap();
        let asked = [
            Matcher::equal("zone", "eu"),
            Matcher::equal("a", "c"),
            Matcher::equal("job", "x"),
            regex.clone(),
        ];
        let expected = [
            Matcher::equal("zone", ""),
            Matcher::equal("a", "c"),
            Matcher::equal("job", "x"),
            regex,
        ];
        assert_eq!(without_external(&asked, &external), expected);
    }

    #[test]
    fn a_request_that_claims_to_be_huge_is_not_unpacked() {
        let packed = |size| {
            let zeros = vec![0; size];
            snap::raw::Encoder::new().compress_vec(&zeros).unwrap()
        };
        let status = |body: &[u8]| unpack(body).unwrap_err().into_response().status();
        assert_eq!(
            status(&packed(MAX_REQUEST + 1)),
            StatusCode::PAYLOAD_TOO_LARGE
        );
        assert_eq!(status(&packed(100)), StatusCode::BAD_REQUEST);
        assert_eq!(status(b"no snappy"), StatusCode::BAD_REQUEST);
    }
}
