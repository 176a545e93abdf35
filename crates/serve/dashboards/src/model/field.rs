//! How fields are drawn. Every part may be missing.

use serde::Serialize;

use super::{Matcher, Object};

/// How a field is drawn.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldConfig {
    /// Grafana's name of a unit, as `bytes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Digits behind the point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimals: Option<u32>,
    /// The lower end of its scale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// The upper end of its scale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// Its name for people, a template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What stands where there is no value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_value: Option<String>,
    /// Where its colour comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<Color>,
    /// Values from which it has other colours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thresholds: Option<Thresholds>,
    /// Texts in the place of values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mappings: Option<Vec<Mapping>>,
    /// Where values lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub links: Option<Vec<DataLink>>,
    /// How the kind of panel draws this field, in Grafana's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom: Option<Object>,
}

/// A field configuration for some fields.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldOverride {
    /// Which.
    pub matcher: Matcher,
    /// What is different.
    pub properties: FieldConfig,
}

/// Where a field's colour comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Color {
    /// Grafana's name of the way, as `palette-classic`.
    pub mode: String,
    /// The colour, where the way needs one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fixed_color: Option<String>,
    /// Which value of a series decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series_by: Option<String>,
}

/// Values from which a field has other colours.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Thresholds {
    /// `absolute` or `percentage`.
    pub mode: &'static str,
    /// In rising order; the first has no value.
    pub steps: Vec<Step>,
}

/// A colour from a value on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// The value; none: from the lowest on.
    pub value: Option<f64>,
    /// The colour, by name or as CSS has it.
    pub color: String,
}

/// A text or colour in the place of a value.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Mapping {
    /// Of one value.
    Value {
        /// The value.
        value: String,
        /// What stands in its place.
        result: MappingResult,
    },
    /// Of the values between two.
    Range {
        /// The least; none: any.
        from: Option<f64>,
        /// The largest; none: any.
        to: Option<f64>,
        /// What stands in their place.
        result: MappingResult,
    },
    /// Of values whose text a pattern fits.
    Regex {
        /// The pattern.
        pattern: String,
        /// What stands in their place.
        result: MappingResult,
    },
    /// Of values that are none.
    Special {
        /// Which.
        #[serde(rename = "match")]
        matches: Special,
        /// What stands in their place.
        result: MappingResult,
    },
}

/// Values that are no numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Special {
    /// True.
    True,
    /// False.
    False,
    /// Nothing.
    Null,
    /// Not a number.
    Nan,
    /// Nothing, or not a number.
    #[serde(rename = "null+nan")]
    NullNan,
    /// The empty text.
    Empty,
}

/// What stands in the place of a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MappingResult {
    /// The text; none: the value's.
    pub text: Option<String>,
    /// The colour; none: the value's.
    pub color: Option<String>,
    /// Its place among all mappings.
    pub index: u32,
}

/// Where a value leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DataLink {
    /// Its text, a template.
    pub title: String,
    /// The address, a template.
    pub url: String,
    /// Whether it opens a page of its own.
    pub new_tab: bool,
}
