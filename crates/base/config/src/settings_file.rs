//! A file that gives names to texts and nothing else: the settings that a tool's user keeps.

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::Fault;
use crate::load::read_file;
use crate::yaml::Content;
use crate::{ConfigError, yaml};

/// Reads a file of `name: value` lines. Values that are lists or maps are refused.
pub fn load_settings(path: &Path) -> Result<BTreeMap<String, String>, ConfigError> {
    let text = read_file(path)?;
    parse(&text).map_err(|fault| fault.within(path))
}

fn parse(text: &str) -> Result<BTreeMap<String, String>, Fault> {
    let root = yaml::parse(text)?;
    let entries = match &root.content {
        Content::Null => return Ok(BTreeMap::new()),
        Content::Map(entries) => entries,
        _ => {
            let told = format!("a map was expected, there is {}", root.describe());
            return Err(Fault::new(root.at, "", told));
        }
    };
    let values = entries.iter().map(|entry| match &entry.value.content {
        Content::Null => Ok((entry.key.clone(), String::new())),
        Content::Scalar { text, .. } => Ok((entry.key.clone(), text.clone())),
        _ => {
            let told = format!("a text was expected, there is {}", entry.value.describe());
            Err(Fault::new(entry.value.at, entry.key.clone(), told))
        }
    });
    values.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_texts() {
        let settings = parse("author: me\nrequire-comment: false\noutput:\n").expect("settings");
        let expected = [
            ("author", "me"),
            ("output", ""),
            ("require-comment", "false"),
        ];
        let found = settings.iter().map(|(k, v)| (k.as_str(), v.as_str()));
        assert!(found.eq(expected), "{settings:?}");
        assert!(parse("").expect("nothing").is_empty());
        assert!(parse("a: [b]").is_err());
        assert!(parse("- a").is_err());
    }
}
