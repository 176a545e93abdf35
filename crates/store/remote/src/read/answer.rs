//! An answer: bytes as they come, to series that stay packed.

use std::sync::atomic::AtomicUsize;

use chunk::{BadChunk, Encoding};
use contract::TimeRange;
use http_client::Response;
use model::{Columns, Labels};
use wire::remote::read::{BadRead, FrameReader, frames, samples};

use super::server::count;
use super::{MOST_BYTES, ReadError, merge};

/// What a series takes beside its labels and samples, in bytes.
const SERIES_OVERHEAD: usize = 96;
/// What a chunk takes beside its data, in bytes.
const CHUNK_OVERHEAD: usize = 48;

/// The series of one server.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) series: Vec<Series>,
    /// Bytes in memory, about.
    pub(super) size: usize,
    /// Samples outside are not wanted.
    range: TimeRange,
}

/// A series as its server sent it: as samples, or as chunks that may overlap.
#[derive(Debug, Default)]
pub(super) struct Series {
    pub(super) labels: Labels,
    plain: Columns,
    chunks: Vec<(Encoding, Box<[u8]>)>,
}

impl Answer {
    fn new(range: TimeRange) -> Self {
        Self {
            series: Vec::new(),
            size: 0,
            range,
        }
    }

    /// Appends the samples of a series, in whatever order.
    pub(super) fn read(&self, place: usize, into: &mut Columns) -> Result<(), BadChunk> {
        let Some(series) = self.series.get(place) else {
            return Ok(());
        };
        let range = self.range;
        merge::copy(&series.plain, range, into);
        for (encoding, data) in &series.chunks {
            encoding.decode_range(data, range.start, range.end, into)?;
        }
        Ok(())
    }

    /// Adds chunks to the last series where it has these labels, else to another.
    fn add(&mut self, labels: Labels, chunks: impl Iterator<Item = (Encoding, Box<[u8]>)>) {
        match self.series.last_mut() {
            Some(last) if last.labels == labels => last.chunks.extend(chunks),
            _ => self.series.push(Series {
                labels,
                plain: Columns::new(),
                chunks: chunks.collect(),
            }),
        }
    }
}

/// An answer that is being read.
pub(super) struct Gathering<'a> {
    pub(super) url: &'a str,
    pub(super) range: TimeRange,
    /// Labels that were added to the question and come off the answer.
    pub(super) added: &'a [String],
    /// Bytes of all answers of the selection.
    pub(super) held: &'a AtomicUsize,
}

impl Gathering<'_> {
    /// Reads a stream of frames.
    pub(super) async fn chunks(
        &self,
        mut response: Response,
        frame_limit: usize,
    ) -> Result<Answer, ReadError> {
        let bad = |cause| bad(self.url, cause);
        let mut answer = Answer::new(self.range);
        let mut reader = FrameReader::new(frame_limit);
        while let Some(piece) = response.piece().await? {
            reader.feed(&piece);
            while let Some(message) = reader.next_message().map_err(bad)? {
                let bytes = add_frame(&mut answer, message, self.added).map_err(bad)?;
                count(self.held, &mut answer.size, bytes)?;
            }
        }
        reader.end().map_err(bad)?;
        Ok(answer)
    }

    /// Reads one message of samples, on a thread that may take its time.
    pub(super) async fn samples(&self, mut response: Response) -> Result<Answer, ReadError> {
        let (mut packed, mut own) = (Vec::new(), 0);
        while let Some(piece) = response.piece().await? {
            count(self.held, &mut own, piece.len())?;
            packed.extend_from_slice(&piece);
        }
        let size = snap::raw::decompress_len(&packed).map_err(ReadError::Packing)?;
        if size > MOST_BYTES {
            return Err(ReadError::Size);
        }
        count(self.held, &mut own, size)?;
        let (url, range, added) = (self.url.to_owned(), self.range, self.added.to_vec());
        let work = tokio::task::spawn_blocking(move || unpack(&url, &packed, range, &added));
        let mut answer = work.await.map_err(|_| ReadError::Ended)??;
        answer.size = own;
        Ok(answer)
    }
}

fn bad(url: &str, cause: BadRead) -> ReadError {
    ReadError::Answer {
        url: url.to_owned(),
        cause,
    }
}

/// Adds the series of a frame; answers how many bytes that takes.
fn add_frame(answer: &mut Answer, message: &[u8], added: &[String]) -> Result<usize, BadRead> {
    let mut bytes = 0;
    frames::read(message, |labels, chunks| {
        let labels = without(&labels, added);
        bytes += labels.size() + SERIES_OVERHEAD;
        bytes += chunks
            .iter()
            .map(|chunk| chunk.data.len() + CHUNK_OVERHEAD)
            .sum::<usize>();
        let owned = chunks
            .iter()
            .map(|chunk| (chunk.encoding, chunk.data.into()));
        answer.add(labels, owned);
        Ok(())
    })?;
    Ok(bytes)
}

fn unpack(
    url: &str,
    packed: &[u8],
    range: TimeRange,
    added: &[String],
) -> Result<Answer, ReadError> {
    let message = snap::raw::Decoder::new().decompress_vec(packed);
    let message = message.map_err(ReadError::Packing)?;
    let mut answer = Answer::new(range);
    let results = samples::read(&message, |labels, plain| {
        answer.series.push(Series {
            labels: without(&labels, added),
            plain,
            chunks: Vec::new(),
        });
    });
    match results.map_err(|cause| bad(url, cause))? {
        1 => Ok(answer),
        other => Err(ReadError::Results(other)),
    }
}

fn without(labels: &Labels, added: &[String]) -> Labels {
    if added.is_empty() {
        return labels.clone();
    }
    labels.filtered(|name| !added.iter().any(|added| added == name))
}
