//! Answers on names and values of labels as they were written last, for those who ask again.
//!
//! In goes a question with the stamp of the labels that it is about, out comes the text of the
//! answer that was given under the same stamp: dashboards ask the same few questions all day, and
//! nothing is looked up or written for them until the labels change. Invariant: an answer goes out
//! only while its stamp is the store's. What is absent: answers on some series only, and the
//! looking up itself.

use axum::body::Bytes;
use contract::LabelStamp;
use parking_lot::Mutex;

/// Answers that are kept; a dashboard asks for a handful of labels.
const MOST: usize = 16;

/// Bytes of an answer that is kept: some ten thousand values. All together take 4 MiB at most.
const MOST_BYTES: usize = 256 << 10;

/// A question: all names or the values of a label, and how many are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    /// The label whose values are asked for; all names are without one.
    pub(crate) label: Option<String>,
    /// How many are wanted; 0 for all.
    pub(crate) limit: usize,
}

/// What was answered last.
#[derive(Debug, Default)]
pub(crate) struct KnownLabels {
    /// The one that was asked for last stands at the end.
    answers: Mutex<Vec<Known>>,
}

#[derive(Debug)]
struct Known {
    question: Question,
    stamp: LabelStamp,
    text: Bytes,
}

impl KnownLabels {
    /// The answer, where it is known.
    pub(crate) fn find(&self, question: &Question, stamp: &LabelStamp) -> Option<Bytes> {
        let mut answers = self.answers.lock();
        let is_it = |known: &Known| known.question == *question && known.stamp == *stamp;
        let place = answers.iter().position(is_it)?;
        let tail = answers.get_mut(place..)?;
        tail.rotate_left(1);
        tail.last().map(|known| known.text.clone())
    }

    /// Keeps an answer that was looked up after `stamp` was taken.
    pub(crate) fn keep(&self, question: Question, stamp: LabelStamp, text: &Bytes) {
        if text.len() > MOST_BYTES {
            return;
        }
        let mut answers = self.answers.lock();
        // Under other stamps it may be wanted again: ranges of time have stamps of their own.
        answers.retain(|known| known.question != question || known.stamp != stamp);
        if answers.len() >= MOST {
            answers.remove(0);
        }
        answers.push(Known {
            question,
            stamp,
            text: text.clone(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(label: usize) -> Question {
        Question {
            label: Some(label.to_string()),
            limit: 0,
        }
    }

    #[test]
    fn an_answer_is_known_under_its_stamp_until_others_push_it_out() {
        let known = KnownLabels::default();
        let stamp = |number| LabelStamp(vec![number]);
        let text = |number: usize| Bytes::from(number.to_string());
        for label in 0..MOST {
            known.keep(question(label), stamp(1), &text(label));
        }
        assert_eq!(known.find(&question(0), &stamp(1)), Some(text(0)));
        assert_eq!(known.find(&question(0), &stamp(2)), None);
        let limited = Question {
            limit: 1,
            ..question(0)
        };
        assert_eq!(known.find(&limited, &stamp(1)), None);
        // The first was asked for again, so that the second goes.
        known.keep(question(MOST), stamp(1), &text(MOST));
        assert_eq!(known.find(&question(0), &stamp(1)), Some(text(0)));
        assert_eq!(known.find(&question(1), &stamp(1)), None);
        let long = Bytes::from(vec![b'x'; MOST_BYTES + 1]);
        known.keep(question(2), stamp(3), &long);
        assert_eq!(known.find(&question(2), &stamp(3)), None);
    }
}
