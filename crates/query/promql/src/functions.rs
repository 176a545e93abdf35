//! The table of functions: name, argument types, result type.

use crate::ast::ValueType::{self, Matrix, Scalar, String, Vector};

/// What a function takes and gives.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// Types of its arguments. With [`Variadic::UpTo`] or [`Variadic::Any`], the last may be
    /// left out or repeated.
    pub args: &'static [ValueType],
    /// How the number of arguments may vary.
    pub variadic: Variadic,
    /// Type of its result.
    pub returns: ValueType,
    /// Whether it needs the feature `promql-experimental-functions`.
    pub experimental: bool,
}

/// How the number of a function's arguments may vary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variadic {
    /// Exactly the listed ones.
    No,
    /// The last listed argument may be absent, or given this many times at most.
    UpTo(usize),
    /// The last listed argument may be absent or repeated at will.
    Any,
}

impl Function {
    /// Fewest arguments a call may have.
    pub fn min_args(&self) -> usize {
        match self.variadic {
            Variadic::No => self.args.len(),
            Variadic::UpTo(_) | Variadic::Any => self.args.len().saturating_sub(1),
        }
    }

    /// Most arguments a call may have; `None` where there is no limit.
    pub fn max_args(&self) -> Option<usize> {
        match self.variadic {
            Variadic::No => Some(self.args.len()),
            Variadic::UpTo(times) => Some(self.min_args() + times),
            Variadic::Any => None,
        }
    }

    /// Type of the argument at this place.
    pub fn arg(&self, place: usize) -> Option<ValueType> {
        self.args.get(place).or(self.args.last()).copied()
    }
}

/// The function of a name.
pub fn find(name: &str) -> Option<&'static Function> {
    let place = FUNCTIONS.binary_search_by(|f| f.name.cmp(name)).ok()?;
    FUNCTIONS.get(place)
}

const fn stable(name: &'static str, args: &'static [ValueType], returns: ValueType) -> Function {
    Function {
        name,
        args,
        variadic: Variadic::No,
        returns,
        experimental: false,
    }
}

const fn experimental(
    name: &'static str,
    args: &'static [ValueType],
    returns: ValueType,
) -> Function {
    let mut function = stable(name, args, returns);
    function.experimental = true;
    function
}

const fn varying(mut function: Function, variadic: Variadic) -> Function {
    function.variadic = variadic;
    function
}

/// Every series on its own: vector to vector.
const fn each(name: &'static str) -> Function {
    stable(name, &[Vector], Vector)
}

/// A stretch of samples folded into one value: matrix to vector.
const fn over_time(name: &'static str) -> Function {
    stable(name, &[Matrix], Vector)
}

/// A part of a date, of the evaluation's time where no argument is given.
const fn date(name: &'static str) -> Function {
    varying(each(name), Variadic::UpTo(1))
}

/// All functions, sorted by name.
pub static FUNCTIONS: &[Function] = &[
    each("abs"),
    each("absent"),
    over_time("absent_over_time"),
    each("acos"),
    each("acosh"),
    each("asin"),
    each("asinh"),
    each("atan"),
    each("atanh"),
    over_time("avg_over_time"),
    each("ceil"),
    over_time("changes"),
    stable("clamp", &[Vector, Scalar, Scalar], Vector),
    stable("clamp_max", &[Vector, Scalar], Vector),
    stable("clamp_min", &[Vector, Scalar], Vector),
    each("cos"),
    each("cosh"),
    over_time("count_over_time"),
    date("day_of_month"),
    date("day_of_week"),
    date("day_of_year"),
    date("days_in_month"),
    each("deg"),
    over_time("delta"),
    over_time("deriv"),
    experimental(
        "double_exponential_smoothing",
        &[Matrix, Scalar, Scalar],
        Vector,
    ),
    experimental("end", &[], Scalar),
    each("exp"),
    stable("first_over_time", &[Matrix], Vector),
    each("floor"),
    each("histogram_avg"),
    each("histogram_count"),
    stable("histogram_fraction", &[Scalar, Scalar, Vector], Vector),
    stable("histogram_quantile", &[Scalar, Vector], Vector),
    varying(
        experimental(
            "histogram_quantiles",
            &[Vector, String, Scalar, Scalar],
            Vector,
        ),
        Variadic::UpTo(9),
    ),
    each("histogram_stddev"),
    each("histogram_stdvar"),
    each("histogram_sum"),
    date("hour"),
    over_time("idelta"),
    over_time("increase"),
    varying(
        experimental("info", &[Vector, Vector], Vector),
        Variadic::UpTo(1),
    ),
    over_time("irate"),
    varying(
        stable("label_join", &[Vector, String, String, String], Vector),
        Variadic::Any,
    ),
    stable(
        "label_replace",
        &[Vector, String, String, String, String],
        Vector,
    ),
    over_time("last_over_time"),
    each("ln"),
    each("log10"),
    each("log2"),
    experimental("mad_over_time", &[Matrix], Vector),
    experimental("max_of", &[Scalar, Scalar], Scalar),
    over_time("max_over_time"),
    experimental("min_of", &[Scalar, Scalar], Scalar),
    over_time("min_over_time"),
    date("minute"),
    date("month"),
    stable("pi", &[], Scalar),
    stable("predict_linear", &[Matrix, Scalar], Vector),
    over_time("present_over_time"),
    stable("quantile_over_time", &[Scalar, Matrix], Vector),
    each("rad"),
    experimental("range", &[], Scalar),
    over_time("rate"),
    over_time("resets"),
    varying(
        stable("round", &[Vector, Scalar], Vector),
        Variadic::UpTo(1),
    ),
    stable("scalar", &[Vector], Scalar),
    each("sgn"),
    each("sin"),
    each("sinh"),
    each("sort"),
    varying(
        experimental("sort_by_label", &[Vector, String], Vector),
        Variadic::Any,
    ),
    varying(
        experimental("sort_by_label_desc", &[Vector, String], Vector),
        Variadic::Any,
    ),
    each("sort_desc"),
    each("sqrt"),
    experimental("start", &[], Scalar),
    experimental("start_timestamp", &[Vector], Vector),
    over_time("stddev_over_time"),
    over_time("stdvar_over_time"),
    experimental("step", &[], Scalar),
    over_time("sum_over_time"),
    each("tan"),
    each("tanh"),
    stable("time", &[], Scalar),
    each("timestamp"),
    experimental("ts_of_first_over_time", &[Matrix], Vector),
    experimental("ts_of_last_over_time", &[Matrix], Vector),
    experimental("ts_of_max_over_time", &[Matrix], Vector),
    experimental("ts_of_min_over_time", &[Matrix], Vector),
    stable("vector", &[Scalar], Vector),
    date("year"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorted_and_complete() {
        assert!(FUNCTIONS.is_sorted_by(|a, b| a.name < b.name));
        assert_eq!(FUNCTIONS.len(), 90);
        assert_eq!(FUNCTIONS.iter().filter(|f| f.experimental).count(), 17);
    }

    #[test]
    fn numbers_of_arguments() {
        for (name, least, most) in [
            ("rate", 1, Some(1)),
            ("time", 0, Some(0)),
            ("hour", 0, Some(1)),
            ("round", 1, Some(2)),
            ("label_join", 3, None),
            ("histogram_quantiles", 3, Some(12)),
        ] {
            let function = find(name).expect(name);
            assert_eq!(
                (function.min_args(), function.max_args()),
                (least, most),
                "{name}"
            );
        }
        assert_eq!(find("no_such_function"), None);
    }
}
