//! Names and values of labels: which there are, of all series or of some.

use std::collections::BTreeSet;

use model::Matcher;

use super::Head;

impl Head {
    /// Tells of a label pair whether one of the series that all matchers fit has it.
    fn meeting(&self, matchers: &[Matcher]) -> impl Fn(u32) -> bool {
        // Without matchers a pair needs any series, and lists need not be compared.
        let wanted = (!matchers.is_empty()).then(|| self.matching(matchers));
        move |pair| match &wanted {
            Some(wanted) => self.postings.meets(pair, wanted),
            None => self.postings.count(pair) > 0,
        }
    }

    /// Adds the names of the labels of the series that all matchers fit.
    pub(crate) fn label_names(&self, matchers: &[Matcher], names: &mut BTreeSet<String>) {
        let meets = self.meeting(matchers);
        for (name, pairs) in self.dictionary.read().names() {
            if pairs.iter().any(|&pair| meets(pair)) {
                names.insert(name.to_owned());
            }
        }
    }

    /// Another number whenever the names or values of labels of all series may be others.
    pub(crate) fn label_version(&self) -> u64 {
        self.postings.version()
    }

    /// Adds the values of a label of the series that all matchers fit, in no order.
    pub(crate) fn label_values(&self, name: &str, matchers: &[Matcher], values: &mut Vec<String>) {
        let meets = self.meeting(matchers);
        let dictionary = self.dictionary.read();
        let pairs = dictionary.pairs_of(name).iter().copied();
        let found = pairs.filter(|&pair| meets(pair));
        values.extend(found.map(|pair| dictionary.get(pair).1.to_owned()));
    }
}
