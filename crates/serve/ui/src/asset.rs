//! One file of the build, and how it is found.

use std::borrow::Cow;
use std::fmt::Write;

use rust_embed::{EmbeddedFile, RustEmbed};

use crate::content_type::content_type;

/// The build. In debug builds the files are read from disk at every call.
#[derive(RustEmbed)]
#[folder = "../../../ui/dist"]
struct Dist;

/// Named apart from the other files, so that a missing build stops the compiler.
const INDEX: &[u8] = include_bytes!("../../../../ui/dist/index.html");

/// The name of the page in the build.
const INDEX_NAME: &str = "index.html";

/// Files below here have a hash of their content in their name.
const HASHED: &str = "assets/";

/// Bytes of the content's hash that go into a tag: enough to tell builds apart.
const TAG_BYTES: usize = 12;

/// A file, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// The content, uncompressed.
    pub bytes: Cow<'static, [u8]>,
    /// The value of `Content-Type`.
    pub content_type: &'static str,
    /// The value of `ETag`, quotes included; it changes with the content.
    pub etag: String,
    /// Whether this address will never answer anything else.
    pub immutable: bool,
}

impl Asset {
    /// The value of `Cache-Control`: kept for a year, or asked for again each time with the tag.
    pub fn cache_control(&self) -> &'static str {
        if self.immutable {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        }
    }
}

/// The file at a path below the prefix, such as `assets/index-5f3a.js`, with or without a slash
/// in front. `None` where the build has no such file.
pub fn asset(path: &str) -> Option<Asset> {
    let name = path.strip_prefix('/').unwrap_or(path);
    if name == INDEX_NAME {
        return Some(index());
    }
    Dist::get(name).map(|file| describe(name, file))
}

/// The document that every page is: it reads the address and shows what that asks for.
pub fn index() -> Asset {
    match Dist::get(INDEX_NAME) {
        Some(file) => describe(INDEX_NAME, file),
        // Only in a debug build, when the folder has gone since it was compiled.
        None => Asset {
            bytes: Cow::Borrowed(INDEX),
            content_type: content_type(INDEX_NAME),
            etag: tag(INDEX),
            immutable: false,
        },
    }
}

/// The same document, served `levels` folders below where its files are: it says so itself, because
/// its links are relative.
pub(crate) fn index_below(levels: usize) -> Asset {
    let found = index();
    if levels == 0 {
        return found;
    }
    let head = format!("<head>\n    <base href=\"{}\" />", "../".repeat(levels));
    let text = String::from_utf8_lossy(&found.bytes).replacen("<head>", &head, 1);
    Asset {
        etag: tag_below(&found.etag, levels),
        bytes: Cow::Owned(text.into_bytes()),
        ..found
    }
}

/// A tag of its own for each number of levels.
fn tag_below(etag: &str, levels: usize) -> String {
    format!("\"{}-{levels}\"", etag.trim_matches('"'))
}

fn describe(name: &str, file: EmbeddedFile) -> Asset {
    Asset {
        content_type: content_type(name),
        etag: tag(file
            .metadata
            .sha256_hash()
            .get(..TAG_BYTES)
            .unwrap_or_default()),
        immutable: name.starts_with(HASHED),
        bytes: file.data,
    }
}

fn tag(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_reachable_and_described() {
        let names: Vec<_> = Dist::iter().collect();
        assert!(names.len() >= 5, "{names:?}");
        for name in names {
            let found = asset(&name).expect("listed");
            assert!(!found.bytes.is_empty(), "{name}");
            assert_ne!(found.content_type, "application/octet-stream", "{name}");
            assert_eq!(found.immutable, name.starts_with("assets/"), "{name}");
            assert_eq!(asset(&format!("/{name}")), Some(found), "{name}");
        }
    }

    #[test]
    fn what_the_page_loads_exists() {
        let page = String::from_utf8(index().bytes.into_owned()).unwrap();
        let links: Vec<&str> = page
            .split(['"', '\''])
            .filter_map(|part| part.strip_prefix("./"))
            .collect();
        assert!(links.len() >= 3, "{page}");
        for link in links {
            assert!(asset(link).is_some(), "{link}");
        }
    }

    #[test]
    fn the_page_holds_nothing_that_the_policy_forbids() {
        let page = String::from_utf8(index().bytes.into_owned()).unwrap();
        for forbidden in [
            "<style", " style=", "onload=", "<script>", "http://", "https://",
        ] {
            assert!(!page.contains(forbidden), "{forbidden} in {page}");
        }
    }

    #[test]
    fn typefaces_come_along_and_are_kept() {
        let names: Vec<_> = Dist::iter()
            .filter(|name| name.ends_with(".woff2"))
            .collect();
        assert!(names.len() >= 2, "a sans and a mono: {names:?}");
        for name in names {
            let found = asset(&name).expect("listed");
            assert_eq!(found.content_type, "font/woff2", "{name}");
            assert!(found.bytes.starts_with(b"wOF2"), "{name}");
            assert!(found.cache_control().contains("immutable"), "{name}");
        }
        assert!(crate::CONTENT_SECURITY_POLICY.contains("font-src 'self'"));
    }

    #[test]
    fn unknown_paths_have_no_file() {
        for path in [
            "",
            "/",
            "assets",
            "assets/",
            "nothing.js",
            "../Cargo.toml",
            "..",
            "query",
        ] {
            assert_eq!(asset(path), None, "{path}");
        }
    }

    #[test]
    fn tags_tell_contents_apart_and_caching_follows_the_name() {
        let tags: std::collections::BTreeSet<_> = Dist::iter()
            .filter_map(|name| asset(&name))
            .map(|found| found.etag)
            .collect();
        assert_eq!(tags.len(), Dist::iter().count());
        assert!(
            tags.iter()
                .all(|tag| tag.starts_with('"') && tag.ends_with('"'))
        );
        assert_eq!(index().cache_control(), "no-cache");
        let script = Dist::iter().find(|name| name.ends_with(".js")).unwrap();
        assert!(
            asset(&script)
                .unwrap()
                .cache_control()
                .contains("immutable")
        );
    }
}
