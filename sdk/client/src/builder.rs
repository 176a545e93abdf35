//! What a registry is made with: which rules, which bound, which labels everywhere.

use crate::naming::Rules;
use crate::{Error, Registry};

/// Most series of one family when nothing else is said: enough for every route and status of a
/// large service, and nothing for a server that stores them.
pub const SERIES_LIMIT: usize = 1_000;

/// What a registry is made with; see [`Registry::builder`].
#[derive(Clone, Debug)]
pub struct Builder {
    pub(crate) rules: Rules,
    pub(crate) series_limit: usize,
    pub(crate) labels: Vec<(String, String)>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            rules: Rules::Strict,
            series_limit: SERIES_LIMIT,
            labels: Vec::new(),
        }
    }
}

impl Builder {
    /// Which rules names must keep; all of them when this is not called.
    #[must_use]
    pub fn rules(mut self, rules: Rules) -> Self {
        self.rules = rules;
        self
    }

    /// Most series of each family, at least one; [`SERIES_LIMIT`] when this is not called.
    #[must_use]
    pub fn series_limit(mut self, series: usize) -> Self {
        self.series_limit = series.max(1);
        self
    }

    /// A label that every series has, such as the version of the service.
    #[must_use]
    pub fn label(mut self, name: &str, value: &str) -> Self {
        self.labels.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The registry.
    ///
    /// # Errors
    /// [`Error::Label`] or [`Error::LabelTwice`] for the labels given.
    pub fn build(self) -> Result<Registry, Error> {
        Registry::made_of(self)
    }
}
