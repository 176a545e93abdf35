//! `otlp`.

use crate::table::Table;
use crate::{OtlpConfig, Promoted, TranslationStrategy};

/// The section, or what it means where it is missing.
pub(crate) fn otlp(otlp: Option<&Table>) -> OtlpConfig {
    let Some(otlp) = otlp else {
        return OtlpConfig::default();
    };
    let promoted = if otlp.bool("promote_all_resource_attributes") {
        Promoted::AllBut(otlp.texts("ignore_resource_attributes"))
    } else {
        Promoted::Listed(otlp.texts("promote_resource_attributes"))
    };
    OtlpConfig {
        strategy: match otlp.text("translation_strategy") {
            "UnderscoreEscapingWithoutSuffixes" => {
                TranslationStrategy::UnderscoreEscapingWithoutSuffixes
            }
            "NoUTF8EscapingWithSuffixes" => TranslationStrategy::NoUtf8EscapingWithSuffixes,
            "NoTranslation" => TranslationStrategy::NoTranslation,
            _ => TranslationStrategy::UnderscoreEscapingWithSuffixes,
        },
        promoted,
        keep_identifying: otlp.bool("keep_identifying_resource_attributes"),
        custom_buckets: otlp.bool("convert_histograms_to_nhcb"),
        promote_scope: otlp.bool("promote_scope_metadata"),
        prefix_underscore: otlp.bool("label_name_underscore_sanitization"),
        keep_underscores: otlp.bool("label_name_preserve_multiple_underscores"),
    }
}
