//! Lines of a script: commands, and the indented or plain lines that belong to them.

/// The lines of a script with their numbers; a comment is an empty line.
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
            .map(|(number, line)| (number, if line.starts_with('#') { "" } else { line }))
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
        let mut block = Vec::new();
        self.each_of_block(|line| {
            block.push(line);
            true
        });
        block
    }

    /// Gives the lines up to the next empty one, or up to one after which `more` says no.
    pub(super) fn each_of_block(&mut self, mut more: impl FnMut((usize, &'s str)) -> bool) {
        while let Some(line) = self.lines.get(self.next).filter(|line| !line.1.is_empty()) {
            self.next += 1;
            if !more(*line) {
                return;
            }
        }
    }
}
