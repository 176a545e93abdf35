//! A tree drawn with lines, as amtool draws it.

use std::io::{self, Write};

/// A branch and those below.
pub(super) struct Branch {
    pub(super) name: String,
    pub(super) branches: Vec<Self>,
}

/// Draws a tree below a dot.
pub(super) fn draw(root: &Branch, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, ".")?;
    below(std::slice::from_ref(root), "", out)
}

fn below(branches: &[Branch], indent: &str, out: &mut impl Write) -> io::Result<()> {
    for (place, branch) in branches.iter().enumerate() {
        // The spaces beside a line do not break.
        let (corner, beside) = if place + 1 == branches.len() {
            ("└── ", "    ")
        } else {
            ("├── ", "│\u{a0}\u{a0} ")
        };
        writeln!(out, "{indent}{corner}{}", branch.name)?;
        below(&branch.branches, &format!("{indent}{beside}"), out)?;
    }
    Ok(())
}
