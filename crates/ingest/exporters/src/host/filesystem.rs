//! Mounted file systems: size and what is left.

use std::collections::BTreeSet;

use model::{Family, FamilyKind};
use rustix::fs::{StatVfs, StatVfsMountFlags};

use super::Failure;

/// File systems without a size of their own.
const VIRTUAL: &[&str] = &[
    "autofs",
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "debugfs",
    "devpts",
    "devtmpfs",
    "fusectl",
    "hugetlbfs",
    "iso9660",
    "mqueue",
    "nsfs",
    "overlay",
    "proc",
    "procfs",
    "pstore",
    "rpc_pipefs",
    "securityfs",
    "selinuxfs",
    "squashfs",
    "sysfs",
    "tracefs",
];

/// Folders below which mounts are not the operator's disks.
const HIDDEN_BELOW: &[&str] = &["/dev", "/proc", "/run/credentials", "/sys"];

/// Folders whose children belong to containers.
const CONTAINERS: &[&str] = &["/var/lib/docker/", "/var/lib/containers/storage/"];

/// File systems reached over the network, which may not answer: a stat would hang the scrape.
const REMOTE: &[&str] = &[
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "9p",
    "ceph",
    "glusterfs",
    "afs",
];

type Column = (&'static str, &'static str, fn(&StatVfs) -> f64);

const COLUMNS: &[Column] = &[
    ("size_bytes", "Bytes in all.", |s| {
        s.f_blocks as f64 * s.f_frsize as f64
    }),
    ("free_bytes", "Bytes free.", |s| {
        s.f_bfree as f64 * s.f_frsize as f64
    }),
    (
        "avail_bytes",
        "Bytes free for users other than root.",
        |s| s.f_bavail as f64 * s.f_frsize as f64,
    ),
    ("files", "Files that fit in all.", |s| s.f_files as f64),
    ("files_free", "Files that still fit.", |s| s.f_ffree as f64),
    ("readonly", "Whether it is read-only.", |s| {
        f64::from(u8::from(s.f_flag.contains(StatVfsMountFlags::RDONLY)))
    }),
];

pub(super) fn collect(families: &mut Vec<Family>) -> Result<(), Failure> {
    let gauge = |name: &str, help: &str| {
        Family::new(&format!("node_filesystem_{name}"), help, FamilyKind::Gauge)
    };
    let mut columns: Vec<Family> = COLUMNS
        .iter()
        .map(|(name, help, _)| gauge(name, help))
        .collect();
    let mut failed = gauge("device_error", "Whether the file system could not be read.");
    let mut seen = BTreeSet::new();
    for mount in procfs::mounts()? {
        let point = unescaped(&mount.fs_file);
        let shown = is_shown(&point, &mount.fs_vfstype);
        if !shown || !seen.insert((mount.fs_spec.clone(), point.clone())) {
            continue;
        }
        let labels = [
            ("device", mount.fs_spec.as_str()),
            ("fstype", &mount.fs_vfstype),
            ("mountpoint", &point),
        ];
        let state = rustix::fs::statvfs(&point);
        failed.push(labels, f64::from(u8::from(state.is_err())));
        if let Ok(state) = state {
            for (family, (_, _, value)) in columns.iter_mut().zip(COLUMNS) {
                family.push(labels, value(&state));
            }
        }
    }
    families.append(&mut columns);
    families.push(failed);
    Ok(())
}

fn is_shown(point: &str, kind: &str) -> bool {
    let below = |folder: &&str| {
        point
            .strip_prefix(*folder)
            .is_some_and(|r| r.is_empty() || r.starts_with('/'))
    };
    !VIRTUAL.contains(&kind)
        && !REMOTE.contains(&kind)
        && !HIDDEN_BELOW.iter().any(below)
        && !CONTAINERS.iter().any(|folder| point.starts_with(folder))
}

/// Mount points are written with octal escapes for blanks and backslashes.
fn unescaped(point: &str) -> String {
    point
        .replace("\\040", " ")
        .replace("\\011", "\t")
        .replace("\\012", "\n")
        .replace("\\134", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_real_disks_are_shown() {
        for (point, kind, shown) in [
            ("/", "ext4", true),
            ("/data", "xfs", true),
            ("/devices", "xfs", true),
            ("/dev/shm", "tmpfs", false),
            ("/proc", "proc", false),
            ("/var/lib/docker/overlay2/x", "ext4", false),
            ("/share", "nfs4", false),
            ("/snap/x", "squashfs", false),
        ] {
            assert_eq!(is_shown(point, kind), shown, "{point} {kind}");
        }
    }

    #[test]
    fn escapes() {
        assert_eq!(unescaped("/my\\040disk\\134x"), "/my disk\\x");
    }
}
