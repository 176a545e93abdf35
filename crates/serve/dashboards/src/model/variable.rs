//! Variables of a dashboard.

use serde::Serialize;

/// A variable: what queries are about, to choose from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Variable {
    /// Where its values come from.
    pub kind: VariableKind,
    /// Its name in queries.
    pub name: String,
    /// Its name for people; empty: the other one.
    pub label: String,
    /// What it is for.
    pub description: String,
    /// What of it is not shown.
    pub hide: Hide,
    /// Whether several values may be chosen.
    pub multi: bool,
    /// Whether all values may be chosen at once.
    pub include_all: bool,
    /// What "All" stands for; empty: every value.
    pub all_value: String,
    /// What is asked for, of [`VariableKind::Query`].
    pub query: Option<VariableQuery>,
    /// Keeps, and by its groups cuts, what a query found; empty: everything.
    pub regex: String,
    /// The order of what a query found.
    pub sort: Sort,
    /// When the query is asked again.
    pub refresh: Refresh,
    /// What there is to choose from where no query finds it.
    pub options: Vec<VariableOption>,
    /// How [`VariableKind::Interval`] chooses by itself, where it does.
    pub auto: Option<Auto>,
    /// What is chosen until the address says otherwise; `$__all` for all. Of
    /// [`VariableKind::Adhoc`]: filters, as `label|operator|value`.
    pub current: Vec<String>,
}

/// Where a variable's values come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum VariableKind {
    /// A query.
    Query,
    /// Data sources of a kind: here there is one of each.
    Datasource,
    /// Lengths of time.
    Interval,
    /// A list.
    Custom,
    /// Whoever looks at the dashboard.
    Textbox,
    /// The document; it cannot be chosen.
    Constant,
    /// Filters on labels, for all queries.
    Adhoc,
}

/// What of a variable is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Hide {
    /// Nothing is hidden.
    None,
    /// Its name.
    Label,
    /// All of it.
    Variable,
}

/// When a variable's query is asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Refresh {
    /// Not at all, as long as the document has values.
    Never,
    /// When the dashboard is opened.
    Load,
    /// When the time range changes, too.
    Time,
}

/// The order of values; the document has its place in this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sort {
    /// As found.
    None,
    /// By letters.
    AlphabeticalAsc,
    /// By letters, the last first.
    AlphabeticalDesc,
    /// By the first number in the value.
    NumericalAsc,
    /// By the first number in the value, the last first.
    NumericalDesc,
    /// By letters, large or small.
    AlphabeticalCiAsc,
    /// By letters, large or small, the last first.
    AlphabeticalCiDesc,
    /// As people sort names with numbers.
    NaturalAsc,
    /// As people sort names with numbers, the last first.
    NaturalDesc,
}

/// A value with its name for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VariableOption {
    /// Its name for people.
    pub text: String,
    /// The value.
    pub value: String,
}

/// What a variable asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum VariableQuery {
    /// The values of a label.
    LabelValues {
        /// The label.
        label: String,
        /// Of series that this selector finds; empty: of all.
        matcher: String,
    },
    /// The names of labels.
    LabelNames {
        /// Of series that this selector finds; empty: of all.
        matcher: String,
    },
    /// The names of metrics.
    Metrics {
        /// That this pattern finds.
        regex: String,
    },
    /// The series and values that an instant query answers.
    QueryResult {
        /// The query.
        expr: String,
    },
    /// The series that a selector finds.
    Series {
        /// The selector.
        matcher: String,
    },
}

/// How an interval is chosen from the time that is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Auto {
    /// The number of points aimed at.
    pub count: u32,
    /// The least interval, as `10s`.
    pub min: String,
}
