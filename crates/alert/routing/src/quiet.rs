//! Complaints that would fill the log: of each subject one is written in a while, with the number
//! of those that were not.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// Between two complaints of one subject.
const PAUSE: Duration = Duration::from_secs(10);

/// Subjects that are remembered; with more of them, all begin anew.
const MAX_SUBJECTS: usize = 10_000;

/// What was complained of lately.
#[derive(Default)]
pub(crate) struct Complaints(Mutex<HashMap<String, Last>>);

struct Last {
    at: Instant,
    left_out: u64,
}

impl Complaints {
    /// Whether a complaint is to be written, and if so, how many were not since the last one.
    pub(crate) fn may_speak(&self, subject: &str) -> Option<u64> {
        self.may_speak_at(subject, Instant::now())
    }

    fn may_speak_at(&self, subject: &str, now: Instant) -> Option<u64> {
        let mut subjects = self.0.lock();
        if let Some(last) = subjects.get_mut(subject) {
            if now.saturating_duration_since(last.at) < PAUSE {
                last.left_out += 1;
                return None;
            }
            last.at = now;
            return Some(std::mem::take(&mut last.left_out));
        }
        if subjects.len() >= MAX_SUBJECTS {
            subjects.clear();
        }
        let fresh = Last {
            at: now,
            left_out: 0,
        };
        subjects.insert(subject.to_owned(), fresh);
        Some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_subject_one_in_a_while() {
        let complaints = Complaints::default();
        let began = Instant::now();
        for (seconds, subject, expected) in [
            (0, "a", Some(0)),
            (1, "a", None),
            (2, "a", None),
            (2, "b", Some(0)),
            (10, "a", Some(2)),
            (19, "a", None),
            (20, "a", Some(1)),
        ] {
            let now = began + Duration::from_secs(seconds);
            assert_eq!(
                complaints.may_speak_at(subject, now),
                expected,
                "{seconds} {subject}"
            );
        }
    }
}
