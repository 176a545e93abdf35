//! Links of dashboards, panels and values.

use serde_json::Value;

use super::json::{flag, flag_or, list, text, texts};
use super::problems::Problems;
use crate::model::{DataLink, Link, LinkKind};

/// Links of one place; more do not fit anywhere.
const MAX_LINKS: usize = 100;

/// The links in a list of a dashboard or a panel; `below` is the list's place in the document.
pub(crate) fn links(holder: &Value, below: &str, problems: &mut Problems) -> Vec<Link> {
    let entries = list(holder, "links").iter().take(MAX_LINKS).enumerate();
    let links = entries.filter_map(|(place, link)| {
        let kind = match text(link, "type").as_str() {
            "dashboards" => LinkKind::Dashboards,
            _ => LinkKind::Link,
        };
        let url = match kind {
            LinkKind::Dashboards => String::new(),
            LinkKind::Link => {
                let path = format!("{below}[{place}].url");
                address(&url(link), &path, problems)?
            }
        };
        Some(Link {
            kind,
            title: text(link, "title"),
            tooltip: text(link, "tooltip"),
            url,
            tags: texts(link, "tags"),
            keep_time: flag(link, "keepTime"),
            include_variables: flag(link, "includeVars"),
            new_tab: flag(link, "targetBlank"),
        })
    });
    links.collect()
}

/// The address of a link; the oldest name a dashboard instead.
fn url(link: &Value) -> String {
    let url = [text(link, "url"), text(link, "dashUri")];
    let [url, uri] = url;
    if url.is_empty() && !uri.is_empty() {
        return format!("/dashboard/{uri}");
    }
    url
}

/// The links of values.
pub(crate) fn data_links(links: &Value, below: &str, problems: &mut Problems) -> Vec<DataLink> {
    let entries = links.as_array().map_or(&[][..], Vec::as_slice);
    let links = entries.iter().take(MAX_LINKS).enumerate();
    let links = links.filter_map(|(place, link)| {
        let path = format!("{below}[{place}].url");
        Some(DataLink {
            title: text(link, "title"),
            url: address(&text(link, "url"), &path, problems)?,
            new_tab: flag_or(link, "targetBlank", false),
        })
    });
    links.collect()
}

/// An address that may be followed: `None`, and a problem, where following it could run a script.
fn address(url: &str, path: &str, problems: &mut Problems) -> Option<String> {
    let url = url.trim();
    if url.is_empty() {
        return None;
    }
    if !is_safe(url) {
        problems.note(path, "addresses of this scheme are not followed");
        return None;
    }
    Some(url.to_owned())
}

/// Whether an address is one of the web or of mail, or relative to this server. Browsers pass over
/// blanks and control characters in a scheme, and so does this.
pub(crate) fn is_safe(url: &str) -> bool {
    let bare: String = url
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control())
        .collect();
    let end = bare
        .find([':', '/', '?', '#', '$', '{'])
        .unwrap_or(bare.len());
    let (scheme, rest) = bare.split_at(end);
    if !rest.starts_with(':') {
        return true;
    }
    let scheme = scheme.to_ascii_lowercase();
    matches!(scheme.as_str(), "http" | "https" | "mailto" | "tel")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_no_addresses() {
        for (url, expected) in [
            ("https://example.org/?a=b:c", true),
            ("/d/uid/name?var-a=${a}", true),
            ("d/uid", true),
            ("?a=javascript:1", true),
            ("mailto:a@example.org", true),
            ("${base}/x", true),
            ("javascript:alert(1)", false),
            ("JavaScript:alert(1)", false),
            ("java\nscript:alert(1)", false),
            (" \u{1}javascript:alert(1)", false),
            ("data:text/html,x", false),
            ("vbscript:x", false),
        ] {
            assert_eq!(is_safe(url), expected, "{url:?}");
        }
    }
}
