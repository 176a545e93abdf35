//! The addresses that pages of their own answer to.

/// Paths below the prefix that show a page, each with [`crate::index`].
pub const PAGES: [&str; 15] = [
    "query",
    "graph",
    "alerts",
    "rules",
    "notifications",
    "alertmanager",
    "silences",
    "silence",
    "alert-history",
    "targets",
    "service-discovery",
    "tsdb-status",
    "status",
    "flags",
    "config",
];

/// Whether a path, with or without slashes at its ends, is one of [`PAGES`].
pub fn is_page(path: &str) -> bool {
    PAGES.contains(&path.trim_matches('/'))
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
    fn slashes_do_not_matter_and_names_do() {
        for (path, expected) in [
            ("query", true),
            ("/query", true),
            ("/graph/", true),
            ("", false),
            ("/", false),
            ("queries", false),
            ("api/v1/query", false),
        ] {
            assert_eq!(is_page(path), expected, "{path}");
        }
    }
}
