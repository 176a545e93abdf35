//! The system's clock, kernel and distribution.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use model::{Family, FamilyKind};

use super::{Failure, text};

pub(super) fn time(families: &mut Vec<Family>) -> Result<(), Failure> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    families.push(Family::gauge(
        "node_time_seconds",
        "System time in seconds since epoch (1970).",
        now.as_secs_f64(),
    ));
    Ok(())
}

pub(super) fn uname(families: &mut Vec<Family>) -> Result<(), Failure> {
    let name = rustix::system::uname();
    let word = |part: &std::ffi::CStr| part.to_string_lossy().into_owned();
    let (machine, node) = (word(name.machine()), word(name.nodename()));
    let (release, system, version) = (
        word(name.release()),
        word(name.sysname()),
        word(name.version()),
    );
    let domain = text::read("/proc/sys/kernel/domainname").unwrap_or_default();
    let family = Family::new(
        "node_uname_info",
        "What the kernel says of itself; the value is 1.",
        FamilyKind::Gauge,
    );
    families.push(family.with(
        [
            ("domainname", domain.trim()),
            ("machine", &machine),
            ("nodename", &node),
            ("release", &release),
            ("sysname", &system),
            ("version", &version),
        ],
        1.0,
    ));
    Ok(())
}

/// Fields of os-release that become labels.
const OS_FIELDS: [&str; 12] = [
    "build_id",
    "id",
    "id_like",
    "image_id",
    "image_version",
    "name",
    "pretty_name",
    "variant",
    "variant_id",
    "version",
    "version_codename",
    "version_id",
];

pub(super) fn os(families: &mut Vec<Family>) -> Result<(), Failure> {
    let release = text::read("/etc/os-release").or_else(|_| text::read("/usr/lib/os-release"))?;
    let fields = os_fields(&release);
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    let info = Family::new(
        "node_os_info",
        "What the distribution says of itself; the value is 1.",
        FamilyKind::Gauge,
    );
    families.push(info.with(OS_FIELDS.map(|name| (name, field(name))), 1.0));
    // `12.5.1` counts as 12.5.
    let mut parts = field("version_id").split('.');
    let short: Vec<&str> = parts.by_ref().take(2).collect();
    if let Some(version) = text::number(&short.join(".")) {
        let family = Family::new(
            "node_os_version",
            "Major and minor part of the distribution's version.",
            FamilyKind::Gauge,
        );
        families.push(family.with(
            ["id", "id_like", "name"].map(|name| (name, field(name))),
            version,
        ));
    }
    Ok(())
}

/// `NAME="Debian GNU/Linux"`, keys in lower case.
fn os_fields(release: &str) -> BTreeMap<String, String> {
    release
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| {
            let value = value.trim().trim_matches(|c| c == '"' || c == '\'');
            (key.trim().to_lowercase(), value.to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn os_release() {
        let fields = os_fields("# note\nNAME=\"Debian GNU/Linux\"\nID=debian\nVERSION_ID='12'\n");
        assert_eq!(fields["name"], "Debian GNU/Linux");
        assert_eq!(
            (fields["id"].as_str(), fields["version_id"].as_str()),
            ("debian", "12")
        );
    }
}
