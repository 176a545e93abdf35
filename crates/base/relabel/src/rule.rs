//! One step of relabelling, as a file writes it.

use model::Pattern;

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Writes the replacement to the target label where the pattern matches.
    Replace,
    /// Drops what does not match.
    Keep,
    /// Drops what matches.
    Drop,
    /// Drops where the joined source differs from the target label.
    KeepEqual,
    /// Drops where the joined source equals the target label.
    DropEqual,
    /// Writes the source's hash, modulo `modulus`, to the target label.
    HashMod,
    /// Copies labels whose names match to names made of the replacement.
    LabelMap,
    /// Removes labels whose names match.
    LabelDrop,
    /// Removes labels whose names do not match.
    LabelKeep,
    /// Writes the source in lower case to the target label.
    Lowercase,
    /// Writes the source in upper case to the target label.
    Uppercase,
}

/// One step of relabelling.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Labels whose values are joined to the source.
    pub source_labels: Vec<String>,
    /// What stands between the joined values.
    pub separator: String,
    /// What the source (or the label's name) is matched with.
    pub pattern: Pattern,
    /// For [`Action::HashMod`]; 0 leaves the labels alone.
    pub modulus: u64,
    /// The label that is written; may hold `$1` for [`Action::Replace`].
    pub target_label: String,
    /// What is written.
    pub replacement: String,
    /// What the rule does.
    pub action: Action,
    /// Whether a new label name must fit the classic alphabet
    /// (`metric_name_validation_scheme: legacy`); otherwise any UTF-8 will do.
    pub legacy_names: bool,
}

impl Rule {
    /// A rule with the values that a file need not write: separator `;`, pattern `(.*)`,
    /// replacement `$1`, no labels, any UTF-8 as a name.
    pub fn new(action: Action) -> Self {
        Self {
            source_labels: Vec::new(),
            separator: ";".to_owned(),
            pattern: Pattern::default(),
            modulus: 0,
            target_label: String::new(),
            replacement: "$1".to_owned(),
            action,
            legacy_names: false,
        }
    }
}

impl Default for Rule {
    /// [`Rule::new`] with the action a file need not write, `replace`.
    fn default() -> Self {
        Self::new(Action::Replace)
    }
}
