use model::{Family, FamilyKind, Labels, Point, PointValue};

use super::*;

#[test]
fn numbers_and_names_are_written_as_upstream_writes_them() {
    let mut family = Family::new("h", "a \"b\" \\ \n", FamilyKind::Histogram);
    family.points.push(Point {
        labels: Labels::from_pairs([("l", "\"\\\n")]),
        value: PointValue::Histogram {
            buckets: vec![(0.5, 1), (1.0, 2_000_000)],
            sum: 1.5,
            count: 2_000_000,
        },
    });
    let families = [
        family,
        Family::counter("c_total", "", f64::INFINITY),
        Family::counter("b", "", f64::NAN),
        Family::gauge("a.b", "", 1.0),
        Family::new("empty", "", FamilyKind::Gauge),
    ];
    let mut out = String::new();
    write::text(&families, &mut out);
    assert_eq!(
        out,
        r#"# HELP "a.b" 
# TYPE "a.b" gauge
{"a.b"} 1
# HELP b 
# TYPE b counter
b NaN
# HELP c_total 
# TYPE c_total counter
c_total +Inf
# HELP h a "b" \\ \n
# TYPE h histogram
h_bucket{l="\"\\\n",le="0.5"} 1
h_bucket{l="\"\\\n",le="1"} 2e+06
h_bucket{l="\"\\\n",le="+Inf"} 2e+06
h_sum{l="\"\\\n"} 1.5
h_count{l="\"\\\n"} 2e+06
"#
    );
    out.clear();
    write::open_metrics(&families, &mut out);
    assert_eq!(
        out,
        r#"# HELP "a.b" 
# TYPE "a.b" gauge
{"a.b"} 1
# HELP b 
# TYPE b unknown
b NaN
# HELP c 
# TYPE c counter
c_total +Inf
# HELP h a \"b\" \\ \n
# TYPE h histogram
h_bucket{l="\"\\\n",le="0.5"} 1
h_bucket{l="\"\\\n",le="1.0"} 2e+06
h_bucket{l="\"\\\n",le="+Inf"} 2e+06
h_sum{l="\"\\\n"} 1.5
h_count{l="\"\\\n"} 2e+06
# EOF
"#
    );
}
