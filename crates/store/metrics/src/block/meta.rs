//! `meta.json`: what a block says about itself.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Serializer, Value, ser::PrettyFormatter};
use ulid::Ulid;

/// The version of the format; there is no other.
const VERSION: u32 = 1;

/// What `meta.json` holds. Fields of others, such as `thanos`, are kept as they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BlockMeta {
    /// The block's name.
    pub(crate) ulid: String,
    /// The first millisecond.
    pub(crate) min_time: i64,
    /// The millisecond after the last.
    pub(crate) max_time: i64,
    /// How much it holds.
    #[serde(default)]
    pub(crate) stats: Stats,
    /// Where it comes from.
    pub(crate) compaction: Compaction,
    /// 1.
    pub(crate) version: u32,
    /// Fields that others have added.
    #[serde(flatten)]
    pub(crate) extra: Map<String, Value>,
}

/// How much a block holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Stats {
    /// Samples, those deleted since included.
    pub(crate) num_samples: u64,
    /// Series.
    pub(crate) num_series: u64,
    /// Chunks.
    pub(crate) num_chunks: u64,
    /// Deleted stretches.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) num_tombstones: u64,
    /// Fields that others have added.
    #[serde(flatten)]
    pub(crate) extra: Map<String, Value>,
}

/// Where a block comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Compaction {
    /// 1 for a block out of the head; one more than its highest parent's for a merged one.
    pub(crate) level: u32,
    /// The blocks out of the head that went into it, sorted.
    #[serde(default)]
    pub(crate) sources: Vec<String>,
    /// Whether all of it was deleted, so that it may go.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) deletable: bool,
    /// The blocks that were merged into it directly.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) parents: Vec<Parent>,
    /// Other fields: `failed`, `hints`.
    #[serde(flatten)]
    pub(crate) extra: Map<String, Value>,
}

/// A block that was merged into another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Parent {
    /// Its name.
    pub(crate) ulid: String,
    /// Its first millisecond.
    pub(crate) min_time: i64,
    /// The millisecond after its last.
    pub(crate) max_time: i64,
}

impl Compaction {
    /// Of a block out of the head.
    pub(crate) fn first(ulid: &str) -> Self {
        Self {
            level: 1,
            sources: vec![ulid.to_owned()],
            deletable: false,
            parents: Vec::new(),
            extra: Map::new(),
        }
    }
}

/// What upstream notes of a block of samples that came out of order.
const OUT_OF_ORDER: &str = "from-out-of-order";

impl Compaction {
    /// Of a block of the head's samples that came out of order.
    pub(crate) fn out_of_order(ulid: &str) -> Self {
        let mut compaction = Self::first(ulid);
        let hints = Value::from(vec![OUT_OF_ORDER]);
        compaction.extra.insert("hints".to_owned(), hints);
        compaction
    }
}

/// What newer versions of upstream note of blocks of a part of the head's series.
const PARTIAL: [&str; 2] = ["from-stale-series", "from-selected-series"];

impl BlockMeta {
    /// What upstream notes of blocks of a part of the head's series: such are merged with their
    /// like alone, because they say nothing of when the head begins.
    pub(crate) fn partial(&self) -> Option<&'static str> {
        PARTIAL.into_iter().find(|hint| self.has_hint(hint))
    }

    /// Whether merging the block failed before.
    pub(crate) fn has_failed(&self) -> bool {
        self.compaction.extra.get("failed") == Some(&Value::Bool(true))
    }

    /// What a block merged out of these says of where it comes from.
    pub(crate) fn merged(parents: &[&Self]) -> Compaction {
        let mut sources: Vec<String> = parents
            .iter()
            .flat_map(|parent| parent.compaction.sources.iter().cloned())
            .collect();
        sources.sort_unstable();
        sources.dedup();
        let level = parents.iter().map(|parent| parent.compaction.level).max();
        let mut merged = Compaction {
            level: level.unwrap_or_default().saturating_add(1),
            sources,
            deletable: false,
            parents: parents.iter().map(|parent| parent.as_parent()).collect(),
            extra: Map::new(),
        };
        let all_late = parents.iter().all(|parent| parent.is_out_of_order());
        let mut hints: Vec<&str> = all_late.then_some(OUT_OF_ORDER).into_iter().collect();
        hints.extend(parents.iter().find_map(|parent| parent.partial()));
        if !hints.is_empty() {
            merged.extra.insert("hints".to_owned(), Value::from(hints));
        }
        merged
    }

    /// What the block `ulid` says of where it comes from when it is this one without what was
    /// deleted.
    pub(crate) fn cleaned(&self, ulid: &str) -> Compaction {
        let mut cleaned = Compaction::first(ulid);
        cleaned.parents = vec![self.as_parent()];
        if let Some(hints) = self.compaction.extra.get("hints") {
            cleaned.extra.insert("hints".to_owned(), hints.clone());
        }
        cleaned
    }

    fn as_parent(&self) -> Parent {
        Parent {
            ulid: self.ulid.clone(),
            min_time: self.min_time,
            max_time: self.max_time,
        }
    }

    fn has_hint(&self, wanted: &str) -> bool {
        let hints = self.compaction.extra.get("hints");
        hints
            .and_then(Value::as_array)
            .is_some_and(|hints| hints.iter().any(|hint| hint == wanted))
    }

    /// Whether a block was made of samples that came out of order; it says nothing of when the
    /// head begins.
    pub(crate) fn is_out_of_order(&self) -> bool {
        let hints = self.compaction.extra.get("hints");
        hints
            .and_then(Value::as_array)
            .is_some_and(|hints| hints.iter().any(|hint| hint == OUT_OF_ORDER))
    }

    /// What a new block says.
    pub(super) fn new(
        ulid: String,
        (min_time, max_time): (i64, i64),
        stats: Stats,
        compaction: Compaction,
    ) -> Self {
        Self {
            ulid,
            min_time,
            max_time,
            stats,
            compaction,
            version: VERSION,
            extra: Map::new(),
        }
    }

    /// Reads the file's bytes; says what is wrong where they make no sense.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let meta: Self =
            serde_json::from_slice(bytes).map_err(|error| format!("meta.json: {error}"))?;
        if meta.version != VERSION {
            return Err(format!(
                "meta.json: version {} is not known, only {VERSION}",
                meta.version
            ));
        }
        if Ulid::from_string(&meta.ulid).is_err() {
            return Err(format!("meta.json: {:?} is no ULID", meta.ulid));
        }
        if meta.min_time > meta.max_time {
            return Err(format!(
                "meta.json: minTime {} is after maxTime {}",
                meta.min_time, meta.max_time
            ));
        }
        Ok(meta)
    }

    /// The file's bytes, indented with tabs as upstream does.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut out = Vec::new();
        let formatter = PrettyFormatter::with_indent(b"\t");
        self.serialize(&mut Serializer::with_formatter(&mut out, formatter))?;
        Ok(out)
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_false(truth: &bool) -> bool {
    !*truth
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOREIGN: &str = r#"{"ulid":"01M7YP936JT8X650X6HEV61BY9","minTime":1,"maxTime":2,
        "stats":{"numSamples":3,"numFloatSamples":3},
        "compaction":{"level":2,"sources":["01M7YP936JT8X650X6HEV61BY9"],"failed":true,
            "parents":[{"ulid":"01M7YP936JT8X650X6HEV61BY9","minTime":1,"maxTime":2}]},
        "version":1,"thanos":{"labels":{"replica":"a"}}}"#;

    #[test]
    fn unknown_fields_survive() {
        let meta = BlockMeta::parse(FOREIGN.as_bytes()).unwrap();
        let back: Value = serde_json::from_slice(&meta.to_bytes().unwrap()).unwrap();
        let mut wanted: Value = serde_json::from_str(FOREIGN).unwrap();
        wanted["stats"]["numSeries"] = 0.into();
        wanted["stats"]["numChunks"] = 0.into();
        assert_eq!(back, wanted);
    }

    #[test]
    fn nonsense_is_refused_with_its_reason() {
        for (from, to, reason) in [
            ("\"version\":1", "\"version\":2", "version 2"),
            ("01M7YP936JT8X650X6HEV61BY9", "nobody", "no ULID"),
            ("\"minTime\":1", "\"minTime\":9", "after maxTime"),
            ("\"level\"", "\"levl\"", "level"),
        ] {
            let error = BlockMeta::parse(FOREIGN.replace(from, to).as_bytes()).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }
}
