//! The syntax tree of a query.
//!
//! Each node knows where it stands in the text (byte offsets), for errors and annotations. The
//! tree holds what was written; nothing in it is evaluated.

use model::Matcher;

pub use crate::text::Text;

/// Where a node stands in the query's text: bytes `start..end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset behind the last byte.
    pub end: usize,
}

/// The type of an expression's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// One number at each step.
    Scalar,
    /// One number a series at each step.
    Vector,
    /// A stretch of samples a series at each step.
    Matrix,
    /// A text.
    String,
}

impl ValueType {
    /// The name in error texts: `scalar`, `instant vector`, `range vector`, `string`.
    pub fn documented(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Vector => "instant vector",
            Self::Matrix => "range vector",
            Self::String => "string",
        }
    }

    /// The name in API answers: `scalar`, `vector`, `matrix`, `string`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Vector => "vector",
            Self::Matrix => "matrix",
            Self::String => "string",
        }
    }
}

/// A node with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

impl Expr {
    /// What stands inside all parentheses round it.
    pub fn bare(&self) -> &Self {
        match &self.kind {
            ExprKind::Paren(inner) => inner.bare(),
            _ => self,
        }
    }

    /// What the node is made of, in the order written.
    pub(crate) fn children(&self) -> Vec<&Self> {
        match &self.kind {
            ExprKind::Number { .. }
            | ExprKind::String(_)
            | ExprKind::Vector(_)
            | ExprKind::Matrix(_) => Vec::new(),
            ExprKind::Subquery(subquery) => vec![&subquery.expr],
            ExprKind::Aggregate(aggregate) => {
                aggregate.param.iter().chain([&aggregate.expr]).collect()
            }
            ExprKind::Call(call) => call.args.iter().collect(),
            ExprKind::Binary(binary) => vec![&binary.left, &binary.right],
            ExprKind::Unary { operand, .. } => vec![operand],
            ExprKind::Paren(inner) => vec![inner],
        }
    }

    /// Nodes from here to the deepest leaf.
    pub(crate) fn height(&self) -> usize {
        let below = self.children().into_iter().map(Self::height).max();
        below.unwrap_or(0) + 1
    }

    /// The type of its value.
    pub fn value_type(&self) -> ValueType {
        match &self.kind {
            ExprKind::Number { .. } => ValueType::Scalar,
            ExprKind::String(_) => ValueType::String,
            ExprKind::Vector(_) | ExprKind::Aggregate(_) => ValueType::Vector,
            ExprKind::Matrix(_) | ExprKind::Subquery(_) => ValueType::Matrix,
            ExprKind::Call(call) => call.function.returns,
            ExprKind::Unary { operand, .. } => operand.value_type(),
            ExprKind::Paren(inner) => inner.value_type(),
            ExprKind::Binary(binary) => {
                let scalars = [&binary.left, &binary.right];
                match scalars.iter().all(|e| e.value_type() == ValueType::Scalar) {
                    true => ValueType::Scalar,
                    false => ValueType::Vector,
                }
            }
        }
    }
}

/// The kinds of nodes.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `1.5`, `0x1f`, `Inf`; also a duration such as `5m` where a number may stand.
    Number {
        /// The value; seconds where a duration was written.
        value: f64,
        /// Whether it was written as a duration.
        as_duration: bool,
    },
    /// A quoted text.
    String(Text),
    /// `metric{label="value"}`
    Vector(VectorSelector),
    /// `metric{…}[5m]`
    Matrix(Box<MatrixSelector>),
    /// `expression[1h:5m]`
    Subquery(Box<Subquery>),
    /// `sum by (job) (expression)`
    Aggregate(Box<Aggregate>),
    /// `rate(expression)`
    Call(Call),
    /// `left + on (job) right`
    Binary(Box<Binary>),
    /// `-expression` or `+expression`
    Unary {
        /// Whether the sign is a minus.
        negative: bool,
        /// What it stands before.
        operand: Box<Expr>,
    },
    /// `(expression)`
    Paren(Box<Expr>),
}

/// `@` of a selector or subquery.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum At {
    /// A fixed moment in milliseconds since the epoch.
    Time(i64),
    /// `start()`: the query's first step.
    Start,
    /// `end()`: the query's last step.
    End,
}

/// A length of time that may be an arithmetic expression, such as `5m * 2` or `step()`.
#[derive(Clone, Debug, PartialEq)]
pub enum DurationExpr {
    /// A literal with units, or a lone number of seconds, in milliseconds.
    Millis(i64),
    /// A number inside an arithmetic expression: seconds where it is added to a duration, a bare
    /// factor where it multiplies one. Arithmetic is on seconds.
    Number(f64),
    /// `step()`: the query's step.
    Step,
    /// `range()`: the query's range.
    Range,
    /// `-d` or `+d`
    Unary {
        /// Whether the sign is a minus.
        negative: bool,
        /// What it stands before.
        operand: Box<DurationExpr>,
    },
    /// `a + b` and the other arithmetic operators; `min(a, b)`, `max(a, b)`.
    Binary {
        /// The operator.
        op: DurationOp,
        /// The left operand.
        left: Box<DurationExpr>,
        /// The right operand.
        right: Box<DurationExpr>,
    },
    /// `(d)`
    Paren(Box<DurationExpr>),
}

/// An operator on durations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DurationOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Mod,
    /// `^`
    Pow,
    /// `min(a, b)`
    Min,
    /// `max(a, b)`
    Max,
}

/// How the ends of a range are treated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RangeMode {
    /// As it has always been: samples inside the range.
    #[default]
    Plain,
    /// `anchored`: the value at the range's start is taken from the last sample before it.
    Anchored,
    /// `smoothed`: values at both ends are interpolated.
    Smoothed,
}

impl RangeMode {
    /// The word of the mode; empty for the plain one.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Anchored => "anchored",
            Self::Smoothed => "smoothed",
        }
    }
}

/// `metric{label="value"} offset 5m @ 1609746000`
#[derive(Clone, Debug, PartialEq)]
pub struct VectorSelector {
    /// The metric's name where it stands before the braces; in them it is a matcher like others.
    pub name: Option<String>,
    /// All matchers, the name's among them, in the order written (the name's last where it stands
    /// before the braces).
    pub matchers: Vec<Matcher>,
    /// `offset`; zero where absent.
    pub offset: DurationExpr,
    /// `@`.
    pub at: Option<At>,
    /// `anchored` or `smoothed`.
    pub mode: RangeMode,
}

/// `metric{…}[5m]`: the modifiers stand in the selector.
#[derive(Clone, Debug, PartialEq)]
pub struct MatrixSelector {
    /// Which series, with offset and `@`.
    pub selector: VectorSelector,
    /// Place of the selector without its range.
    pub selector_span: Span,
    /// How long before each step the samples may lie.
    pub range: DurationExpr,
}

/// `expression[1h:5m] offset 1h @ end()`
#[derive(Clone, Debug, PartialEq)]
pub struct Subquery {
    /// What is evaluated.
    pub expr: Expr,
    /// How long before each step.
    pub range: DurationExpr,
    /// How often; the evaluation's default where absent.
    pub step: Option<DurationExpr>,
    /// `offset`; zero where absent.
    pub offset: DurationExpr,
    /// `@`.
    pub at: Option<At>,
}

/// An aggregation operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the operator of the same name")]
pub enum AggregateOp {
    Sum,
    Min,
    Max,
    Avg,
    Group,
    Stddev,
    Stdvar,
    Count,
    CountValues,
    Bottomk,
    Topk,
    Quantile,
    Limitk,
    LimitRatio,
}

impl AggregateOp {
    /// All operators with their names.
    const NAMES: [(&'static str, Self); 14] = [
        ("sum", Self::Sum),
        ("min", Self::Min),
        ("max", Self::Max),
        ("avg", Self::Avg),
        ("group", Self::Group),
        ("stddev", Self::Stddev),
        ("stdvar", Self::Stdvar),
        ("count", Self::Count),
        ("count_values", Self::CountValues),
        ("bottomk", Self::Bottomk),
        ("topk", Self::Topk),
        ("quantile", Self::Quantile),
        ("limitk", Self::Limitk),
        ("limit_ratio", Self::LimitRatio),
    ];

    /// All operators.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::NAMES.iter().map(|(_, op)| *op)
    }

    /// The operator of a name in lower case.
    pub fn from_name(name: &str) -> Option<Self> {
        let found = Self::NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, op)| *op)
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        let found = Self::NAMES.iter().find(|(_, op)| *op == self);
        found.map_or("", |(name, _)| *name)
    }

    /// Whether a parameter stands before what is aggregated.
    pub fn takes_param(self) -> bool {
        matches!(
            self,
            Self::CountValues
                | Self::Bottomk
                | Self::Topk
                | Self::Quantile
                | Self::Limitk
                | Self::LimitRatio
        )
    }

    /// Whether it needs the feature `promql-experimental-functions`.
    pub fn is_experimental(self) -> bool {
        matches!(self, Self::Limitk | Self::LimitRatio)
    }
}

/// How an aggregation groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grouping {
    /// `without` rather than `by`.
    pub without: bool,
    /// The labels named.
    pub labels: Vec<String>,
}

/// `sum by (job) (expression)`
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// The operator.
    pub op: AggregateOp,
    /// What is aggregated.
    pub expr: Expr,
    /// The parameter of topk, quantile, count_values and their like.
    pub param: Option<Expr>,
    /// How it groups.
    pub grouping: Grouping,
}

/// `name(arguments)`
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The function.
    pub function: &'static crate::functions::Function,
    /// The arguments, in order; their number and types fit the function.
    pub args: Vec<Expr>,
}

/// A binary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the operator of the same name")]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    Atan2,
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
    And,
    Or,
    Unless,
    /// `</`: trims a histogram's upper buckets.
    TrimUpper,
    /// `>/`: trims a histogram's lower buckets.
    TrimLower,
}

impl BinaryOp {
    /// The operator as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Mod => "%",
            Self::Pow => "^",
            Self::Atan2 => "atan2",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Greater => ">",
            Self::Less => "<",
            Self::GreaterOrEqual => ">=",
            Self::LessOrEqual => "<=",
            Self::And => "and",
            Self::Or => "or",
            Self::Unless => "unless",
            Self::TrimUpper => "</",
            Self::TrimLower => ">/",
        }
    }

    /// Whether it cuts a part off histograms.
    pub fn is_trim(self) -> bool {
        matches!(self, Self::TrimLower | Self::TrimUpper)
    }

    /// Whether it compares.
    pub fn is_comparison(self) -> bool {
        matches!(
            self,
            Self::Equal
                | Self::NotEqual
                | Self::Greater
                | Self::Less
                | Self::GreaterOrEqual
                | Self::LessOrEqual
        )
    }

    /// Whether it works on sets of series.
    pub fn is_set(self) -> bool {
        matches!(self, Self::And | Self::Or | Self::Unless)
    }
}

/// How many series of each side may match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cardinality {
    /// One each.
    OneToOne,
    /// `group_left`: many on the left.
    ManyToOne,
    /// `group_right`: many on the right.
    OneToMany,
    /// Set operators.
    ManyToMany,
}

/// How the two sides of a binary operator find each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Matching {
    /// How many of each side.
    pub cardinality: Cardinality,
    /// Labels of `on` or `ignoring`.
    pub labels: Vec<String>,
    /// `on` rather than `ignoring`.
    pub on: bool,
    /// Labels of `group_left` or `group_right`.
    pub include: Vec<String>,
    /// `fill` or `fill_left`: the value of a missing left side.
    pub fill_left: Option<f64>,
    /// `fill` or `fill_right`: the value of a missing right side.
    pub fill_right: Option<f64>,
}

/// `left op right`
#[derive(Clone, Debug, PartialEq)]
pub struct Binary {
    /// The operator.
    pub op: BinaryOp,
    /// The left side.
    pub left: Expr,
    /// The right side.
    pub right: Expr,
    /// `bool`: a comparison answers 0 or 1 and drops nothing.
    pub return_bool: bool,
    /// Between two vectors: how they match.
    pub matching: Option<Matching>,
}

impl Binary {
    /// A node from what was written: modifiers of matching are kept where both sides are vectors
    /// or where they are a fault that the check of types will name.
    pub(crate) fn new(
        op: BinaryOp,
        left: Expr,
        right: Expr,
        return_bool: bool,
        mut matching: Matching,
    ) -> Self {
        if op.is_set() && matching.cardinality == Cardinality::OneToOne {
            matching.cardinality = Cardinality::ManyToMany;
        }
        let vectors = [&left, &right]
            .iter()
            .all(|side| side.value_type() == ValueType::Vector);
        let written = !matching.labels.is_empty()
            || matching.fill_left.is_some()
            || matching.fill_right.is_some();
        Self {
            op,
            left,
            right,
            return_bool,
            matching: (vectors || written).then_some(matching),
        }
    }
}
