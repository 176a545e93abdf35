//! Texts in columns, as Go's `text/tabwriter` sets them.

use std::io::{self, Write};

/// How wide columns are.
#[derive(Clone, Copy)]
pub(crate) struct Layout {
    /// Fewest characters of a column, the space behind it included.
    pub(crate) least: usize,
    /// Spaces behind the longest text of a column, at least.
    pub(crate) padding: usize,
}

/// Writes lines whose cells end with a tab each. What stands behind the last tab of a line is in no
/// column. A column is as wide as its widest cell in a run of lines that have it.
pub(crate) fn write(out: &mut impl Write, layout: Layout, text: &str) -> io::Result<()> {
    let lines: Vec<Vec<&str>> = text
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    let mut widths: Vec<Vec<usize>> = lines.iter().map(|line| vec![0; cells(line)]).collect();
    for column in 0..lines.iter().map(|line| cells(line)).max().unwrap_or(0) {
        let mut first = 0;
        while first < lines.len() {
            let run = lines.get(first..).unwrap_or_default().iter();
            let run = run.take_while(|line| cells(line) > column).count();
            let of_run = lines.iter().skip(first).take(run);
            let longest = of_run
                .filter_map(|line| line.get(column))
                .map(|cell| cell.chars().count() + layout.padding)
                .max();
            let width = longest.unwrap_or(0).max(layout.least);
            let of_run = widths.iter_mut().skip(first).take(run);
            for cell in of_run.filter_map(|line| line.get_mut(column)) {
                *cell = width;
            }
            first += run.max(1);
        }
    }
    for (line, widths) in lines.iter().zip(&widths) {
        let mut widths = widths.iter();
        for cell in line {
            match widths.next() {
                Some(width) => write!(out, "{cell:<width$}")?,
                None => write!(out, "{cell}")?,
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

/// The cells of a line that end with a tab.
fn cells(line: &[&str]) -> usize {
    line.len() - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(least: usize, padding: usize, text: &str, expected: &str) {
        let mut out = Vec::new();
        write(&mut out, Layout { least, padding }, text).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        check(
            0,
            2,
            "ID\tName\t\nlong one\tx\t\n",
            "ID        Name  \nlong one  x     \n",
        );
        check(4, 1, "a\tb\nç\tlonger\n", "a   b\nç   longer\n");
    }

    #[test]
    fn a_line_without_a_column_ends_its_run() {
        check(0, 1, "longer\tx\nnone\na\ty\n", "longer x\nnone\na y\n");
        check(0, 2, "", "");
    }
}
