//! Reading a whole log back, and putting in order what of it is damaged.

use std::path::Path;

use crate::{Reader, WalError, repair};

/// Hands all records from a segment on to `take`, which answers whether it knows their kind; then
/// puts damaged segments in order, see [`repair`]. What cannot be read is told in the program's own
/// log, and passed over; `log` is what this one is called there, and `stamp` names what is put aside.
///
/// # Errors
/// Where files cannot be read, or damage cannot be put in order.
pub fn replay(
    folder: &Path,
    from: u64,
    stamp: i64,
    log: &str,
    mut take: impl FnMut(&[u8]) -> bool,
) -> Result<(), WalError> {
    let mut damages = Vec::new();
    let mut unknown = 0u64;
    let mut reader = Reader::open(folder, from..=u64::MAX)?;
    loop {
        match reader.next() {
            Ok(Some(bytes)) => unknown += u64::from(!take(bytes)),
            Ok(None) => break,
            Err(WalError::Corrupt(damage)) => {
                tracing::error!(%damage, "damage in the {log}; what can be read is kept");
                damages.push(damage);
                if !reader.resume() {
                    break;
                }
            }
            Err(other) => return Err(other),
        }
    }
    if unknown > 0 {
        tracing::warn!(
            unknown,
            "records of the {log} are of a kind this version does not know"
        );
    }
    drop(reader);
    for damage in &damages {
        repair(damage, folder, "", stamp)?;
    }
    Ok(())
}
