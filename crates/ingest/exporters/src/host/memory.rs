//! `/proc/meminfo`, field by field.

use model::{Family, FamilyKind};

use super::{Failure, text};

pub(super) fn collect(families: &mut Vec<Family>) -> Result<(), Failure> {
    families.extend(fields(&text::read("/proc/meminfo")?));
    Ok(())
}

/// `Active(anon):  12 kB` becomes `node_memory_Active_anon_bytes 12288`; a field without a unit
/// keeps its name.
fn fields(meminfo: &str) -> impl Iterator<Item = Family> {
    meminfo.lines().filter_map(|line| {
        let (field, value) = line.split_once(':')?;
        let mut value = value.split_whitespace();
        let number: f64 = value.next()?.parse().ok()?;
        let field = field.replace('(', "_").replace(')', "");
        let (name, number) = match value.next() {
            Some("kB") => (format!("node_memory_{field}_bytes"), number * 1024.0),
            _ => (format!("node_memory_{field}"), number),
        };
        let help = format!(
            "Memory information field {}.",
            name.trim_start_matches("node_memory_")
        );
        Some(Family::new(&name, &help, FamilyKind::Gauge).with([("", ""); 0], number))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_units() {
        let found: Vec<_> =
            fields("MemTotal: 2 kB\nActive(anon): 1 kB\nHugePages_Free: 3\nbroken\n")
                .map(|family| (family.name, family.points[0].value.clone()))
                .collect();
        let number = model::PointValue::Number;
        assert_eq!(
            found,
            [
                ("node_memory_MemTotal_bytes".to_owned(), number(2048.0)),
                ("node_memory_Active_anon_bytes".to_owned(), number(1024.0)),
                ("node_memory_HugePages_Free".to_owned(), number(3.0)),
            ]
        );
    }
}
