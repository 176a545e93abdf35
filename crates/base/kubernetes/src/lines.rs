//! The lines of a watch: one JSON value each, in pieces as the network brings them.

use crate::KubernetesError;

/// Longest line in bytes. Servers take objects up to 1.5 MB; written as JSON they are larger.
pub(crate) const MAX_LINE_BYTES: usize = 16 << 20;

/// Cuts pieces into lines.
#[derive(Default)]
pub(crate) struct Lines {
    rest: Vec<u8>,
}

impl Lines {
    /// Takes a piece and hands each line that it completes to `each`, in order.
    pub(crate) fn take(
        &mut self,
        piece: &[u8],
        mut each: impl FnMut(&[u8]) -> Result<(), KubernetesError>,
    ) -> Result<(), KubernetesError> {
        let mut parts = piece.split(|byte| *byte == b'\n');
        // The last part is not complete: nothing but the end of the piece is behind it.
        let last = parts.next_back().unwrap_or_default();
        for part in parts {
            if self.rest.is_empty() {
                call(part, &mut each)?;
            } else {
                self.rest.extend_from_slice(part);
                let line = std::mem::take(&mut self.rest);
                call(&line, &mut each)?;
            }
        }
        if self.rest.len() + last.len() > MAX_LINE_BYTES {
            let limit = MAX_LINE_BYTES;
            return Err(KubernetesError::Line { limit });
        }
        self.rest.extend_from_slice(last);
        Ok(())
    }
}

fn call(
    line: &[u8],
    each: &mut impl FnMut(&[u8]) -> Result<(), KubernetesError>,
) -> Result<(), KubernetesError> {
    if line.trim_ascii().is_empty() {
        return Ok(());
    }
    each(line)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// However a stream is cut, its lines are the same.
        #[test]
        fn pieces_make_no_difference(text in "[a-c\\n]{0,60}", cuts in proptest::collection::vec(0usize..60, 0..6)) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let mut lines = Lines::default();
            let mut found = Vec::new();
            for pair in cuts.windows(2) {
                lines
                    .take(&text.as_bytes()[pair[0]..pair[1]], |line| {
                        found.push(String::from_utf8_lossy(line).into_owned());
                        Ok(())
                    })
                    .unwrap();
            }
            let complete = text.rfind('\n').map_or("", |end| &text[..end]);
            let wanted: Vec<&str> = complete.split('\n').filter(|line| !line.is_empty()).collect();
            prop_assert_eq!(found, wanted);
        }
    }
}
