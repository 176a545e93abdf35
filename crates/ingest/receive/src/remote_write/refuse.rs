//! What is wrong with a request, for its sender.

use contract::{AppendError, RejectReason};
use model::Labels;
use thiserror::Error;
use wire::remote::Malformed;

use super::Written;

/// Faults told in one answer; the others are only counted.
const MOST_TOLD: usize = 10;

/// A request of which not all was stored.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{reason}")]
pub struct Refused {
    /// What was stored all the same.
    pub written: Written,
    /// Whether the same request may be taken later; otherwise sending it again is of no use.
    pub may_retry: bool,
    /// In words for whoever sends.
    pub reason: String,
}

impl Refused {
    pub(super) fn bad(reason: String) -> Self {
        Self {
            written: Written::default(),
            may_retry: false,
            reason,
        }
    }

    pub(super) fn malformed(fault: Malformed) -> Self {
        Self::bad(format!("the write request cannot be read: {fault}"))
    }

    pub(super) fn failed(error: AppendError) -> Self {
        Self {
            written: Written::default(),
            may_retry: true,
            reason: error.to_string(),
        }
    }
}

/// The faults of one request.
#[derive(Default)]
pub(super) struct Faults {
    told: Vec<String>,
    count: usize,
    /// Samples of series whose labels cannot be stored.
    pub(super) invalid: u64,
}

impl Faults {
    fn tell(&mut self, words: impl FnOnce() -> String) {
        self.count += 1;
        if self.told.len() < MOST_TOLD {
            self.told.push(words());
        }
    }

    pub(super) fn invalid(&mut self, words: String, samples: u64) {
        self.invalid += samples;
        self.tell(|| words);
    }

    pub(super) fn rejected(&mut self, reason: RejectReason, labels: &Labels) {
        self.tell(|| format!("{} for series {labels}", reason.as_str()));
    }

    /// The answer, given what was written.
    pub(super) fn outcome(self, written: Written) -> Result<Written, Refused> {
        if self.count == 0 {
            return Ok(written);
        }
        let mut reason = self.told.join("\n");
        if self.count > self.told.len() {
            let more = self.count - self.told.len();
            reason += &format!("\nand {more} more");
        }
        Err(Refused {
            written,
            may_retry: false,
            reason,
        })
    }
}
