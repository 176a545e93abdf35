//! Expressions: operators by precedence, signs, parentheses and literals.

use super::Features;
use super::error::{Fault, Parsed};
use super::lexer::Lexer;
use super::literal;
use super::token::{Kind, Token};
use super::{MAX_HEIGHT, MAX_NESTING};
use crate::ast::{Binary, BinaryOp, Expr, ExprKind, Span, Text};
use model::Matcher;

/// The state between two words: one word is read ahead.
pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    pub(super) features: &'a Features,
    lexer: Lexer<'a>,
    /// The word that comes next.
    pub(super) token: Token,
    /// The lexer's fault where that word has kind `Error`.
    lexer_fault: Option<Fault>,
    /// Offset behind the last word taken.
    pub(super) end: usize,
    /// How many parentheses, calls and signs are open.
    nesting: usize,
    /// How many aggregations are open: an unexpected word is reported as theirs.
    pub(super) aggregations: usize,
}

/// An expression and how many nodes lie between its root and its deepest leaf.
pub(super) struct Tree {
    pub(super) expr: Expr,
    pub(super) height: usize,
}

/// How tightly an operator binds; a sign binds as `*` does, and `^` associates to the right.
fn precedence(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Or => 1,
        BinaryOp::And | BinaryOp::Unless => 2,
        BinaryOp::Add | BinaryOp::Sub => 4,
        BinaryOp::Mul | BinaryOp::Div | BinaryOp::Mod | BinaryOp::Atan2 => SIGN,
        BinaryOp::Pow => POWER,
        // Comparisons and the trimming of histograms.
        _ => 3,
    }
}

const LOWEST: u8 = 1;
const SIGN: u8 = 5;
const POWER: u8 = 6;

impl<'a> Parser<'a> {
    /// A parser before the first word.
    pub(super) fn new(text: &'a str, features: &'a Features) -> Parsed<Self> {
        let mut parser = Self {
            text,
            features,
            lexer: Lexer::new(text),
            token: Token {
                kind: Kind::End,
                span: Span::default(),
            },
            lexer_fault: None,
            end: 0,
            nesting: 0,
            aggregations: 0,
        };
        parser.advance();
        parser.end = 0;
        Ok(parser)
    }

    /// The whole text as one expression.
    pub(super) fn query(&mut self) -> Parsed<Expr> {
        if self.token.kind == Kind::End {
            return Err(Fault::new(Span::default(), "no expression found in input"));
        }
        let tree = self.expression()?;
        match self.token.kind {
            Kind::End => Ok(tree.expr),
            _ => Err(self.unexpected()),
        }
    }

    /// The whole text as the selector of an instant vector without modifiers.
    pub(super) fn series_selector(&mut self) -> Parsed<Vec<Matcher>> {
        if !self.token.kind.names_metric() && self.token.kind != Kind::LeftBrace {
            return Err(self.unexpected());
        }
        let selector = self.vector_selector()?;
        match self.token.kind {
            Kind::End => Ok(selector.matchers),
            _ => Err(self.unexpected()),
        }
    }

    /// Takes the word that comes next.
    pub(super) fn advance(&mut self) -> Token {
        let taken = self.token;
        self.end = taken.span.end;
        match self.lexer.next() {
            Ok(token) => self.token = token,
            Err(fault) => {
                self.token = Token {
                    kind: Kind::Error,
                    span: fault.span,
                };
                self.lexer_fault = Some(fault);
            }
        }
        taken
    }

    /// Takes the next word where it is of this kind.
    pub(super) fn take(&mut self, kind: Kind) -> Option<Token> {
        (self.token.kind == kind).then(|| self.advance())
    }

    /// The text of a word.
    pub(super) fn word(&self, token: Token) -> &'a str {
        let Span { start, end } = token.span;
        self.text.get(start..end).unwrap_or_default()
    }

    /// A node from `start` to the last word taken.
    pub(super) fn node(&self, start: usize, kind: ExprKind) -> Expr {
        Expr {
            kind,
            span: Span {
                start,
                end: self.end,
            },
        }
    }

    /// The fault that the next word is: the lexer's own, or that it is out of place.
    pub(super) fn unexpected(&self) -> Fault {
        let context = if self.aggregations > 0 {
            " in aggregation"
        } else {
            ""
        };
        self.out_of_place(context)
    }

    /// As [`Self::unexpected`], where it is known what should stand here.
    pub(super) fn unexpected_in(&self, context: &str, expected: &str) -> Fault {
        self.out_of_place(&format!(" in {context}, expected {expected}"))
    }

    fn out_of_place(&self, context: &str) -> Fault {
        if let (Kind::Error, Some(fault)) = (self.token.kind, &self.lexer_fault) {
            return fault.clone();
        }
        let word = self.token.kind.describe(self.word(self.token));
        Fault::new(self.token.span, format!("unexpected {word}{context}"))
    }

    /// Goes one level deeper, if there is one left.
    pub(super) fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.nesting >= MAX_NESTING {
            let message = format!(
                "expression nests deeper than {MAX_NESTING} levels; split it with recording rules"
            );
            return Err(Fault::new(self.token.span, message));
        }
        self.nesting += 1;
        let result = inner(self);
        self.nesting -= 1;
        result
    }

    /// The height of a node over children of this height.
    pub(super) fn above(&self, children: usize) -> Parsed<usize> {
        if children >= MAX_HEIGHT {
            let message = format!(
                "expression chains more than {MAX_HEIGHT} operators; split it with recording rules"
            );
            return Err(Fault::new(self.token.span, message));
        }
        Ok(children + 1)
    }

    /// Any expression.
    pub(super) fn expression(&mut self) -> Parsed<Tree> {
        self.binary(LOWEST)
    }

    /// An expression whose operators bind at least as tightly as `least`.
    fn binary(&mut self, least: u8) -> Parsed<Tree> {
        let mut left = self.signed()?;
        while let Kind::Operator(op) = self.token.kind
            && precedence(op) >= least
        {
            self.advance();
            let (return_bool, matching) = self.matching()?;
            let right = match op {
                // Right-associative: `a ^ b ^ c` recurses.
                BinaryOp::Pow => self.nested(|parser| parser.binary(POWER))?,
                _ => self.binary(precedence(op) + 1)?,
            };
            let start = left.expr.span.start;
            let filled = matching.fill_left.is_some() || matching.fill_right.is_some();
            if filled && !self.features.binop_fill {
                let span = left.expr.span;
                let message = "binop fill modifiers are experimental and not enabled";
                return Err(Fault::new(span, message));
            }
            let height = self.above(left.height.max(right.height))?;
            let binary = Binary::new(op, left.expr, right.expr, return_bool, matching);
            let expr = self.node(start, ExprKind::Binary(Box::new(binary)));
            left = Tree { expr, height };
        }
        Ok(left)
    }

    /// A sign and what it stands before, or an operand.
    fn signed(&mut self) -> Parsed<Tree> {
        let negative = match self.token.kind {
            Kind::Operator(BinaryOp::Sub) => true,
            Kind::Operator(BinaryOp::Add) => false,
            _ => return self.operand(),
        };
        let sign = self.advance();
        let Tree { expr, height } = self.nested(|parser| parser.binary(SIGN + 1))?;
        let height = self.above(height)?;
        // The sign of a number is part of it.
        let kind = match expr.kind {
            ExprKind::Number { value, as_duration } => ExprKind::Number {
                value: if negative { -value } else { value },
                as_duration,
            },
            _ => ExprKind::Unary {
                negative,
                operand: Box::new(expr),
            },
        };
        let expr = self.node(sign.span.start, kind);
        Ok(Tree { expr, height })
    }

    /// A literal, selector, call or parenthesis with its modifiers.
    fn operand(&mut self) -> Parsed<Tree> {
        let mut tree = self.primary()?;
        loop {
            tree = match self.token.kind {
                Kind::LeftBracket => self.range(tree)?,
                Kind::At => self.at(tree)?,
                Kind::Keyword(keyword) => match self.suffix(tree, keyword)? {
                    Ok(changed) => changed,
                    Err(unchanged) => return Ok(unchanged),
                },
                _ => return Ok(tree),
            };
        }
    }

    fn primary(&mut self) -> Parsed<Tree> {
        let start = self.token.span.start;
        let kind = match self.token.kind {
            Kind::Number | Kind::Duration => {
                let (value, as_duration) = self.number()?;
                ExprKind::Number { value, as_duration }
            }
            Kind::String => ExprKind::String(self.text()?),
            Kind::LeftParen => return self.parenthesis(),
            Kind::LeftBrace => ExprKind::Vector(self.vector_selector()?),
            kind if kind.names_metric() => return self.named(),
            _ => return Err(self.unexpected()),
        };
        let expr = self.node(start, kind);
        Ok(Tree { expr, height: 1 })
    }

    fn parenthesis(&mut self) -> Parsed<Tree> {
        let open = self.advance();
        let inner = self.nested(Self::expression)?;
        self.take(Kind::RightParen)
            .ok_or_else(|| self.unexpected())?;
        let height = self.above(inner.height)?;
        let expr = self.node(open.span.start, ExprKind::Paren(Box::new(inner.expr)));
        Ok(Tree { expr, height })
    }

    /// A number, or a duration as seconds, and which of both it is.
    #[expect(clippy::cast_precision_loss, reason = "a number of a query is a float")]
    pub(super) fn number(&mut self) -> Parsed<(f64, bool)> {
        let token = self.token;
        let fault = |message| Fault::new(token.span, message);
        let number = match token.kind {
            Kind::Number => (literal::number(self.word(token)).map_err(fault)?, false),
            Kind::Duration => {
                let millis = literal::millis(self.word(token)).map_err(fault)?;
                (millis as f64 / 1000.0, true)
            }
            _ => return Err(self.unexpected()),
        };
        self.advance();
        Ok(number)
    }

    /// A quoted text.
    pub(super) fn text(&mut self) -> Parsed<Text> {
        let token = self.token;
        if token.kind != Kind::String {
            return Err(self.unexpected());
        }
        let bytes = literal::unquote(self.word(token));
        self.advance();
        Ok(Text::new(bytes))
    }

    /// A quoted text that names or matches what is stored, which is UTF-8.
    pub(super) fn string(&mut self) -> Parsed<String> {
        let token = self.token;
        let text = self.text()?;
        if !text.is_utf8() {
            let message = format!("{text} is not valid UTF-8");
            return Err(Fault::new(token.span, message));
        }
        Ok(text.as_str().to_owned())
    }
}
