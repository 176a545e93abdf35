//! From the operator's way of writing to that of configuration files: names in snake case, and
//! references replaced by what they refer to.

use serde_json::{Map, Value};

use crate::references::Lookup;

/// A text; empty where there is none.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The elements of a list; none where there is no list.
pub(crate) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Sets a field of a map; of anything else nothing is set.
pub(crate) fn put(map: &mut Value, name: &str, value: impl Into<Value>) {
    if let Some(fields) = map.as_object_mut() {
        fields.insert(name.to_owned(), value.into());
    }
}

/// Fields whose own keys are the user's.
const USERS: [&str; 7] = [
    "labels",
    "params",
    "endpointParams",
    "annotations",
    "details",
    "tags",
    "attributes",
];

/// Names that are not what their parts say.
const NAMES: [(&str, &str); 14] = [
    ("interval", "scrape_interval"),
    ("path", "metrics_path"),
    ("relabelings", "relabel_configs"),
    ("metricRelabelings", "metric_relabel_configs"),
    ("metricRelabelConfigs", "metric_relabel_configs"),
    (
        "scrapeClassicHistograms",
        "always_scrape_classic_histograms",
    ),
    ("keySecret", "key"),
    ("digitalOceanSDConfigs", "digitalocean_sd_configs"),
    ("dockerSwarmSDConfigs", "dockerswarm_sd_configs"),
    ("puppetDBSDConfigs", "puppetdb_sd_configs"),
    ("lightSailSDConfigs", "lightsail_sd_configs"),
    ("ovhcloudSDConfigs", "ovhcloud_sd_configs"),
    ("openstackSDConfigs", "openstack_sd_configs"),
    ("relabelConfigs", "relabel_configs"),
];

/// A field's name in configuration files.
pub(crate) fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut before: Option<char> = None;
    let mut rest = name.chars().peekable();
    while let Some(c) = rest.next() {
        let word_begins = before.is_some_and(|before| {
            let next_is_small = rest.peek().is_some_and(char::is_ascii_lowercase);
            !before.is_ascii_uppercase() || next_is_small
        });
        if c.is_ascii_uppercase() && word_begins {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
        before = Some(c);
    }
    snake
}

fn renamed(name: &str) -> String {
    let known = NAMES.iter().find(|(theirs, _)| *theirs == name);
    known.map_or_else(|| snake(name), |(_, ours)| (*ours).to_owned())
}

/// A structure with its names and references replaced.
pub(crate) fn structure(value: &Value, lookup: &Lookup<'_>) -> Result<Value, String> {
    Ok(match value {
        Value::Array(items) => {
            let items = items.iter().map(|item| structure(item, lookup));
            items.collect::<Result<Vec<Value>, String>>()?.into()
        }
        Value::Object(fields) => match lookup.reference(fields)? {
            Some(found) => found.into(),
            None => fields_of(fields, lookup)?.into(),
        },
        other => other.clone(),
    })
}

/// The fields of a structure. Those without a value say nothing.
pub(crate) fn fields_of(
    fields: &Map<String, Value>,
    lookup: &Lookup<'_>,
) -> Result<Map<String, Value>, String> {
    let mut found = Map::new();
    for (name, value) in fields {
        if value.is_null() {
            continue;
        }
        match name.as_str() {
            name if USERS.contains(&name) => {
                found.insert(snake(name), value.clone());
            }
            "proxyConnectHeader" => {
                let headers = value.as_object().into_iter().flatten();
                let headers = headers
                    .map(|(name, values)| Ok((name.clone(), structure(values, lookup)?)))
                    .collect::<Result<Map<String, Value>, String>>()?;
                found.insert("proxy_connect_header".to_owned(), headers.into());
            }
            "bearerTokenSecret" => {
                // The operator's own objects carry one with an empty key where none is meant.
                if !text(&value["key"]).is_empty() {
                    let token = structure(value, lookup)?;
                    let token = Map::from_iter([("credentials".to_owned(), token)]);
                    found.insert("authorization".to_owned(), token.into());
                }
            }
            "action" | "scheme" => {
                found.insert(name.clone(), text(value).to_lowercase().into());
            }
            name => {
                found.insert(renamed(name), structure(value, lookup)?);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_files() {
        for (theirs, ours) in [
            ("scrapeTimeout", "scrape_timeout"),
            ("httpSDConfigs", "http_sd_configs"),
            ("ec2SDConfigs", "ec2_sd_configs"),
            ("enableHTTP2", "enable_http2"),
            ("enableHttp2", "enable_http2"),
            ("apiURL", "api_url"),
            (
                "convertClassicHistogramsToNHCB",
                "convert_classic_histograms_to_nhcb",
            ),
            ("interval", "scrape_interval"),
            ("digitalOceanSDConfigs", "digitalocean_sd_configs"),
            ("tokenUrl", "token_url"),
        ] {
            assert_eq!(renamed(theirs), ours);
        }
    }
}
