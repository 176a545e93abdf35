//! Write requests of versions 1.0 and 2.0.

mod encode;
mod labels;
mod read;

use model::{Exemplar, FamilyKind, HistogramSample, LabelsBuilder};
use rapidhash::v3::{RapidSecrets, rapidhash_v3_seeded};

use crate::fields::{Fields, Malformed, Value};
pub(super) use labels::pair;
use labels::{Source, Symbols};

pub use encode::{RequestWriter, label, put_labels, put_metadata_request};

/// A version of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// `prometheus.WriteRequest`: each series brings its labels as text.
    V1,
    /// `io.prometheus.write.v2.Request`: texts stand once a request, labels refer to them.
    V2,
}

impl Version {
    /// The version of a message, by its name.
    pub fn of_message(name: &str) -> Option<Self> {
        let all = [Self::V1, Self::V2];
        all.into_iter().find(|version| version.message() == name)
    }

    /// The name of its message.
    pub fn message(self) -> &'static str {
        match self {
            Self::V1 => "prometheus.WriteRequest",
            Self::V2 => "io.prometheus.write.v2.Request",
        }
    }
}

/// A request, decompressed.
pub struct Request<'a> {
    version: Version,
    rest: Fields<'a>,
    symbols: Symbols<'a>,
    /// What hashes are made with: made of the seed once, which costs more than a hash.
    secrets: RapidSecrets,
}

/// One series of a request.
#[derive(Clone, Copy)]
pub struct Series<'a> {
    hash: u64,
    labels: Source<'a>,
    fields: &'a [u8],
    version: Version,
}

/// What is told of a series beside its labels; its memory serves one series after the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Content {
    /// Time in milliseconds and value, in the request's order.
    pub samples: Vec<(i64, f64)>,
    /// In the request's order.
    pub histograms: Vec<HistogramSample>,
    /// In the request's order.
    pub exemplars: Vec<Exemplar>,
    /// Of version 2.0 only.
    pub metadata: Option<Metadata>,
    /// What is wrong with exemplars and histograms that were left out, each by itself.
    pub faults: Vec<Malformed>,
    /// What is wrong with the metadata, and so with the series.
    pub unreadable: Option<Malformed>,
}

impl Content {
    /// Whether there are samples, and nothing that is wrong.
    #[inline]
    pub fn is_plain(&self) -> bool {
        (!self.samples.is_empty() || !self.histograms.is_empty())
            && self.faults.is_empty()
            && self.unreadable.is_none()
    }
}

/// What is said about a series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// What its numbers mean.
    pub kind: FamilyKind,
    /// For people.
    pub help: String,
    /// Such as `seconds`; empty where not said.
    pub unit: String,
}

impl<'a> Request<'a> {
    /// A request at its beginning. `seed` goes into the hashes of the series.
    ///
    /// # Errors
    /// Where the symbols of version 2.0 cannot be read.
    pub fn new(body: &'a [u8], version: Version, seed: u64) -> Result<Self, Malformed> {
        let secrets = RapidSecrets::seed(seed);
        let symbols = match version {
            Version::V1 => Symbols::default(),
            Version::V2 => Symbols::read(body, &secrets)?,
        };
        Ok(Self {
            version,
            rest: Fields(body),
            symbols,
            secrets,
        })
    }

    /// The next series; `None` at the end.
    ///
    /// # Errors
    /// Where the request is no message of its version; nothing comes behind an error.
    #[inline]
    pub fn next_series(&mut self) -> Result<Option<Series<'_>>, Malformed> {
        let number = match self.version {
            Version::V1 => 1,
            Version::V2 => 5,
        };
        loop {
            match self.rest.next()? {
                None => return Ok(None),
                Some((field, Value::Bytes(message))) if field == number => {
                    return self.series(message).map(Some);
                }
                Some((field, _)) if field == number => return Err(Malformed::Field(field)),
                Some(_) => {}
            }
        }
    }

    #[inline]
    fn series(&self, message: &'a [u8]) -> Result<Series<'_>, Malformed> {
        let (head, fields) = labels::split(message)?;
        let (labels, hash) = match self.version {
            Version::V1 => {
                let hash = rapidhash_v3_seeded(head, &self.secrets);
                (Source::Texts(head), hash)
            }
            Version::V2 => {
                let hash = match self.symbols.hash(head) {
                    Ok(hash) => hash,
                    // Whoever asks for the labels is told; their hash is known to nobody.
                    Err(fault) if fault.is_of_a_part() => !rapidhash_v3_seeded(head, &self.secrets),
                    Err(fault) => return Err(fault),
                };
                (Source::Symbols(head, &self.symbols), hash)
            }
        };
        Ok(Series {
            hash,
            labels,
            fields,
            version: self.version,
        })
    }
}

impl<'a> Series<'a> {
    /// A hash of the labels as they lie: under one seed and version, equal for equal labels in
    /// equal order.
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// Sets the labels in a builder; of a name that comes twice the last value stands.
    ///
    /// # Errors
    /// Labels that are no text, or refer to no symbol.
    pub fn labels(&self, into: &mut LabelsBuilder) -> Result<(), Malformed> {
        self.each_label(|name, value| {
            into.set(name, value);
        })
    }

    /// Calls `each` for every label in the request's order.
    ///
    /// # Errors
    /// As [`Series::labels`].
    pub fn each_label(&self, each: impl FnMut(&str, &str)) -> Result<(), Malformed> {
        self.labels.each(each)
    }

    /// Reads the rest into `into`, whose earlier content goes.
    ///
    /// # Errors
    /// Where it is not what the version says.
    #[inline]
    pub fn read(&self, into: &mut Content) -> Result<(), Malformed> {
        into.samples.clear();
        into.histograms.clear();
        into.exemplars.clear();
        into.metadata = None;
        into.faults.clear();
        into.unreadable = None;
        read::content(self, into)
    }
}

#[cfg(test)]
mod tests;
