//! Rule files: groups, and the rules in them.

use crate::schema::{Kind, Section, duration, field, int, tables, text};

/// A rule file.
pub(crate) static RULE_FILE: Section = Section::new(&[&[tables("groups", &GROUP)]], &[]);

static GROUP: Section = Section::new(
    &[&[
        text("name"),
        duration("interval"),
        duration("query_offset"),
        int("limit"),
        tables("rules", &RULE),
        field("labels", Kind::Map(&Kind::Text)),
    ]],
    &[],
);

static RULE: Section = Section::new(
    &[&[
        text("record"),
        text("alert"),
        text("expr"),
        duration("for"),
        duration("keep_firing_for"),
        field("labels", Kind::Map(&Kind::Text)),
        field("annotations", Kind::Map(&Kind::Text)),
    ]],
    &[],
);
