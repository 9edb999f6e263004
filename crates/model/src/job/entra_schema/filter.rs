//! Scoping filters.
//!
//! A filter narrows who is provisioned, so one that cannot be carried over must not just go missing: it then has a
//! clause that nobody passes, which says what it stands for.

use mapping::{Clause, Operator, Scope, ScopingFilter};

use super::{Warnings, document};

/// The attribute that no object has, of a clause that stands for one that was not carried over.
const NOT_CARRIED_OVER: &str = "not_carried_over";

/// The filters of one type of objects.
pub(super) fn import(scope: &document::Filter, place: &str, warnings: &mut Warnings) -> Vec<ScopingFilter> {
    let mut filters = Vec::new();
    for (i, group) in scope.groups.iter().enumerate() {
        let place = format!("{place}.groups[{i}] ({})", group.name);
        if group.clauses.is_empty() {
            warnings.add(place, "a filter without clauses lets everybody pass, so no filter is carried over");
            filters.clear();
            break;
        }
        let clauses = group.clauses.iter().enumerate();
        let clauses =
            clauses.filter_map(|(j, c)| clause(c, &format!("{place}.clauses[{j}]"), warnings)).collect();
        filters.push(ScopingFilter { title: group.name.clone(), clauses });
    }
    let others = [
        ("inputFilterGroups", &scope.input_filter_groups),
        ("categoryFilterGroups", &scope.category_filter_groups),
    ];
    for (name, groups) in others {
        if !groups.is_empty() {
            warnings.add(
                format!("{place}.{name}"),
                format!("these filters are not carried over; {NOBODY_PASSES}"),
            );
            close(&mut filters, name);
        }
    }
    filters
}

const NOBODY_PASSES: &str = "nobody passes until you have put something in the place of \"not_carried_over\"";

/// Lets nobody pass any of the filters.
fn close(filters: &mut Vec<ScopingFilter>, what: &str) {
    if filters.is_empty() {
        filters.push(ScopingFilter { title: what.to_owned(), clauses: Vec::new() });
    }
    for filter in filters {
        filter.clauses.extend(nobody(what));
    }
}

/// An attribute that is absent equals nothing.
fn nobody(what: &str) -> Option<Clause> {
    Clause::new(NOT_CARRIED_OVER, Operator::Equals, Some(what)).ok()
}

fn clause(clause: &document::Clause, place: &str, warnings: &mut Warnings) -> Option<Clause> {
    let values = &clause.target_operand.values;
    let read = |operator: Operator| match (operator.is_unary(), values.as_slice()) {
        (true, _) => Clause::new(&clause.source_operand_name, operator, None).map_err(|e| e.to_string()),
        (false, [value]) => {
            Clause::new(&clause.source_operand_name, operator, Some(value)).map_err(|e| e.to_string())
        }
        (false, values) => Err(format!("{operator} takes one value, not {}", values.len())),
    };
    let operator = clause.operator_name.parse::<Operator>().map_err(|e| e.to_string());
    match operator.and_then(read) {
        Ok(clause) => Some(clause),
        Err(why) => {
            warnings.add(place, format!("the clause is not carried over: {why}; {NOBODY_PASSES}"));
            let document::Clause { source_operand_name, operator_name, .. } = clause;
            nobody(&format!("{source_operand_name} {operator_name} {}", values.join(" or ")))
        }
    }
}

/// The filters of a schema. An operator that Graph does not name does not exist.
pub(super) fn export(scope: &Scope) -> document::Filter {
    let clause = |clause: &Clause| document::Clause {
        operator_name: clause.operator().graph_name().to_owned(),
        source_operand_name: clause.attribute().to_owned(),
        target_operand: document::Operand {
            values: Some(clause.value().to_owned())
                .filter(|_| !clause.operator().is_unary())
                .into_iter()
                .collect(),
        },
        ..document::Clause::default()
    };
    let group = |filter: &ScopingFilter| document::Group {
        name: filter.title.clone(),
        clauses: filter.clauses.iter().map(clause).collect(),
        ..document::Group::default()
    };
    document::Filter { groups: scope.filters.iter().map(group).collect(), ..document::Filter::default() }
}
