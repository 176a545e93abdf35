//! Operators between two vectors whose series find each other by labels.
//!
//! The *one* side has at most one series a match group at each step; the *many* side may have
//! more where the query says `group_left` or `group_right`.

use std::collections::HashMap;

use model::{Labels, METRIC_NAME};
use rapidhash::fast::RandomState;

use super::operate::{Complaint, Operator, truth};
use super::sets::kept;
use crate::QueryError;
use crate::ast::{Binary, Cardinality, Matching};
use crate::column::{Cell, Series, Steps};
use crate::eval::Context;
use crate::grouping::Groups;

/// The series of one match group: places on the many and on the one side.
#[derive(Default)]
struct Group {
    many: Vec<usize>,
    one: Vec<usize>,
}

struct Join<'j> {
    context: &'j Context<'j>,
    binary: &'j Binary,
    matching: &'j Matching,
    many: &'j [Series],
    one: &'j [Series],
    /// The many side stands on the right.
    swapped: bool,
    groups: Groups,
    members: Vec<Group>,
    results: Vec<Series>,
    /// The last match group and step that a result was matched in.
    stamps: Vec<Option<(usize, usize)>>,
    /// Result of labels.
    places: HashMap<Labels, usize, RandomState>,
    /// Result of a pair of places; `usize::MAX` for a filled side.
    pairs: HashMap<(usize, usize, usize), usize, RandomState>,
    /// The pair before, which most often is the same at the next step, and its result.
    last: Option<((usize, usize, usize), usize)>,
    steps: Steps,
    operator: Operator<'j>,
    /// Of each step the last pair in the order of the many side that gave cause for complaint, and
    /// the complaint: upstream tells of one a step. Empty where there is none.
    complaints: Vec<Option<(usize, Complaint)>>,
}

/// Stands for the place of a side that is filled.
const FILLED: usize = usize::MAX;

pub(super) fn eval(
    context: &Context<'_>,
    binary: &Binary,
    matching: &Matching,
    left: &[Series],
    right: &[Series],
    steps: &Steps,
) -> Result<Vec<Series>, QueryError> {
    let swapped = matching.cardinality == Cardinality::OneToMany;
    let (many, one) = if swapped {
        (right, left)
    } else {
        (left, right)
    };
    let mut groups = Groups::new(kept(matching));
    let mut members: Vec<Group> = Vec::new();
    let mut pace = context.budget.pace();
    let mut add = |side: &[Series], list: fn(&mut Group) -> &mut Vec<usize>| {
        for (place, series) in side.iter().enumerate() {
            pace.step()?;
            let group = groups.place(&series.labels);
            if group == members.len() {
                members.push(Group::default());
            }
            if let Some(group) = members.get_mut(group) {
                list(group).push(place);
            }
        }
        Ok::<_, QueryError>(())
    };
    add(many, |group| &mut group.many)?;
    add(one, |group| &mut group.one)?;
    let mut join = Join {
        context,
        binary,
        matching,
        many,
        one,
        swapped,
        groups,
        members,
        results: Vec::new(),
        stamps: Vec::new(),
        places: HashMap::default(),
        pairs: HashMap::default(),
        last: None,
        steps: *steps,
        operator: Operator::of(context, binary),
        complaints: Vec::new(),
    };
    join.run()?;
    for (_, complaint) in join.complaints.iter().flatten() {
        join.operator.tell(*complaint);
    }
    join.results.retain(|one| !one.is_vacant());
    Ok(join.results)
}

fn at(series: &[Series], place: usize, step: usize) -> Option<Cell> {
    series.get(place)?.get(step)
}

/// At which steps a side has any series.
fn occupied(series: &[Series], steps: &Steps) -> Vec<bool> {
    let mut occupied = vec![false; steps.count];
    for one in series {
        one.mark(&mut occupied);
    }
    occupied
}

impl Join<'_> {
    fn run(&mut self) -> Result<(), QueryError> {
        let (many_there, one_there) = (
            occupied(self.many, &self.steps),
            occupied(self.one, &self.steps),
        );
        // With group_right upstream fills the many side, which stands on the right, by `fill_left`.
        let (fill_many, fill_one) = (self.matching.fill_left, self.matching.fill_right);
        let members = std::mem::take(&mut self.members);
        let mut pace = self.context.budget.pace();
        for (group, member) in members.iter().enumerate() {
            self.context.budget.check()?;
            for (step, (many_there, one_there)) in many_there.iter().zip(&one_there).enumerate() {
                pace.step()?;
                let whole = *many_there && *one_there;
                let filled = fill_many.is_some() || fill_one.is_some();
                if whole || (filled && (*many_there || *one_there)) {
                    self.step(group, member, step, fill_many, fill_one)?;
                }
            }
        }
        Ok(())
    }

    fn step(
        &mut self,
        group: usize,
        member: &Group,
        step: usize,
        fill_many: Option<f64>,
        fill_one: Option<f64>,
    ) -> Result<(), QueryError> {
        let mut single = None;
        for place in &member.one {
            if let Some(value) = at(self.one, *place, step) {
                if let Some((earlier, _)) = single {
                    return Err(self.not_unique(group, *place, earlier));
                }
                single = Some((*place, value));
            }
        }
        let mut matched = false;
        for place in &member.many {
            let Some(many) = at(self.many, *place, step) else {
                continue;
            };
            let filled = || fill_one.map(|fill| (FILLED, Cell::Number(fill)));
            let Some(one) = single.clone().or_else(filled) else {
                continue;
            };
            self.pair(group, (*place, many), one, step, &mut matched)?;
        }
        if let (false, Some(fill), Some(single)) = (matched, fill_many, single) {
            let fill = Cell::Number(fill);
            self.pair(group, (FILLED, fill), single, step, &mut matched)?;
        }
        Ok(())
    }

    /// Operates on one pair. `matched` says whether the group had a pair before at this step: the
    /// results must differ, also where a comparison then leaves them out.
    fn pair(
        &mut self,
        group: usize,
        (many_place, many): (usize, Cell),
        (one_place, one): (usize, Cell),
        step: usize,
        matched: &mut bool,
    ) -> Result<(), QueryError> {
        let (left, right) = if self.swapped {
            (&one, &many)
        } else {
            (&many, &one)
        };
        let outcome = self.operator.apply(left, right);
        if let Some(complaint) = self.operator.take_complaint() {
            // Filled pairs come behind all others.
            let order = match many_place {
                FILLED => self.many.len() + one_place,
                place => place,
            };
            self.complain(step, order, complaint);
        }
        let Some((result, held)) = outcome else {
            return Ok(());
        };
        let one_to_one = self.matching.cardinality == Cardinality::OneToOne;
        if one_to_one && *matched {
            return Err(QueryError::execution(
                "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)",
            ));
        }
        let place = self.result(group, many_place, one_place)?;
        let stamp = Some((group, step));
        if self.stamps.len() <= place {
            self.stamps.resize(place + 1, None);
        }
        let before = self.stamps.get_mut(place);
        if before.is_some_and(|before| std::mem::replace(before, stamp) == stamp) {
            return Err(QueryError::execution(
                "multiple matches for labels: grouping labels must ensure unique matches",
            ));
        }
        *matched = true;
        let result = match self.binary.return_bool {
            true => Cell::Number(truth(held)),
            false if held => result,
            false => return Ok(()),
        };
        if let Some(series) = self.results.get_mut(place) {
            if series.has(step) {
                return Err(QueryError::same_labelset());
            }
            series.set(step, result);
        }
        Ok(())
    }

    #[cold]
    fn complain(&mut self, step: usize, order: usize, complaint: Complaint) {
        if self.complaints.is_empty() {
            self.complaints = vec![None; self.steps.count];
        }
        if let Some(last) = self.complaints.get_mut(step)
            && last.is_none_or(|(before, _)| before <= order)
        {
            *last = Some((order, complaint));
        }
    }

    /// The place of the result series of a pair.
    fn result(&mut self, group: usize, many: usize, one: usize) -> Result<usize, QueryError> {
        let key = if many == FILLED || one == FILLED {
            (group, many, one)
        } else {
            (0, many, one)
        };
        if let Some((_, place)) = self.last.filter(|(last, _)| *last == key) {
            return Ok(place);
        }
        if let Some(place) = self.pairs.get(&key) {
            self.last = Some((key, *place));
            return Ok(*place);
        }
        let (labels, drop_name) = self.result_labels(group, many, one);
        let place = *self
            .places
            .entry(labels.clone())
            .or_insert(self.results.len());
        if place == self.results.len() {
            let result = Series::absent(labels, drop_name, &self.steps);
            self.results.push(self.context.counted(result)?);
        }
        self.pairs.insert(key, place);
        self.last = Some((key, place));
        Ok(place)
    }

    fn result_labels(&self, group: usize, many: usize, one: usize) -> (Labels, bool) {
        let of = |series: &[Series], place: usize| match series.get(place) {
            Some(one) => (one.labels.clone(), one.drop_name),
            None => (self.groups.labels(group), false),
        };
        let ((labels, drop_name), (one_labels, _)) = (of(self.many, many), of(self.one, one));
        let comparison = self.binary.op.is_comparison() || self.binary.op.is_trim();
        let one_to_one = self.matching.cardinality == Cardinality::OneToOne;
        let keeps = |name: &str| {
            let listed = || self.matching.labels.iter().any(|label| label == name);
            let matched =
                || listed() == self.matching.on || (name == METRIC_NAME && !self.matching.on);
            (comparison || !self.context.is_metadata(name)) && (!one_to_one || matched())
        };
        let mut labels = labels.filtered(keeps);
        if !self.matching.include.is_empty() {
            let mut builder = labels.to_builder();
            for name in &self.matching.include {
                builder.set(name, one_labels.get(name).unwrap_or(""));
            }
            labels = builder.build();
        }
        if comparison && self.binary.return_bool {
            self.context.derived(labels)
        } else {
            (labels, comparison && drop_name)
        }
    }

    fn not_unique(&self, group: usize, place: usize, earlier: usize) -> QueryError {
        let labels = |place: usize| {
            self.one
                .get(place)
                .map(|one| one.labels.to_string())
                .unwrap_or_default()
        };
        QueryError::execution(format!(
            "found duplicate series for the match group {} on the {} hand-side of the operation: [{}, {}];many-to-many matching not allowed: matching labels must be unique on one side",
            self.groups.labels(group),
            if self.swapped { "left" } else { "right" },
            labels(place),
            labels(earlier),
        ))
    }
}
