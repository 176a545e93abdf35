//! `otlp`: how metrics of OpenTelemetry become series.

/// What becomes of names that OpenTelemetry allows and classic Prometheus does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TranslationStrategy {
    /// Other signs become underscores; unit and kind become suffixes.
    #[default]
    UnderscoreEscapingWithSuffixes,
    /// Other signs become underscores.
    UnderscoreEscapingWithoutSuffixes,
    /// Names stay; unit and kind become suffixes.
    NoUtf8EscapingWithSuffixes,
    /// Names stay.
    NoTranslation,
}

impl TranslationStrategy {
    /// Whether signs that classic names do not have become underscores.
    pub fn escapes(self) -> bool {
        matches!(
            self,
            Self::UnderscoreEscapingWithSuffixes | Self::UnderscoreEscapingWithoutSuffixes
        )
    }

    /// Whether unit and kind become suffixes.
    pub fn has_suffixes(self) -> bool {
        matches!(
            self,
            Self::UnderscoreEscapingWithSuffixes | Self::NoUtf8EscapingWithSuffixes
        )
    }
}

/// Which attributes of a resource become labels of all its series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Promoted {
    /// Those that are listed.
    Listed(Vec<String>),
    /// All but those that are listed.
    AllBut(Vec<String>),
}

impl Promoted {
    /// Whether an attribute becomes a label.
    pub fn takes(&self, key: &str) -> bool {
        match self {
            Self::Listed(keys) => keys.iter().any(|listed| listed == key),
            Self::AllBut(keys) => !keys.iter().any(|listed| listed == key),
        }
    }
}

/// `otlp`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtlpConfig {
    /// `translation_strategy`.
    pub strategy: TranslationStrategy,
    /// `promote_resource_attributes`, `promote_all_resource_attributes` and
    /// `ignore_resource_attributes`.
    pub promoted: Promoted,
    /// `keep_identifying_resource_attributes`: in `target_info`, too.
    pub keep_identifying: bool,
    /// `convert_histograms_to_nhcb`.
    pub custom_buckets: bool,
    /// `promote_scope_metadata`.
    pub promote_scope: bool,
    /// `label_name_underscore_sanitization`: a label that begins with one underscore gets `key` in
    /// front.
    pub prefix_underscore: bool,
    /// `label_name_preserve_multiple_underscores`.
    pub keep_underscores: bool,
}

impl Default for OtlpConfig {
    /// What an empty section means.
    fn default() -> Self {
        Self {
            strategy: TranslationStrategy::default(),
            promoted: Promoted::Listed(Vec::new()),
            keep_identifying: false,
            custom_buckets: false,
            promote_scope: false,
            prefix_underscore: true,
            keep_underscores: true,
        }
    }
}
