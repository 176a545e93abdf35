//! HTML: what a text must look like at the place it is written to.

mod plain;

pub(crate) use plain::{push_html_plain, push_js_plain};
