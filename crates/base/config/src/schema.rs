//! The words that sections are described with: a [`Section`] is a table of [`Field`]s, each with
//! the kind of value it takes, what stands where nothing is said, and how it is shown.
//!
//! The tables themselves lie in [`crate::sections`]; reading a file against them is
//! [`crate::read`]. A rule that concerns several fields is a function of the section.

use crate::error::Fault;
use crate::table::Table;

/// What a value must be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Bool,
    /// A truth value for which "not said" differs from false.
    Flag,
    Int,
    /// A whole number that is not negative.
    Uint,
    Float,
    Text,
    /// A text that is never shown.
    Secret,
    /// A path, made relative to the file's folder.
    File,
    /// `1h30m`.
    Duration,
    /// `15MB`; units count in 1024s.
    Size,
    /// A URL; a password in it is not shown.
    Url,
    /// A URL of a web server: `http` or `https`, and a host.
    WebUrl,
    /// The same with a token in it: never shown.
    SecretUrl,
    /// `1h30m` or `1.5s` as Go writes it; a plain number counts nanoseconds.
    GoDuration,
    /// Whatever form the user chooses.
    Any,
    /// A section, or a single text for one of its keys.
    TextOr(&'static Section, &'static str),
    /// A regular expression of RE2 syntax.
    Regex,
    /// A label's name.
    Label,
    /// One of these words.
    Choice(&'static [&'static str]),
    List(&'static Kind),
    Map(&'static Kind),
    /// A map of one label set: names are checked.
    Labels,
    /// A section inside.
    Table(&'static Section),
    /// A list of sections.
    Tables(&'static Section),
    /// A map of sections under names of the user's choice.
    NamedTables(&'static Section),
}

/// What a field holds where the file says nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Preset {
    /// The kind's zero.
    Zero,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'static str),
    Millis(i64),
    /// The inner section with its own presets, also where the file says null.
    Fresh,
}

/// One key of a section.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub key: &'static str,
    pub kind: Kind,
    pub preset: Preset,
    /// Shown even where it holds its kind's zero.
    pub always_shown: bool,
    pub required: bool,
    /// A list shown in one line.
    pub in_line: bool,
}

/// A field that takes values of one kind, with nothing preset.
pub(crate) const fn field(key: &'static str, kind: Kind) -> Field {
    Field {
        key,
        kind,
        preset: Preset::Zero,
        always_shown: false,
        required: false,
        in_line: false,
    }
}

pub(crate) const fn boolean(key: &'static str) -> Field {
    field(key, Kind::Bool)
}
pub(crate) const fn int(key: &'static str) -> Field {
    field(key, Kind::Int)
}
pub(crate) const fn uint(key: &'static str) -> Field {
    field(key, Kind::Uint)
}
pub(crate) const fn text(key: &'static str) -> Field {
    field(key, Kind::Text)
}
pub(crate) const fn web_url(key: &'static str) -> Field {
    field(key, Kind::WebUrl)
}
pub(crate) const fn secret_url(key: &'static str) -> Field {
    field(key, Kind::SecretUrl)
}
pub(crate) const fn go_duration(key: &'static str) -> Field {
    field(key, Kind::GoDuration)
}
/// A map of texts.
pub(crate) const fn text_map(key: &'static str) -> Field {
    field(key, Kind::Map(&Kind::Text))
}
pub(crate) const fn texts(key: &'static str) -> Field {
    field(key, Kind::List(&Kind::Text))
}
pub(crate) const fn secret(key: &'static str) -> Field {
    field(key, Kind::Secret)
}
pub(crate) const fn file(key: &'static str) -> Field {
    field(key, Kind::File)
}
pub(crate) const fn duration(key: &'static str) -> Field {
    field(key, Kind::Duration)
}
pub(crate) const fn table(key: &'static str, section: &'static Section) -> Field {
    field(key, Kind::Table(section))
}
pub(crate) const fn tables(key: &'static str, section: &'static Section) -> Field {
    field(key, Kind::Tables(section))
}

impl Field {
    pub(crate) const fn preset(mut self, preset: Preset) -> Self {
        self.preset = preset;
        self
    }
    pub(crate) const fn or_text(self, text: &'static str) -> Self {
        self.preset(Preset::Text(text))
    }
    pub(crate) const fn or_int(self, number: i64) -> Self {
        self.preset(Preset::Int(number))
    }
    pub(crate) const fn or_seconds(self, seconds: i64) -> Self {
        self.preset(Preset::Millis(seconds * 1000))
    }
    pub(crate) const fn or_true(self) -> Self {
        self.preset(Preset::Bool(true))
    }
    /// The inner section's own presets where nothing is said.
    pub(crate) const fn fresh(self) -> Self {
        self.preset(Preset::Fresh)
    }
    pub(crate) const fn shown(mut self) -> Self {
        self.always_shown = true;
        self
    }
    pub(crate) const fn required(mut self) -> Self {
        self.required = true;
        self
    }
    pub(crate) const fn in_line(mut self) -> Self {
        self.in_line = true;
        self
    }
}

/// A rule over a whole section; it may also complete values.
pub(crate) type Check = fn(&mut Table) -> Result<(), Fault>;

/// A map with known keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Section {
    groups: &'static [&'static [Field]],
    checks: &'static [Check],
}

impl Section {
    /// The fields, in the order in which they are shown, and the rules over them.
    pub(crate) const fn new(groups: &'static [&'static [Field]], checks: &'static [Check]) -> Self {
        Self { groups, checks }
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = &'static Field> + use<> {
        self.groups.iter().flat_map(|group| group.iter())
    }

    pub(crate) fn checks(&self) -> &'static [Check] {
        self.checks
    }
}
