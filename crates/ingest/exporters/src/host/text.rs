//! Reading the kernel's small text files.

use std::path::Path;

use model::{Family, FamilyKind};

use super::Failure;

/// Reads a file; the error names it.
pub(super) fn read(path: impl AsRef<Path>) -> Result<String, Failure> {
    let path = path.as_ref();
    std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()).into())
}

/// Reads a file that holds one number.
pub(super) fn read_number(path: impl AsRef<Path>) -> Result<f64, Failure> {
    let path = path.as_ref();
    number(read(path)?.trim()).ok_or_else(|| format!("{}: no number", path.display()).into())
}

/// A number in decimal, or in hexadecimal behind `0x`.
pub(super) fn number(text: &str) -> Option<f64> {
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16)
            .ok()
            .map(|number| number as f64),
        None => text.parse().ok(),
    }
}

/// A family with one number and a label or none.
pub(super) fn family(
    name: &str,
    help: &str,
    kind: FamilyKind,
    points: impl IntoIterator<Item = (String, f64)>,
    label: &str,
) -> Family {
    let mut family = Family::new(name, help, kind);
    for (value, number) in points {
        family.push([(label, value.as_str())], number);
    }
    family
}
