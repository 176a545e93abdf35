//! What the guard says of itself.

use model::instrument::Counter;
use model::{Family, FamilyKind};

use crate::admission::Refusal;

/// Requests turned away, by reason.
#[derive(Debug, Default)]
pub(crate) struct Refused {
    unknown: Counter,
    lacking: Counter,
    busy: Counter,
    rate: Counter,
}

impl Refused {
    pub(crate) fn count(&self, refusal: Refusal) {
        match refusal {
            Refusal::Unknown => self.unknown.inc(),
            Refusal::Lacking(_) => self.lacking.inc(),
            Refusal::Busy => self.busy.inc(),
        }
    }

    pub(crate) fn count_rate(&self) {
        self.rate.inc();
    }

    pub(crate) fn gather(&self, families: &mut Vec<Family>) {
        let mut family = Family::new(
            "argand_web_requests_refused_total",
            "Requests that were turned away before any route saw them.",
            FamilyKind::Counter,
        );
        for (reason, counter) in [
            ("unauthenticated", &self.unknown),
            ("role", &self.lacking),
            ("busy", &self.busy),
            ("rate", &self.rate),
        ] {
            family.push([("reason", reason)], counter.get() as f64);
        }
        families.push(family);
    }
}
