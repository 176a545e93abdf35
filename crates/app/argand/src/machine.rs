//! How much memory there is, of the machine or of the control group that the process is in; and
//! how many files may be open.

use std::path::Path;

use rustix::process::{Resource, getrlimit, setrlimit};

/// Where control groups are, and what the kernel says of memory.
const CONTROL_GROUPS: &str = "/sys/fs/cgroup";
const OWN_GROUPS: &str = "/proc/self/cgroup";
const MACHINE: &str = "/proc/meminfo";

/// Where nothing can be found out: what small machines have.
const UNKNOWN: u64 = 2 << 30;

/// Bytes of memory that this process may have.
pub(crate) fn memory() -> u64 {
    let text = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let machine = total(&text(MACHINE)).unwrap_or(UNKNOWN);
    group_limit(Path::new(CONTROL_GROUPS), &text(OWN_GROUPS))
        .map_or(machine, |group| group.min(machine))
}

/// Lets the process have as many open files as it may ask for: connections, targets and blocks
/// each take some, and the usual first limit of 1,024 is meant for programs that use `select`.
pub(crate) fn raise_file_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "the limit of open files cannot be raised");
    }
}

/// `MemTotal:       24689764 kB`
fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// The least of the limits of the group and those that it lies in, of the first and second
/// version; none where there is none.
fn group_limit(root: &Path, own: &str) -> Option<u64> {
    let mut limits = Vec::new();
    // `0::/system.slice/argand.service`, `7:memory:/docker/…`
    for line in own.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else {
            continue;
        };
        let (folder, file) = match controllers {
            "" => (root.to_owned(), "memory.max"),
            names if names.split(',').any(|name| name == "memory") => {
                (root.join("memory"), "memory.limit_in_bytes")
            }
            _ => continue,
        };
        // Inside a container the path may be that of the outside: then the root is the group.
        let own = folder.join(path.trim_start_matches('/'));
        for group in own
            .ancestors()
            .take_while(|group| group.starts_with(&folder))
        {
            let text = std::fs::read_to_string(group.join(file)).unwrap_or_default();
            limits.extend(text.trim().parse::<u64>().ok());
        }
    }
    limits.into_iter().filter(|limit| *limit > 0).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_has_what_the_kernel_says() {
        let text = "MemTotal:       24689764 kB\nMemFree: 1 kB\n";
        assert_eq!(total(text), Some(24_689_764 * 1024));
        assert_eq!(total("MemFree: 1 kB\n"), None);
        assert!(memory() > 0);
    }

    #[test]
    fn the_tightest_group_counts() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let limit = |own: &str| group_limit(root.path(), own);
        assert_eq!(limit("0::/a/b\n"), None);
        write("a/memory.max", "1000\n");
        write("a/b/memory.max", "max\n");
        assert_eq!(limit("0::/a/b\n"), Some(1000));
        assert_eq!(limit("0::/c\n"), None);
        write("memory.max", "5000\n");
        assert_eq!(limit("0::/c\n"), Some(5000));
        write("memory/x/memory.limit_in_bytes", "700\n");
        assert_eq!(limit("3:cpu:/x\n2:memory,foo:/x/y\n"), Some(700));
        assert_eq!(limit("nonsense\n"), None);
    }
}
