//! Lines of a script: commands, and the indented or plain lines that belong to them.

/// The lines of a script without comments, with their numbers.
pub(super) struct Lines<'s> {
    lines: Vec<(usize, &'s str)>,
    next: usize,
}

impl<'s> Lines<'s> {
    pub(super) fn new(script: &'s str) -> Self {
        let lines = script
            .lines()
            .enumerate()
            .map(|(place, line)| (place + 1, line.trim()))
            .filter(|(_, line)| !line.starts_with('#'))
            .collect();
        Self { lines, next: 0 }
    }

    /// The next line that is not empty.
    pub(super) fn next_command(&mut self) -> Option<(usize, &'s str)> {
        loop {
            let line = *self.lines.get(self.next)?;
            self.next += 1;
            if !line.1.is_empty() {
                return Some(line);
            }
        }
    }

    /// The lines up to the next empty one.
    pub(super) fn block(&mut self) -> Vec<(usize, &'s str)> {
        let rest = self.lines.get(self.next..).unwrap_or_default();
        let block: Vec<_> = rest
            .iter()
            .take_while(|(_, line)| !line.is_empty())
            .copied()
            .collect();
        self.next += block.len();
        block
    }
}
