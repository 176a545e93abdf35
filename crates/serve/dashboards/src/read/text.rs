//! Text panels: HTML and Markdown of whoever wrote the document, made safe.
//!
//! Nothing runs, nothing is loaded from elsewhere by itself, and no style reaches beyond the panel:
//! no scripts, frames, forms, styles or classes. Variables are not filled in yet when the text is
//! cleaned, so an address may not begin with one: its value could be a scheme.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};
use pulldown_cmark::{Options, Parser, html};
use serde_json::Value;

use super::json::{get, has, text};

/// Bytes of a text that are shown; a book does not belong on a dashboard.
const MAX_TEXT: usize = 64 << 10;

/// Tags of a text; one with more is shown as it is written. What tags inside each other cost rises
/// with the square of their depth, as the rules of HTML have it.
const MAX_TAGS: usize = 4_000;

/// The safe HTML of a text panel of any version.
pub(crate) fn html_of(panel: &Value) -> String {
    let options = get(panel, "options");
    // Before version 7 the text stood in the panel itself.
    let holder = if has(options, "content") {
        options
    } else {
        panel
    };
    let content = text(holder, "content");
    let content = shortened(&content);
    match text(holder, "mode").as_str() {
        "html" => safe(content),
        "text" => paragraphs(content),
        "code" => format!("<pre><code>{}</code></pre>", escaped(content)),
        _ => markdown(content),
    }
}

fn shortened(content: &str) -> &str {
    let end = (0..=MAX_TEXT.min(content.len()))
        .rev()
        .find(|end| content.is_char_boundary(*end));
    content.get(..end.unwrap_or(0)).unwrap_or_default()
}

fn markdown(content: &str) -> String {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut page = String::with_capacity(content.len() * 2);
    html::push_html(&mut page, Parser::new_ext(content, options));
    safe(&page)
}

fn paragraphs(content: &str) -> String {
    format!("<p>{}</p>", escaped(content).replace('\n', "<br>"))
}

fn escaped(content: &str) -> String {
    content
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// HTML without anything that runs, loads or leaks.
pub(crate) fn safe(page: &str) -> String {
    if page.matches('<').count() > MAX_TAGS {
        return paragraphs(page);
    }
    CLEANER.clean(page).to_string()
}

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut cleaner = Builder::default();
    cleaner
        .add_tags(["font", "section", "u"])
        .add_tag_attributes("font", ["color", "size"])
        .add_generic_attributes(["align", "valign", "width", "height"])
        .link_rel(Some("noopener noreferrer"))
        .add_tag_attributes("a", ["target"])
        .url_schemes(HashSet::from(["http", "https", "mailto", "data"]))
        .attribute_filter(|element, attribute, value| match (element, attribute) {
            ("a", "href") if !may_be_followed(value) => None,
            ("img", "src") if !is_image(value) => None,
            ("a", "href") if value.contains("$%7B") => Some(with_variables(value).into()),
            ("a", "target") if value != "_blank" => None,
            _ => Some(Cow::Borrowed(value)),
        })
        .url_relative(UrlRelative::PassThrough);
    cleaner
});

/// Whether an address leads to a page, and no variable can change its scheme or host.
fn may_be_followed(url: &str) -> bool {
    let start = url.trim_start();
    let end = start.find(['/', '?', '#']).unwrap_or(start.len());
    let first = start.get(..end).unwrap_or_default();
    !first.contains('$') && !first.contains("[[") && super::links::is_safe(url)
}

/// Markdown has written braces as escapes, which are variables here.
fn with_variables(url: &str) -> String {
    url.replace("$%7B", "${").replace("%7D", "}")
}

/// Images come from this server or stand in the text: pages load nothing from elsewhere.
fn is_image(url: &str) -> bool {
    let is_inside = [
        "data:image/png;",
        "data:image/jpeg;",
        "data:image/gif;",
        "data:image/webp;",
    ];
    is_inside.iter().any(|kind| url.starts_with(kind))
        || !url.contains(':') && !url.starts_with("//") && may_be_followed(url)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_runs_or_loads() {
        for (page, expected) in [
            ("<b>x</b><script>alert(1)</script>", "<b>x</b>"),
            ("<img src=x onerror=alert(1)>", "<img src=\"x\">"),
            ("<img src=https://example.org/x.png>", "<img>"),
            ("<img src=//example.org/x.png>", "<img>"),
            (
                "<img src='data:image/png;base64,AA=='>",
                "<img src=\"data:image/png;base64,AA==\">",
            ),
            ("<img src='data:image/svg+xml;base64,AA=='>", "<img>"),
            (
                "<a href='javascript:alert(1)'>x</a>",
                "<a rel=\"noopener noreferrer\">x</a>",
            ),
            (
                "<a href='${link}'>x</a>",
                "<a rel=\"noopener noreferrer\">x</a>",
            ),
            (
                "<a href='data:text/html,x'>x</a>",
                "<a rel=\"noopener noreferrer\">x</a>",
            ),
            (
                "<a href='/d/x?${__url_time_range}' target=_blank>x</a>",
                "<a href=\"/d/x?${__url_time_range}\" target=\"_blank\" rel=\"noopener noreferrer\">x</a>",
            ),
            (
                "<p style='position:fixed' class=app id=root>x</p>",
                "<p>x</p>",
            ),
            (
                "<iframe src=/>y</iframe><form action=/><input></form>z",
                "yz",
            ),
            ("<svg><script>alert(1)</script></svg>a", "a"),
            ("<style>*{display:none}</style>a", "a"),
            ("a <unclosed", "a "),
        ] {
            assert_eq!(safe(page), expected, "{page}");
        }
    }

    #[test]
    fn texts_of_every_mode_and_version() {
        for (panel, expected) in [
            (
                json!({"options": {"mode": "markdown", "content": "# T\n*x* <b>y</b><script>1</script>"}}),
                "<h1>T</h1>\n<p><em>x</em> <b>y</b></p>\n",
            ),
            (
                json!({"options": {"content": "[x](/d/x?${__url_time_range})"}}),
                "<p><a href=\"/d/x?${__url_time_range}\" rel=\"noopener noreferrer\">x</a></p>\n",
            ),
            (json!({"mode": "html", "content": "<i>x</i>"}), "<i>x</i>"),
            (
                json!({"mode": "text", "content": "a<b>\nc"}),
                "<p>a&lt;b&gt;<br>c</p>",
            ),
            (
                json!({"options": {"mode": "code", "content": "<x>"}}),
                "<pre><code>&lt;x&gt;</code></pre>",
            ),
            (json!({}), ""),
        ] {
            assert_eq!(html_of(&panel), expected, "{panel}");
        }
    }

    #[test]
    fn texts_of_nothing_but_tags_are_shown_as_written() {
        let page = "<div>".repeat(MAX_TAGS);
        assert!(safe(&page).starts_with("<div><div>"));
        let page = "<div>".repeat(MAX_TAGS + 1);
        assert!(safe(&page).starts_with("<p>&lt;div&gt;"));
        for text in ["> ", "[", "*a ", "- ", "<b>"] {
            let content = text.repeat(MAX_TEXT);
            let page = html_of(&json!({"mode": "markdown", "content": content}));
            assert!(!page.is_empty(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_clean_stays_as_it_is(text in "(<[a-z /'\"=:${}]{0,10}>?|script|on[a-z]{1,5}=|\\PC){0,12}") {
            let page = safe(&text);
            prop_assert!(!page.to_ascii_lowercase().contains("<script"), "{}", page);
            prop_assert_eq!(safe(&page), page);
        }
    }
}
