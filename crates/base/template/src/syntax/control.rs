//! Tokens in, tree out: what stands between braces, and the blocks it makes.

use super::lex::{Keyword, Kind};
use super::parse::{Parsed, Parser, unquote};
use super::tree::{Arm, Definition, Node, TemplateCall};

/// What ended a list of nodes.
enum Ending {
    End,
    /// `else`; an `if` or `with` may follow at once.
    Else,
}

/// What was read.
enum Item {
    Node(Node),
    Ending(Ending),
}

impl Ending {
    fn shown(&self) -> &'static str {
        match self {
            Self::End => "{{end}}",
            Self::Else => "{{else}}",
        }
    }
}

impl Parser<'_> {
    /// The whole text, up to its end.
    pub(super) fn whole(&mut self) -> Parsed<()> {
        let mut body = Vec::new();
        while self.peek().kind != Kind::End {
            if self.definition()? {
                continue;
            }
            match self.item()? {
                Item::Node(node) => body.push(node),
                Item::Ending(ending) => return Err(format!("unexpected {}", ending.shown())),
            }
        }
        let name = self.source.name.clone();
        self.add(name, body)
    }

    fn add(&mut self, name: String, body: Vec<Node>) -> Parsed<()> {
        let source = std::sync::Arc::clone(&self.source);
        self.define(Definition { name, source, body })
    }

    /// Reads `{{define "name"}} … {{end}}`, where it comes next.
    fn definition(&mut self) -> Parsed<bool> {
        const CONTEXT: &str = "define clause";
        if self.peek().kind != Kind::Open {
            return Ok(false);
        }
        self.take();
        let spaces = usize::from(self.peek().kind == Kind::Space);
        if self.take_word().kind != Kind::Keyword(Keyword::Define) {
            for _ in 0..2 + spaces {
                self.back();
            }
            return Ok(false);
        }
        let name = self.template_name(CONTEXT)?;
        self.expect(Kind::Close, CONTEXT)?;
        self.separate(name, CONTEXT)?;
        Ok(true)
    }

    /// A template's body, up to its end, with variables of its own.
    fn separate(&mut self, name: String, context: &str) -> Parsed<()> {
        let variables = std::mem::replace(&mut self.variables, vec!["$".to_owned()]);
        let ranges = std::mem::take(&mut self.ranges);
        let action_line = self.action_line.take();
        let (body, ending) = self.nested(Self::list)?;
        if let Ending::Else = ending {
            return Err(format!("unexpected {} in {context}", ending.shown()));
        }
        self.variables = variables;
        self.ranges = ranges;
        self.action_line = action_line;
        self.add(name, body)
    }

    /// Nodes up to `end` or `else`.
    fn list(&mut self) -> Parsed<(Vec<Node>, Ending)> {
        let mut nodes = Vec::new();
        while self.peek_word().kind != Kind::End {
            match self.item()? {
                Item::Node(node) => nodes.push(node),
                Item::Ending(ending) => return Ok((nodes, ending)),
            }
        }
        Err("unexpected EOF".to_owned())
    }

    fn item(&mut self) -> Parsed<Item> {
        let token = self.take_word();
        match token.kind {
            Kind::Text => Ok(Item::Node(Node::Text(token.text.into()))),
            Kind::Open => {
                self.action_line = Some(token.line);
                let item = self.action()?;
                self.action_line = None;
                Ok(item)
            }
            _ => self.unexpected(&token, "input"),
        }
    }

    fn action(&mut self) -> Parsed<Item> {
        let Kind::Keyword(keyword) = self.peek_word().kind else {
            let pipeline = self.pipeline("command", Kind::Close)?;
            return Ok(Item::Node(Node::Action(pipeline)));
        };
        self.take();
        let node = match keyword {
            Keyword::Block => self.block()?,
            Keyword::Break => {
                self.leave_range("{{break}}")?;
                Node::Break
            }
            Keyword::Continue => {
                self.leave_range("{{continue}}")?;
                Node::Continue
            }
            Keyword::Else => {
                let next = self.peek_word();
                if !matches!(next.kind, Kind::Keyword(Keyword::If | Keyword::With)) {
                    self.expect(Kind::Close, "else")?;
                }
                return Ok(Item::Ending(Ending::Else));
            }
            Keyword::End => {
                self.expect(Kind::Close, "end")?;
                return Ok(Item::Ending(Ending::End));
            }
            Keyword::If => {
                let (arms, otherwise) = self.arms(Keyword::If, "if")?;
                Node::If(arms, otherwise)
            }
            Keyword::With => {
                let (arms, otherwise) = self.arms(Keyword::With, "with")?;
                Node::With(arms, otherwise)
            }
            Keyword::Range => self.range()?,
            Keyword::Template => self.call()?,
            Keyword::Define => {
                self.back();
                let token = self.take();
                return self.unexpected(&token, "command");
            }
        };
        Ok(Item::Node(node))
    }

    fn leave_range(&mut self, word: &str) -> Parsed<()> {
        let token = self.take_word();
        if token.kind != Kind::Close {
            return self.unexpected(&token, word);
        }
        if self.ranges == 0 {
            return Err(format!("{word} outside {{{{range}}}}"));
        }
        Ok(())
    }

    /// The arms of `if` or `with`, and what stands behind the last `else`. The variables of an
    /// arm are known in those behind it.
    fn arms(&mut self, keyword: Keyword, context: &str) -> Parsed<(Vec<Arm>, Vec<Node>)> {
        let variables = self.variables.len();
        let mut arms = Vec::new();
        let mut otherwise = Vec::new();
        loop {
            let pipeline = self.pipeline(context, Kind::Close)?;
            let (body, ending) = self.nested(Self::list)?;
            arms.push(Arm { pipeline, body });
            if let Ending::End = ending {
                break;
            }
            if self.peek().kind == Kind::Keyword(keyword) {
                self.take();
                continue;
            }
            otherwise = self.last_list()?;
            break;
        }
        self.variables.truncate(variables);
        Ok((arms, otherwise))
    }

    /// What stands behind the last `else`.
    fn last_list(&mut self) -> Parsed<Vec<Node>> {
        match self.nested(Self::list)? {
            (nodes, Ending::End) => Ok(nodes),
            (_, ending) => Err(format!("expected end; found {}", ending.shown())),
        }
    }

    fn range(&mut self) -> Parsed<Node> {
        let variables = self.variables.len();
        let pipeline = self.pipeline("range", Kind::Close)?;
        self.ranges += 1;
        let (body, ending) = self.nested(Self::list)?;
        self.ranges -= 1;
        let otherwise = match ending {
            Ending::End => Vec::new(),
            Ending::Else => self.last_list()?,
        };
        self.variables.truncate(variables);
        Ok(Node::Range(Box::new(Arm { pipeline, body }), otherwise))
    }

    fn template_name(&mut self, context: &str) -> Parsed<String> {
        let token = self.take_word();
        match token.kind {
            Kind::QuotedText | Kind::RawText => unquote(token.text),
            _ => self.unexpected(&token, context),
        }
    }

    fn call(&mut self) -> Parsed<Node> {
        const CONTEXT: &str = "template clause";
        let at = self.peek_word().at;
        let name = self.template_name(CONTEXT)?;
        let argument = match self.take_word().kind {
            Kind::Close => None,
            _ => {
                self.back();
                Some(self.pipeline(CONTEXT, Kind::Close)?)
            }
        };
        Ok(Node::Call(Box::new(TemplateCall { at, name, argument })))
    }

    /// A definition that is called where it stands.
    fn block(&mut self) -> Parsed<Node> {
        const CONTEXT: &str = "block clause";
        let at = self.peek_word().at;
        let name = self.template_name(CONTEXT)?;
        let argument = Some(self.pipeline(CONTEXT, Kind::Close)?);
        self.separate(name.clone(), CONTEXT)?;
        Ok(Node::Call(Box::new(TemplateCall { at, name, argument })))
    }
}
