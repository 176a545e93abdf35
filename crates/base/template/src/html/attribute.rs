//! What attributes hold.

/// What the value of an attribute is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    Text,
    Url,
    /// Several URLs with sizes.
    UrlList,
    Script,
    Style,
}

const URLS: [&str; 18] = [
    "action",
    "archive",
    "background",
    "cite",
    "classid",
    "codebase",
    "data",
    "formaction",
    "href",
    "icon",
    "longdesc",
    "manifest",
    "poster",
    "profile",
    "src",
    "usemap",
    "xmlns",
    "ping",
];

/// What an attribute of this name holds; the name may have a namespace, or `data-` before it.
pub(super) fn holds(name: &str) -> Holds {
    let lower = name.to_ascii_lowercase();
    let mut name = lower.as_str();
    if let Some(own) = name.strip_prefix("data-") {
        name = own;
    } else if let Some((space, local)) = name.split_once(':') {
        if space == "xmlns" {
            return Holds::Url;
        }
        name = local;
    }
    match name {
        "style" => Holds::Style,
        "srcset" => Holds::UrlList,
        "srcdoc" => Holds::Text,
        _ if URLS.contains(&name) => Holds::Url,
        _ if name.starts_with("on") => Holds::Script,
        // Names of people's own that sound like URLs are taken for such.
        _ if ["src", "uri", "url"].iter().any(|part| name.contains(part)) => Holds::Url,
        _ => Holds::Text,
    }
}

/// Whether the script of this `type` is one that a browser runs or reads as data.
pub(super) fn is_script_type(kind: &str) -> bool {
    let name = kind
        .split(';')
        .next()
        .unwrap_or("")
        .trim()
        .to_ascii_lowercase();
    matches!(
        name.as_str(),
        "" | "module"
            | "application/ecmascript"
            | "application/javascript"
            | "application/json"
            | "application/ld+json"
            | "application/x-ecmascript"
            | "application/x-javascript"
            | "text/ecmascript"
            | "text/javascript"
            | "text/jscript"
            | "text/livescript"
            | "text/x-ecmascript"
            | "text/x-javascript"
            | "importmap"
            | "speculationrules"
    ) || name.starts_with("text/javascript1.")
}
