//! Who runs this program, for what people write their name under.

use std::os::unix::fs::MetadataExt as _;

/// The name of the user that this process belongs to; empty where nobody knows it.
pub(super) fn name() -> String {
    let id = std::fs::metadata("/proc/self")
        .map(|facts| facts.uid())
        .ok();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let known = id.and_then(|id| name_of(id, &users));
    known.unwrap_or_else(|| std::env::var("USER").unwrap_or_default())
}

/// The name that a list of users, `name:password:number:…` each, gives to a number.
fn name_of(id: u32, users: &str) -> Option<String> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let number: u32 = fields.nth(1)?.parse().ok()?;
        (number == id).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_have_numbers() {
        let users = "root:x:0:0:root:/root:/bin/sh\nbroken\nme:x:1000:1000::/home/me:\n";
        assert_eq!(name_of(1000, users).as_deref(), Some("me"));
        assert_eq!(name_of(5, users), None);
    }
}
