//! The pages, embedded in the binary.
//!
//! In: the files of `ui/dist`, built from the TypeScript in `ui/` and committed. Out: their bytes
//! with what an HTTP answer says about them. Whoever serves them maps addresses to calls:
//!
//! | address below the path prefix | call | caching |
//! |---|---|---|
//! | one of [`PAGES`], or a dashboard's | [`page`] | revalidated by its tag |
//! | anything else | [`asset`] | [`Asset::cache_control`] |
//! | the prefix itself | a redirect to `query` | |
//!
//! Every link in the pages is relative to the prefix, which a page further down names in a `<base>`,
//! so one build works under any prefix and behind any reverse proxy. A prefix needs its slash at the
//! end: `/argand` must be redirected to `/argand/`.
//!
//! Invariants: the pages hold no inline script and no inline style, so that
//! [`CONTENT_SECURITY_POLICY`] can be sent with every one of them; a file whose address holds a
//! hash of its content never changes.
//!
//! Absent: HTTP itself, and compression. All files together are about 600 kB, a fiftieth of the
//! binary; the server's own compression layer shrinks an answer when a client asks for it, and
//! the heavy files are asked for once, because they are immutable.

mod asset;
mod content_type;
mod pages;

pub use asset::{Asset, asset, index};
pub use pages::{PAGES, is_page, page};

/// The policy to send as `Content-Security-Policy` with every page: scripts, styles, fonts and requests
/// go to the server itself and nowhere else.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; \
     style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'self'; \
     form-action 'none'; frame-ancestors 'self'";
