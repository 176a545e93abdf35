//! The mechanisms that find targets, a file a family.

mod aws;
mod cloud;
mod containers;
mod hosting;
mod kubernetes;
mod plain;
mod registry;

use super::http;
use crate::error::Fault;
use crate::schema::{Field, Kind, Preset, Section, duration, field, int, tables};
use crate::table::Table;

/// The keys of all mechanisms, in the order in which they are shown.
pub(crate) const MECHANISMS: &[Field] = &[
    tables("aws_sd_configs", &aws::AWS),
    tables("azure_sd_configs", &cloud::AZURE),
    tables("consul_sd_configs", &registry::CONSUL),
    tables("digitalocean_sd_configs", &hosting::DIGITALOCEAN),
    tables("dns_sd_configs", &plain::DNS),
    tables("docker_sd_configs", &containers::DOCKER),
    tables("dockerswarm_sd_configs", &containers::SWARM),
    tables("ec2_sd_configs", &aws::EC2),
    tables("ecs_sd_configs", &aws::CLUSTERED),
    tables("elasticache_sd_configs", &aws::CLUSTERED),
    tables("eureka_sd_configs", &registry::EUREKA),
    tables("file_sd_configs", &plain::FILE),
    tables("gce_sd_configs", &cloud::GCE),
    tables("hetzner_sd_configs", &hosting::HETZNER),
    tables("http_sd_configs", &plain::HTTP),
    tables("ionos_sd_configs", &hosting::IONOS),
    tables("kubernetes_sd_configs", &kubernetes::KUBERNETES),
    tables("kuma_sd_configs", &registry::KUMA),
    tables("lightsail_sd_configs", &aws::LIGHTSAIL),
    tables("linode_sd_configs", &hosting::LINODE),
    tables("marathon_sd_configs", &registry::MARATHON),
    tables("msk_sd_configs", &aws::CLUSTERED),
    tables("nerve_sd_configs", &registry::ZOOKEEPER),
    tables("nomad_sd_configs", &registry::NOMAD),
    tables("oci_sd_configs", &cloud::OCI),
    tables("openstack_sd_configs", &cloud::OPENSTACK),
    tables("outscale_sd_configs", &cloud::OUTSCALE),
    tables("ovhcloud_sd_configs", &hosting::OVHCLOUD),
    tables("puppetdb_sd_configs", &registry::PUPPETDB),
    tables("rds_sd_configs", &aws::RDS),
    tables("scaleway_sd_configs", &hosting::SCALEWAY),
    tables("serverset_sd_configs", &registry::ZOOKEEPER),
    tables("stackit_sd_configs", &hosting::STACKIT),
    tables("static_configs", &plain::STATIC),
    tables("triton_sd_configs", &cloud::TRITON),
    tables("uyuni_sd_configs", &registry::UYUNI),
    tables("vultr_sd_configs", &hosting::VULTR),
];

/// The port that most mechanisms take for granted.
const PORT: Field = int("port").or_int(80).shown();
/// The time between two looks at most mechanisms' servers.
const REFRESH: Field = duration("refresh_interval").or_seconds(60);
const TAG_SEPARATOR: Field = field("tag_separator", Kind::Text).preset(Preset::Text(","));

/// A condition on what is listed: `{name, values}`, at least one value.
static FILTER: Section = Section::new(
    &[&[
        field("name", Kind::Text),
        field("values", Kind::List(&Kind::Text)),
    ]],
    &[|filter| {
        if filter.list("values").is_empty() {
            return Err(filter.fault("values", "a filter needs at least one value"));
        }
        Ok(())
    }],
);
const FILTERS: Field = tables("filters", &FILTER).shown();

/// Refuses a URL that is not `http://host…` or `https://host…`.
fn check_web_url(section: &Table, key: &str) -> Result<(), Fault> {
    let (scheme, rest) = section.text(key).split_once("://").unwrap_or_default();
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return Err(section.fault(key, "the URL's scheme must be 'http' or 'https'"));
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    if authority.rsplit('@').next().is_none_or(str::is_empty) {
        return Err(section.fault(key, "the URL has no host"));
    }
    Ok(())
}

/// Refuses static targets that are URLs rather than addresses. Where targets are relabelled they
/// may be: an exporter that asks others is told them so.
pub(crate) fn check_static_addresses(section: &mut Table) -> Result<(), Fault> {
    if section.tables("relabel_configs").next().is_some() {
        return Ok(());
    }
    for group in section.tables("static_configs") {
        for (index, target) in group.list("targets").iter().enumerate() {
            if target.text().contains('/') {
                let mut fault = group.fault(
                    "targets",
                    format!("{:?} is not a valid hostname", target.text()),
                );
                fault.path.push_str(&format!("[{index}]"));
                fault.at = target.at;
                return Err(fault);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{read, yaml};

    /// A section with the fields of `http_config` must obey their rules.
    #[test]
    fn every_http_client_is_checked() {
        let mut clients = 0;
        for mechanism in MECHANISMS {
            let Kind::Tables(section) = mechanism.kind else {
                panic!("{}", mechanism.key)
            };
            if section
                .fields()
                .any(|field| field.key == "follow_redirects")
            {
                clients += 1;
                assert!(
                    section
                        .checks()
                        .contains(&(http::check as crate::schema::Check)),
                    "{}",
                    mechanism.key
                );
            }
        }
        assert_eq!(MECHANISMS.len(), 37);
        assert!(clients > 20, "{clients}");
    }

    #[test]
    fn mechanisms_refuse_what_upstream_refuses() {
        for (key, text, word) in [
            ("dns_sd_configs", "names: []", "names"),
            ("dns_sd_configs", "{names: [a], type: A}", "port"),
            ("dns_sd_configs", "{names: [a], type: TXT}", "SRV"),
            ("file_sd_configs", "files: []", "files"),
            ("file_sd_configs", "files: [a.txt]", "a.txt"),
            ("file_sd_configs", "files: [a/*/b.json]", "b.json"),
            ("consul_sd_configs", "{server: a, servces: [b]}", "services"),
            (
                "consul_sd_configs",
                "{server: a, token: b, authorization: {credentials: c}}",
                "token",
            ),
            ("docker_sd_configs", "{host: ''}", "host"),
            (
                "docker_sd_configs",
                "{host: a, filters: [{name: a}]}",
                "value",
            ),
            ("http_sd_configs", "url: 'https:///x'", "no host"),
            ("http_sd_configs", "url: 'http://x/%zz'", "escape"),
            (
                "dockerswarm_sd_configs",
                "{host: 'tcp://a', role: pods}",
                "nodes",
            ),
            ("gce_sd_configs", "project: a", "zone"),
            ("nerve_sd_configs", "{servers: [a], paths: [b]}", "/"),
            ("serverset_sd_configs", "{servers: [a]}", "paths"),
            (
                "triton_sd_configs",
                "{account: a, dns_suffix: b}",
                "endpoint",
            ),
            ("kuma_sd_configs", "{server: 'ftp://a'}", "http"),
            ("ionos_sd_configs", "{}", "datacenter_id"),
            ("scaleway_sd_configs", "{role: other}", "baremetal"),
            (
                "scaleway_sd_configs",
                "{role: instance, project_id: x, access_key: a, secret_key: b}",
                "UUID",
            ),
            ("oci_sd_configs", "{region: a}", "tenancy"),
            ("aws_sd_configs", "{region: a, role: s3}", "ec2"),
            ("vultr_sd_configs", "{port: x}", "number"),
            ("nomad_sd_configs", "{server: ''}", "server"),
        ] {
            let mechanism = MECHANISMS.iter().find(|m| m.key == key).expect(key);
            let Kind::Tables(section) = mechanism.kind else {
                panic!("{key}")
            };
            let node = yaml::parse(text).expect(text);
            let fault = read::document(section, &node, Path::new("")).expect_err(text);
            let whole = format!("{}: {}", fault.path, fault.message);
            assert!(whole.contains(word), "{key}: {text}: {whole}");
        }
    }
}
