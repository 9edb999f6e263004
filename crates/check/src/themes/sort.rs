//! Sorting (RFC 7644 §3.4.2.3).

use serde_json::json;

use crate::announced::Feature;
use crate::check::{Check, Client, Requirement, Theme};
use crate::finding::{Finding, Verdict};
use crate::json::shown;
use crate::probe::Probe;

pub(super) const THEME: Theme = Theme {
    name: "sort",
    client: Client::Rfc,
    needs: &[Feature::Sort, Feature::Filter],
    checks: &[
        Check {
            name: "ascending",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.4.2.3",
            rule: "sortBy alone sorts ascending, without regard to letter case where the attribute has none.",
            fix: "Sort by the attribute's value, case-insensitively where caseExact is false.",
            run: |probe| Box::pin(sorted(probe, &[("sortBy", "displayName")], [1, 0, 2])),
        },
        Check {
            name: "descending",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.4.2.3",
            rule: "sortOrder=descending turns the order round.",
            fix: "Turn the order round for sortOrder=descending.",
            run: |probe| {
                Box::pin(sorted(probe, &[("sortBy", "displayName"), ("sortOrder", "descending")], [2, 0, 1]))
            },
        },
        Check {
            name: "sub-attribute",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.4.2.3",
            rule: "sortBy may name a sub-attribute.",
            fix: "Resolve names such as name.familyName in sortBy.",
            run: |probe| Box::pin(sorted(probe, &[("sortBy", "name.familyName")], [2, 1, 0])),
        },
    ],
};

/// Three users, and the order in which a list that is sorted has them.
async fn sorted(probe: &mut Probe, parameters: &[(&str, &str)], order: [usize; 3]) -> Verdict {
    probe.needs_attributes(&["displayName", "name"])?;
    let mut ids = Vec::new();
    for (display_name, family_name) in [("beta", "Zett"), ("Alpha", "Ypsilon"), ("Gamma", "Xaver")] {
        let more = json!({ "displayName": display_name, "name": { "familyName": family_name } });
        ids.push(probe.user_with(more).await?.id);
    }
    let filter = format!("userName sw {}", json!(probe.prefix()));
    let parameters: Vec<(&str, &str)> =
        [("filter", filter.as_str())].iter().chain(parameters).copied().collect();
    let answer = probe.ask("/Users", &parameters).await?;
    if answer.status == 400 && answer.at("/scimType") == "invalidFilter" {
        return Err(Finding::skip("the filter userName sw is declined"));
    }
    let found = answer.list()?.ids();
    let expected: Vec<String> = order.iter().filter_map(|index| ids.get(*index).cloned()).collect();
    answer.that(found == expected, shown(&json!(expected)), shown(&json!(found)))
}
