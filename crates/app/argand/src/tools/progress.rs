//! How far long work is, drawn on standard error where that is a terminal and nowhere else.

use std::fmt::Display;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often what is drawn may change, in a second.
const PER_SECOND: u8 = 5;

/// A line that says how far a work is. It goes away with the value.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// A work of so many parts: files, blocks, per cent.
    pub(crate) fn of(parts: usize) -> Self {
        Self::with("{bar:30} {percent:>3} %  {msg}", Some(parts as u64))
    }

    /// A work of which nobody knows how long it is.
    pub(crate) fn unknown() -> Self {
        Self::with("{spinner} {pos} {msg}", None)
    }

    /// A work that nobody wants to be told of.
    pub(crate) fn hidden() -> Self {
        Self(ProgressBar::hidden())
    }

    fn with(template: &str, parts: Option<u64>) -> Self {
        let target = ProgressDrawTarget::stderr_with_hz(PER_SECOND);
        let bar = ProgressBar::with_draw_target(parts, target);
        // The templates are fixed; one that cannot be read leaves the preset one.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// So many parts are done, and this is at hand.
    pub(crate) fn at(&self, done: usize, what: impl Display) {
        if self.0.is_hidden() {
            return;
        }
        self.0.set_message(what.to_string());
        self.0.set_position(done as u64);
    }

    /// Writes something that may go to the same terminal, with the line out of its way.
    pub(crate) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.0.suspend(write)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
