//! HTML: what a text must look like at the place it is written to.
//!
//! A template's own texts and its values pass an [`Escaper`] in the order in which they are
//! written. It follows the texts as a browser would (`scan`), so that it knows at every value
//! whether it goes into words, an attribute (`attribute`), a URL (`url`), a script (`script`) or a
//! style (`style`), and escapes or refuses it as Go's `html/template` does. Since the place is
//! found while writing, blocks may end in different places; Go refuses such templates.
//!
//! Comments of the template's HTML, scripts and styles are left out, as Go does.

mod attribute;
mod markup;
mod plain;
mod scan;
mod script;
mod style;
mod url;

pub(crate) use plain::{push_html_plain, push_js_plain};
pub(crate) use scan::Escaper;

/// What stands for a value that must not stand where it was to.
const REFUSED: &str = "ZgotmplZ";
