//! `kubernetes_sd_configs`.

use super::http;
use crate::error::Fault;
use crate::schema::{Kind, Section, boolean, field, file, table, tables, text, texts};
use crate::table::Table;

const ROLE: Kind = Kind::Choice(&[
    "node",
    "pod",
    "service",
    "endpoints",
    "endpointslice",
    "ingress",
]);

/// One entry of `kubernetes_sd_configs`.
pub(super) static KUBERNETES: Section = Section::new(
    &[
        &[
            field("api_server", Kind::Url),
            field("role", ROLE).required(),
            file("kubeconfig_file").shown(),
        ],
        http::FIELDS,
        &[
            table("namespaces", &NAMESPACES),
            tables("selectors", &SELECTOR),
            table("attach_metadata", &ATTACH),
        ],
    ],
    &[http::check, access, selectors],
);

static NAMESPACES: Section = Section::new(&[&[boolean("own_namespace"), texts("names")]], &[]);
static ATTACH: Section = Section::new(
    &[&[
        boolean("node"),
        boolean("namespace"),
        boolean("deployment"),
        boolean("job"),
        boolean("cronjob"),
    ]],
    &[],
);
static SELECTOR: Section = Section::new(
    &[&[field("role", ROLE).required(), text("label"), text("field")]],
    &[|selector| {
        for (key, operators) in [("field", "=, == or !="), ("label", "an operator")] {
            if !selector.text(key).is_empty() && !well_formed(selector.text(key), key == "label") {
                return Err(selector.fault(
                    key,
                    format!("not a valid {key} selector: a condition lacks {operators}"),
                ));
            }
        }
        Ok(())
    }],
);

/// How the API is reached: a kubeconfig stands alone, and a client needs an API server.
fn access(section: &mut Table) -> Result<(), Fault> {
    let client = client_key(section);
    let kubeconfig = section.has("kubeconfig_file");
    if kubeconfig && section.has("api_server") {
        return Err(section.fault(
            "kubeconfig_file",
            "may not be given together with api_server",
        ));
    }
    match client {
        Some(key) if kubeconfig => {
            return Err(section.fault(key, "may not be given together with kubeconfig_file"));
        }
        Some(key) if !section.has("api_server") => {
            return Err(section.fault(key, "an HTTP client is configured without an api_server"));
        }
        _ => {}
    }
    let own = section
        .table("namespaces")
        .is_some_and(|names| names.bool("own_namespace"));
    if own && section.has("api_server") {
        return Err(section.fault(
            "namespaces",
            "own_namespace may not be used together with api_server",
        ));
    }
    Ok(())
}

/// A key of the HTTP client that says something other than its preset.
fn client_key(section: &Table) -> Option<&'static str> {
    http::FIELDS
        .iter()
        .map(|field| field.key)
        .find(|key| match *key {
            "follow_redirects" | "enable_http2" => !section.bool(key),
            "basic_auth" | "authorization" | "oauth2" => section.holds(key),
            _ => section.has(key),
        })
}

/// What a role may select by.
fn selectable(role: &str) -> &'static [&'static str] {
    match role {
        "pod" => &["pod", "node"],
        "service" => &["service"],
        "endpoints" => &["endpoints", "pod", "service", "node"],
        "endpointslice" => &["endpointslice", "pod", "service", "node"],
        "node" => &["node"],
        _ => &["ingress"],
    }
}

fn selectors(section: &mut Table) -> Result<(), Fault> {
    let role = section.text("role");
    let mut seen = std::collections::HashSet::new();
    for selector in section.tables("selectors") {
        let selected = selector.text("role");
        if !seen.insert(selected) {
            return Err(
                selector.fault("role", format!("a second selector for the role {selected}"))
            );
        }
        if !selectable(role).contains(&selected) {
            let may = selectable(role).join(", ");
            return Err(selector.fault(
                "role",
                format!("the role {role} selects by {may} only, not by {selected}"),
            ));
        }
    }
    Ok(())
}

/// Whether each condition between commas has an operator. Labels know sets (`a in (b,c)`) and
/// bare names too; commas in brackets do not separate.
fn well_formed(text: &str, labels: bool) -> bool {
    let mut depth = 0usize;
    let mut conditions = vec![String::new()];
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return false,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                conditions.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = conditions.last_mut() {
            last.push(c);
        }
    }
    depth == 0
        && conditions.iter().all(|condition| {
            let condition = condition.trim();
            if !labels {
                return condition.is_empty() || condition.find('=').is_some_and(|at| at > 0);
            }
            let name = condition.trim_start_matches('!');
            let end = name
                .find(|c: char| !(c.is_ascii_alphanumeric() || "-_./".contains(c)))
                .unwrap_or(name.len());
            let (name, rest) = name.split_at_checked(end).unwrap_or((name, ""));
            let rest = rest.trim_start();
            !name.is_empty()
                && (rest.is_empty()
                    || rest.starts_with(['=', '<', '>'])
                    || rest.starts_with("!=")
                    || rest.starts_with("in ")
                    || rest.starts_with("in(")
                    || rest.starts_with("notin ")
                    || rest.starts_with("notin("))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_have_operators() {
        for (text, labels, fits) in [
            ("metadata.status=Running", false, true),
            ("metadata.status-Running", false, false),
            ("a=b,c!=d", false, true),
            ("a=b,c", false, false),
            ("foo in (bar,baz)", true, true),
            ("foo=bar,!x,y", true, true),
            ("foo in (bar", true, false),
            ("foo ~ bar", true, false),
        ] {
            assert_eq!(well_formed(text, labels), fits, "{text}");
        }
    }
}
