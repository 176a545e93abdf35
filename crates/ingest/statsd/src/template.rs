//! Names and values of labels with references to the stars of a glob.

/// A text with references.
#[derive(Debug)]
pub(crate) struct Template(Vec<Part>);

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Text(Box<str>),
    /// The whole name, `$0`.
    Whole,
    /// What a star stands for, from 0.
    Star(usize),
}

impl Template {
    /// Reads `$1` and `${1}`; a reference is as long as letters, digits, `_` and `$` go, and one
    /// that is no number of a star is empty. This is how the original reads its globs' templates,
    /// so `$1_x` and `$1$2` are empty, `${1}_x` and `${1}-$2` are not.
    pub(crate) fn new(text: &str, stars: usize) -> Self {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            plain.push_str(before);
            let inside = after.strip_prefix('{').unwrap_or(after);
            let of_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
            let length = inside.find(|c| !of_name(c)).unwrap_or(inside.len());
            let (name, behind) = inside.split_at_checked(length).unwrap_or((inside, ""));
            if name.is_empty() {
                plain.push('$');
                rest = after;
                continue;
            }
            rest = behind.strip_prefix('}').unwrap_or(behind);
            let part = match name.parse::<usize>() {
                Ok(0) => Part::Whole,
                Ok(star) if star <= stars => Part::Star(star - 1),
                _ => continue,
            };
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain).into()));
            }
            parts.push(part);
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain.into()));
        }
        Self(parts)
    }

    /// The text for a name and what stars stand for in it.
    pub(crate) fn fill(&self, name: &str, stars: &[&str]) -> String {
        let text = |part: &'_ Part| match part {
            Part::Text(text) => text.to_string(),
            Part::Whole => name.to_owned(),
            Part::Star(star) => (*stars.get(*star).unwrap_or(&"")).to_owned(),
        };
        self.0.iter().map(text).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_filled_in() {
        for (template, text) in [
            ("plain", "plain"),
            ("$1", "x"),
            ("${1}_server", "x_server"),
            ("$1_server", ""),
            ("$2-$1", "y-x"),
            ("${1}${2}", "xy"),
            ("$1$2", ""),
            ("${0}:$1", "x.y:x"),
            ("$0", "x.y"),
            ("$3", ""),
            ("a$", "a$"),
            ("a${", "a${"),
            ("$-1", "$-1"),
            ("100% $1", "100% x"),
            ("$1 $1}", "x x"),
            ("${name}b", "b"),
        ] {
            let filled = Template::new(template, 2).fill("x.y", &["x", "y"]);
            assert_eq!(filled, text, "{template}");
        }
    }
}
