//! What of a document is not shown as its author meant it, as it is found.

use crate::model::Problem;

/// Problems of one part that are told; the rest of a document that is nothing but problems is not
/// worth the memory.
const MAX_PROBLEMS: usize = 50;

/// The problems of one part of a document.
#[derive(Debug)]
pub(crate) struct Problems {
    path: String,
    found: Vec<Problem>,
}

impl Problems {
    /// Of the part at a path; the empty path is the whole document.
    pub(crate) fn of(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            found: Vec::new(),
        }
    }

    /// Notes one at a path below the part.
    pub(crate) fn note(&mut self, below: impl AsRef<str>, message: impl Into<String>) {
        if self.found.len() >= MAX_PROBLEMS {
            return;
        }
        let below = below.as_ref();
        let path = match (self.path.as_str(), below) {
            (path, "") => path.to_owned(),
            ("", below) => below.to_owned(),
            (path, below) => format!("{path}.{below}"),
        };
        let message = message.into();
        self.found.push(Problem { path, message });
    }

    /// All of them.
    pub(crate) fn found(self) -> Vec<Problem> {
        self.found
    }
}
