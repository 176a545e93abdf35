//! Tokens in, tree out: pipelines, commands, words.

use std::sync::Arc;

use super::lex::{Kind, Token, tokens};
use super::number;
use super::tree::{Command, Definition, Operand, OperandKind, Pipeline, Source};
use crate::TemplateError;
use crate::limits::{MAX_NESTING, MAX_SOURCE};
use crate::quote::{quoted, unquoted};

/// What is wrong, without its line.
pub(super) type Parsed<T> = Result<T, String>;

/// Reads a text: itself under its name, and what it defines, in the order of their ends. A name
/// given twice stands once: of a blank and another one the other stands, two others are an error.
pub(crate) fn parse(
    name: &str,
    text: &str,
    is_function: &dyn Fn(&str) -> bool,
) -> Result<Vec<Definition>, TemplateError> {
    if text.len() > MAX_SOURCE {
        return Err(TemplateError::TooLong {
            name: name.to_owned(),
            size: text.len(),
            limit: MAX_SOURCE,
        });
    }
    let source = Arc::new(Source {
        name: name.to_owned(),
        text: text.to_owned(),
    });
    let (tokens, error) = tokens(text);
    let mut parser = Parser {
        source,
        tokens,
        error,
        next: 0,
        furthest: 0,
        action_line: None,
        ranges: 0,
        nesting: 0,
        variables: vec!["$".to_owned()],
        is_function,
        definitions: Vec::new(),
    };
    match parser.whole() {
        Ok(()) => Ok(parser.definitions),
        Err(message) => Err(TemplateError::Parse {
            name: name.to_owned(),
            line: parser
                .tokens
                .get(parser.furthest)
                .map_or(1, |token| token.line),
            message,
        }),
    }
}

pub(super) struct Parser<'s> {
    pub(super) source: Arc<Source>,
    tokens: Vec<Token<'s>>,
    /// What the last token says, where it is an error.
    error: String,
    next: usize,
    /// The last token that was looked at: its line is that of errors.
    furthest: usize,
    /// The line of the action that is being read.
    pub(super) action_line: Option<usize>,
    /// How many `range` are open.
    pub(super) ranges: usize,
    nesting: usize,
    /// The variables in reach.
    pub(super) variables: Vec<String>,
    is_function: &'s dyn Fn(&str) -> bool,
    definitions: Vec<Definition>,
}

/// A token without its borrow of the parser.
pub(super) struct Seen<'s> {
    pub(super) kind: Kind,
    pub(super) at: usize,
    pub(super) line: usize,
    pub(super) text: &'s str,
}

impl<'s> Parser<'s> {
    /// The next token, which stays the next. The last one comes again and again.
    pub(super) fn peek(&mut self) -> Seen<'s> {
        let place = self.next.min(self.tokens.len().saturating_sub(1));
        self.furthest = self.furthest.max(place);
        match self.tokens.get(place) {
            Some(token) => Seen {
                kind: token.kind,
                at: token.at,
                line: token.line,
                text: token.text,
            },
            None => Seen {
                kind: Kind::End,
                at: 0,
                line: 1,
                text: "",
            },
        }
    }

    pub(super) fn take(&mut self) -> Seen<'s> {
        let token = self.peek();
        self.next += 1;
        token
    }

    pub(super) fn skip_space(&mut self) {
        while self.peek().kind == Kind::Space {
            self.next += 1;
        }
    }

    pub(super) fn take_word(&mut self) -> Seen<'s> {
        self.skip_space();
        self.take()
    }

    pub(super) fn peek_word(&mut self) -> Seen<'s> {
        self.skip_space();
        self.peek()
    }

    /// Makes the token that was taken last the next again.
    pub(super) fn back(&mut self) {
        self.next = self.next.saturating_sub(1);
    }

    pub(super) fn expect(&mut self, kind: Kind, context: &str) -> Parsed<Seen<'s>> {
        let token = self.take_word();
        if token.kind == kind {
            Ok(token)
        } else {
            self.unexpected(&token, context)
        }
    }

    pub(super) fn unexpected<T>(&self, token: &Seen<'s>, context: &str) -> Parsed<T> {
        if token.kind != Kind::Error {
            return Err(format!("unexpected {} in {context}", shown(token)));
        }
        let started = self.action_line.filter(|line| *line != token.line);
        let extra = match started {
            None => String::new(),
            Some(line) => {
                let action = if self.error.ends_with(" action") {
                    ""
                } else {
                    " in action"
                };
                format!("{action} started at {}:{line}", self.source.name)
            }
        };
        Err(format!("{}{extra}", self.error))
    }

    /// One level deeper, while `inner` reads.
    pub(super) fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.nesting >= MAX_NESTING {
            return Err(format!("max expression depth exceeded ({MAX_NESTING})"));
        }
        self.nesting += 1;
        let result = inner(self);
        self.nesting -= 1;
        result
    }

    /// Keeps a definition, unless a fuller one has its name.
    pub(super) fn define(&mut self, definition: Definition) -> Parsed<()> {
        let known = self
            .definitions
            .iter_mut()
            .find(|known| known.name == definition.name);
        match known {
            None => self.definitions.push(definition),
            Some(known) if known.is_blank() => *known = definition,
            Some(_) if definition.is_blank() => {}
            Some(_) => {
                let name = quoted(&definition.name);
                return Err(format!("template: multiple definition of template {name}"));
            }
        }
        Ok(())
    }

    /// Declarations and commands, up to a token of kind `end`, which is taken.
    pub(super) fn pipeline(&mut self, context: &str, end: Kind) -> Parsed<Pipeline> {
        let mut pipeline = Pipeline {
            at: self.peek_word().at,
            assigns: false,
            variables: Vec::new(),
            commands: Vec::new(),
        };
        while self.declaration(context, &mut pipeline)? {}
        loop {
            let token = self.take_word();
            match token.kind {
                kind if kind == end => break,
                Kind::Bool
                | Kind::Dot
                | Kind::Field
                | Kind::Identifier
                | Kind::Number
                | Kind::Nil
                | Kind::RawText
                | Kind::QuotedText
                | Kind::Variable
                | Kind::LeftParen => {
                    self.back();
                    let command = self.command()?;
                    pipeline.commands.push(command);
                }
                _ => return self.unexpected(&token, context),
            }
        }
        if pipeline.commands.is_empty() {
            return Err(format!("missing value for {context}"));
        }
        let stages = pipeline.commands.iter().enumerate().skip(1);
        for (place, command) in stages {
            if is_constant(&command.first.kind) {
                let stage = place + 1;
                return Err(format!("non executable command in pipeline stage {stage}"));
            }
        }
        Ok(pipeline)
    }

    /// A variable with what makes it one to be set; true where another one must follow.
    fn declaration(&mut self, context: &str, pipeline: &mut Pipeline) -> Parsed<bool> {
        let variable = self.peek_word();
        if variable.kind != Kind::Variable {
            return Ok(false);
        }
        let here = self.next;
        self.take();
        let sign = self.peek_word();
        let comma = sign.kind == Kind::Char && sign.text == ",";
        if !comma && !matches!(sign.kind, Kind::Assign | Kind::Declare) {
            self.next = here;
            return Ok(false);
        }
        self.take();
        pipeline.variables.push(variable.text.to_owned());
        self.variables.push(variable.text.to_owned());
        if !comma {
            pipeline.assigns = sign.kind == Kind::Assign;
            return Ok(false);
        }
        if context != "range" || pipeline.variables.len() > 1 {
            return Err(format!("too many declarations in {context}"));
        }
        match self.peek_word().kind {
            Kind::Variable | Kind::Close | Kind::RightParen => Ok(true),
            _ => Err("range can only initialize variables".to_owned()),
        }
    }

    /// Words up to a `|`, which is taken, or the end, which is not.
    fn command(&mut self) -> Parsed<Command> {
        let at = self.peek_word().at;
        let mut words = Vec::new();
        loop {
            self.skip_space();
            words.extend(self.operand()?);
            let token = self.take();
            match token.kind {
                Kind::Space => {}
                Kind::Close | Kind::RightParen => {
                    self.back();
                    break;
                }
                Kind::Pipe => break,
                _ => return self.unexpected(&token, "operand"),
            }
        }
        let mut words = words.into_iter();
        match words.next() {
            Some(first) => Ok(Command {
                at,
                first,
                arguments: words.collect(),
            }),
            None => Err("empty command".to_owned()),
        }
    }

    /// A word with the fields behind it; `None` where the next token begins none.
    fn operand(&mut self) -> Parsed<Option<Operand>> {
        let Some(term) = self.term()? else {
            return Ok(None);
        };
        let at = self.peek().at;
        let mut fields = Vec::new();
        while self.peek().kind == Kind::Field {
            fields.push(field(self.take().text));
        }
        if fields.is_empty() {
            return Ok(Some(term));
        }
        let kind = match term.kind {
            OperandKind::Field(mut names) => {
                names.append(&mut fields);
                OperandKind::Field(names)
            }
            OperandKind::Variable(name, mut names) => {
                names.append(&mut fields);
                OperandKind::Variable(name, names)
            }
            OperandKind::Nil => return Err("unexpected . after term \"nil\"".to_owned()),
            ref kind if is_constant(kind) => {
                let term = quoted(&term.to_string());
                return Err(format!("unexpected . after term {term}"));
            }
            _ => OperandKind::Chain(Box::new(term), fields),
        };
        Ok(Some(Operand { at, kind }))
    }

    /// A word without fields behind it; `None` where the next token begins none.
    fn term(&mut self) -> Parsed<Option<Operand>> {
        let token = self.take_word();
        let kind = match token.kind {
            Kind::Identifier => {
                if !(self.is_function)(token.text) {
                    return Err(format!("function {} not defined", quoted(token.text)));
                }
                OperandKind::Function(token.text.to_owned())
            }
            Kind::Dot => OperandKind::Dot,
            Kind::Nil => OperandKind::Nil,
            Kind::Variable => {
                if !self.variables.iter().any(|known| known == token.text) {
                    return Err(format!("undefined variable {}", quoted(token.text)));
                }
                OperandKind::Variable(token.text.to_owned(), Vec::new())
            }
            Kind::Field => OperandKind::Field(vec![field(token.text)]),
            Kind::Bool => OperandKind::Bool(token.text == "true"),
            Kind::Number => OperandKind::Number(number::read(token.text)?),
            Kind::QuotedText | Kind::RawText => OperandKind::Text {
                written: token.text.to_owned(),
                value: unquote(token.text)?.into(),
            },
            Kind::LeftParen => OperandKind::Pipeline(
                self.nested(|parser| parser.pipeline("parenthesized pipeline", Kind::RightParen))?,
            ),
            _ => {
                self.back();
                return Ok(None);
            }
        };
        let at = match &kind {
            OperandKind::Pipeline(pipeline) => pipeline.at,
            _ => token.at,
        };
        Ok(Some(Operand { at, kind }))
    }
}

/// The text of a literal.
pub(super) fn unquote(written: &str) -> Parsed<String> {
    unquoted(written).ok_or_else(|| "invalid syntax".to_owned())
}

/// A field's name without its point.
fn field(text: &str) -> String {
    text.strip_prefix('.').unwrap_or(text).to_owned()
}

/// Whether a word stands for itself and can do nothing.
fn is_constant(kind: &OperandKind) -> bool {
    matches!(
        kind,
        OperandKind::Bool(_)
            | OperandKind::Dot
            | OperandKind::Nil
            | OperandKind::Number(_)
            | OperandKind::Text { .. }
    )
}

/// A token as errors name it.
fn shown(token: &Seen<'_>) -> String {
    match token.kind {
        Kind::End => "EOF".to_owned(),
        Kind::Keyword(_) | Kind::Nil | Kind::Dot => format!("<{}>", token.text),
        _ => match token.text.char_indices().nth(10) {
            Some((end, _)) if token.text.len() > 10 => {
                format!("{}...", quoted(token.text.get(..end).unwrap_or(token.text)))
            }
            _ => quoted(token.text),
        },
    }
}
