//! Functions of one number.

/// From here on a hyperbolic area is the logarithm of twice the number, which could not be doubled.
const LARGE: f64 = (1 << 28) as f64;

/// A function of a number and up to two parameters.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Function {
    /// Needs the number alone.
    Plain(fn(f64) -> f64),
    Clamp,
    ClampMin,
    ClampMax,
    Round,
}

/// The function of a name.
pub(crate) fn find(name: &str) -> Option<Function> {
    let plain: fn(f64) -> f64 = match name {
        "abs" => f64::abs,
        "ceil" => f64::ceil,
        "floor" => f64::floor,
        "exp" => f64::exp,
        "sqrt" => f64::sqrt,
        "ln" => f64::ln,
        "log2" => f64::log2,
        "log10" => f64::log10,
        "sgn" => sign,
        "deg" => |value| value * 180.0 / std::f64::consts::PI,
        "rad" => |value| value * std::f64::consts::PI / 180.0,
        "sin" => f64::sin,
        "cos" => f64::cos,
        "tan" => f64::tan,
        "asin" => f64::asin,
        "acos" => f64::acos,
        "atan" => f64::atan,
        "sinh" => f64::sinh,
        "cosh" => f64::cosh,
        "tanh" => f64::tanh,
        "asinh" => |value| match value.abs() {
            size if size >= LARGE => (size.ln() + std::f64::consts::LN_2).copysign(value),
            _ => value.asinh(),
        },
        "acosh" => |value| match value {
            large if large >= LARGE => large.ln() + std::f64::consts::LN_2,
            _ => value.acosh(),
        },
        "atanh" => f64::atanh,
        "clamp" => return Some(Function::Clamp),
        "clamp_min" => return Some(Function::ClampMin),
        "clamp_max" => return Some(Function::ClampMax),
        "round" => return Some(Function::Round),
        _ => return None,
    };
    Some(Function::Plain(plain))
}

impl Function {
    /// The result; `None` where there is none (a clamp whose ends are the wrong way round).
    pub(crate) fn apply(self, value: f64, first: Option<f64>, second: Option<f64>) -> Option<f64> {
        let first_or = |default: f64| first.unwrap_or(default);
        Some(match self {
            Self::Plain(function) => function(value),
            Self::Clamp => {
                let (min, max) = (first_or(f64::NAN), second.unwrap_or(f64::NAN));
                if max < min {
                    return None;
                }
                larger(min, smaller(max, value))
            }
            Self::ClampMin => larger(first_or(f64::NAN), value),
            Self::ClampMax => smaller(first_or(f64::NAN), value),
            // The inverse of the unit is exact where the unit, as 0.1, is not.
            Self::Round => {
                let inverse = 1.0 / first_or(1.0);
                (value * inverse + 0.5).floor() / inverse
            }
        })
    }
}

fn sign(value: f64) -> f64 {
    if value < 0.0 {
        -1.0
    } else if value > 0.0 {
        1.0
    } else {
        value
    }
}

/// The larger; NaN where one of them is and the other is not infinity.
pub(crate) fn larger(a: f64, b: f64) -> f64 {
    if a == f64::INFINITY || b == f64::INFINITY {
        f64::INFINITY
    } else if a.is_nan() || b.is_nan() {
        f64::NAN
    } else {
        a.max(b)
    }
}

/// The smaller; NaN where one of them is and the other is not negative infinity.
pub(crate) fn smaller(a: f64, b: f64) -> f64 {
    if a == f64::NEG_INFINITY || b == f64::NEG_INFINITY {
        f64::NEG_INFINITY
    } else if a.is_nan() || b.is_nan() {
        f64::NAN
    } else {
        a.min(b)
    }
}
