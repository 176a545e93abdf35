//! Flags of a pattern: `(?i)`, `(?m)`, `(?s)`, `(?U)`, and what they make of a group's opening.

/// What holds at one place of a pattern.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flags {
    /// `i`: letters match in either case.
    pub(super) fold: bool,
    /// `m`: `^` and `$` match at lines.
    pub(super) multi_line: bool,
    /// `s`: `.` matches the line feed.
    pub(super) dot_newline: bool,
    /// `U`: repetitions are lazy, and `?` makes them greedy.
    pub(super) swap_greed: bool,
}

/// How `(?flags)` or `(?flags:` ends.
pub(super) struct Opening {
    /// The flags from here on.
    pub(super) flags: Flags,
    /// Whether a group opens, that is, whether it ended with `:`.
    pub(super) group: bool,
    /// Bytes read behind `(?`.
    pub(super) length: usize,
}

/// Reads what stands behind `(?`. The error is the number of bytes read up to and with what does
/// not belong there.
pub(super) fn read(text: &str, mut flags: Flags) -> Result<Opening, usize> {
    let mut on = true;
    let mut wanted = false;
    for (place, letter) in text.char_indices() {
        let length = place + letter.len_utf8();
        let flag = match letter {
            'i' => &mut flags.fold,
            'm' => &mut flags.multi_line,
            's' => &mut flags.dot_newline,
            'U' => &mut flags.swap_greed,
            '-' if on => {
                on = false;
                wanted = true;
                continue;
            }
            ':' | ')' if !wanted => {
                return Ok(Opening {
                    flags,
                    group: letter == ':',
                    length,
                });
            }
            _ => return Err(length),
        };
        *flag = on;
        wanted = false;
    }
    Err(text.len())
}
