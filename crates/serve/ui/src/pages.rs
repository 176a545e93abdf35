//! The addresses that pages of their own answer to.

use crate::asset::{Asset, index_below};

/// Paths below the prefix that show a page, each with [`page`].
pub const PAGES: &[&str] = &[
    "query",
    "graph",
    "dashboards",
    DASHBOARD,
    "alerts",
    "rules",
    "notifications",
    "alertmanager",
    "silences",
    "silence",
    "alert-history",
    "routing",
    "cluster",
    "targets",
    "service-discovery",
    "pushgateway",
    "tsdb-status",
    "cardinality",
    "sending",
    "status",
    "flags",
    "config",
];

/// The page of one dashboard: its identifier follows, and then a name that is there to be read.
const DASHBOARD: &str = "d";

/// Segments that may follow [`DASHBOARD`]: an identifier and a name.
const MAX_TAIL: usize = 2;

/// Whether a path, with or without slashes at its ends, is one of [`PAGES`] or leads to a dashboard.
pub fn is_page(path: &str) -> bool {
    let path = path.trim_matches('/');
    match path.split_once('/') {
        None => PAGES.contains(&path),
        Some((first, tail)) => {
            let mut segments = tail.split('/');
            first == DASHBOARD
                && segments.clone().count() <= MAX_TAIL
                && segments.all(|segment| !segment.is_empty())
        }
    }
}

/// The document for a page's path below the prefix; `None` where there is no such page.
pub fn page(path: &str) -> Option<Asset> {
    let path = path.strip_prefix('/').unwrap_or(path);
    is_page(path).then(|| index_below(path.matches('/').count()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The navigation of the pages themselves.
    const SOURCE: &str = include_str!("../../../../ui/src/pages.ts");

    #[test]
    fn every_page_of_the_navigation_is_served() {
        let named: Vec<&str> = SOURCE
            .split("path: '")
            .skip(1)
            .filter_map(|rest| rest.split('\'').next())
            .collect();
        assert!(named.len() >= 6, "{named:?}");
        for path in named {
            assert!(is_page(path), "{path}");
        }
    }

    #[test]
    fn a_page_further_down_finds_its_files_where_the_others_do() {
        let text = |path| String::from_utf8(page(path).unwrap().bytes.into_owned()).unwrap();
        assert!(!text("query").contains("<base"));
        for (path, base) in [
            ("d/node", "<base href=\"../\" />"),
            ("/d/node/name", "<base href=\"../../\" />"),
            ("query/", "<base href=\"../\" />"),
        ] {
            let text = text(path);
            let place = text.find(base).unwrap_or_else(|| panic!("{path}: {text}"));
            assert!(place < text.find("href=\"./").unwrap(), "{text}");
        }
        assert_ne!(page("d/node").unwrap().etag, page("d").unwrap().etag);
        assert_eq!(page("nowhere/x"), None);
    }

    #[test]
    fn slashes_do_not_matter_and_names_do() {
        for (path, expected) in [
            ("query", true),
            ("/query", true),
            ("/graph/", true),
            ("dashboards", true),
            ("d/node", true),
            ("/d/node/every-machine", true),
            ("d/node/every/machine", false),
            ("d//machine", false),
            ("query/node", false),
            ("", false),
            ("/", false),
            ("queries", false),
            ("api/v1/query", false),
        ] {
            assert_eq!(is_page(path), expected, "{path}");
        }
    }
}
