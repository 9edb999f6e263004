//! Pages by index (RFC 7644 §3.4.2.4) and by cursor (RFC 9865), over three users of one run.

use serde_json::json;

use crate::announced::Feature;
use crate::answer::Answer;
use crate::check::{Check, Client, Requirement, Theme};
use crate::finding::{Finding, Verdict};
use crate::json::{at, elements, shown};
use crate::limits::MAX_PAGES;
use crate::probe::Probe;

pub(super) const THEME: Theme = Theme {
    name: "paging",
    client: Client::Rfc,
    needs: &[Feature::Filter],
    checks: &[
        Check {
            name: "count",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.4.2.4",
            rule: "A page has no more resources than count, and totalResults counts all.",
            fix: "Bound Resources by count, and let totalResults be the number of all matches.",
            run: |probe| Box::pin(count(probe)),
        },
        Check {
            name: "start-index",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.4.2.4",
            rule: "The pages of a list together have each resource once.",
            fix: "Order lists by something that does not change, and start at startIndex, which begins with \
                1.",
            run: |probe| Box::pin(start_index(probe)),
        },
        Check {
            name: "items-per-page",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.4.2",
            rule: "itemsPerPage is the number of resources of the page, and startIndex that of the first.",
            fix: "Answer itemsPerPage and startIndex as numbers.",
            run: |probe| Box::pin(items_per_page(probe)),
        },
        Check {
            name: "count-zero",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.4.2.4",
            rule: "With count=0 there are no resources, but totalResults.",
            fix: "Count without listing for count=0.",
            run: |probe| Box::pin(no_resources(probe, "0")),
        },
        Check {
            name: "negative-count",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.4.2.4",
            rule: "A negative count is 0.",
            fix: "Take a count below 0 for 0.",
            run: |probe| Box::pin(no_resources(probe, "-1")),
        },
        Check {
            name: "start-below-one",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.4.2.4",
            rule: "A startIndex below 1 is 1.",
            fix: "Take a startIndex below 1 for 1.",
            run: |probe| Box::pin(start_below_one(probe)),
        },
        Check {
            name: "beyond-the-end",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.4.2",
            rule: "A page beyond the end is an empty list with the same totalResults.",
            fix: "Answer 200 and no resources.",
            run: |probe| Box::pin(beyond_the_end(probe)),
        },
        Check {
            name: "cursor",
            requirement: Requirement::Must,
            source: "RFC 9865 §2.1",
            rule: "Following nextCursor leads through each resource once, to a page without one.",
            fix: "Answer nextCursor until the last page, and start at cursor.",
            run: |probe| Box::pin(cursor(probe)),
        },
        Check {
            name: "invalid-cursor",
            requirement: Requirement::Must,
            source: "RFC 9865 §2.1",
            rule: "A cursor that was not given is refused with 400 and scimType invalidCursor.",
            fix: "Answer 400 with scimType invalidCursor.",
            run: |probe| Box::pin(invalid_cursor(probe)),
        },
    ],
};

/// Three users; answers their ids and a filter that finds just them.
async fn three(probe: &mut Probe) -> Result<([String; 3], String), Finding> {
    let ids = [probe.user().await?.id, probe.user().await?.id, probe.user().await?.id];
    Ok((ids, format!("userName sw {}", json!(probe.prefix()))))
}

async fn page(probe: &mut Probe, filter: &str, more: &[(&str, &str)]) -> Result<Answer, Finding> {
    let parameters: Vec<(&str, &str)> = [("filter", filter)].iter().chain(more).copied().collect();
    let answer = probe.ask("/Users", &parameters).await?;
    if answer.status == 400 && answer.at("/scimType") == "invalidFilter" {
        return Err(Finding::skip("the filter userName sw is declined"));
    }
    Ok(answer)
}

async fn count(probe: &mut Probe) -> Verdict {
    let (_, filter) = three(probe).await?;
    let answer = page(probe, &filter, &[("count", "2")]).await?;
    let list = answer.list()?;
    answer.that(list.resources.len() == 2, "2 resources", list.resources.len().to_string())?;
    answer.that(list.total == 3, "totalResults = 3", list.total.to_string())
}

async fn start_index(probe: &mut Probe) -> Verdict {
    let (ids, filter) = three(probe).await?;
    let mut found = Vec::new();
    for start in ["1", "2", "3"] {
        let answer = page(probe, &filter, &[("startIndex", start), ("count", "1")]).await?;
        let list = answer.list()?;
        answer.that(list.resources.len() == 1, "one resource", list.resources.len().to_string())?;
        for id in list.ids() {
            answer.that(!found.contains(&id), "a resource that was not on an earlier page", &id)?;
            answer.that(ids.contains(&id), "one of the three users", &id)?;
            found.push(id);
        }
    }
    Ok(())
}

async fn items_per_page(probe: &mut Probe) -> Verdict {
    let (_, filter) = three(probe).await?;
    let answer = page(probe, &filter, &[("startIndex", "3"), ("count", "2")]).await?;
    let there = answer.list()?.resources.len();
    answer.has_at("/itemsPerPage", &json!(there))?.has_at("/startIndex", &json!(3)).map(drop)
}

async fn no_resources(probe: &mut Probe, count: &str) -> Verdict {
    let (_, filter) = three(probe).await?;
    let answer = page(probe, &filter, &[("count", count)]).await?;
    let list = answer.list()?;
    answer.that(list.resources.is_empty(), "no resources", list.resources.len().to_string())?;
    answer.that(list.total == 3, "totalResults = 3", list.total.to_string())
}

async fn start_below_one(probe: &mut Probe) -> Verdict {
    let (_, filter) = three(probe).await?;
    let first = page(probe, &filter, &[("startIndex", "1"), ("count", "1")]).await?.list()?.ids();
    for start in ["0", "-5"] {
        let answer = page(probe, &filter, &[("startIndex", start), ("count", "1")]).await?;
        let found = answer.list()?.ids();
        answer.that(found == first, "the same as with startIndex=1", shown(&json!(found)))?;
    }
    Ok(())
}

async fn beyond_the_end(probe: &mut Probe) -> Verdict {
    let (_, filter) = three(probe).await?;
    let answer = page(probe, &filter, &[("startIndex", "1000"), ("count", "1")]).await?;
    let list = answer.list()?;
    answer.that(list.resources.is_empty(), "no resources", list.resources.len().to_string())?;
    answer.that(list.total == 3, "totalResults = 3", list.total.to_string())
}

async fn cursor(probe: &mut Probe) -> Verdict {
    probe.needs(Feature::Cursor)?;
    let (mut ids, filter) = three(probe).await?;
    let (mut found, mut cursor) = (Vec::new(), String::new());
    for _ in 0..MAX_PAGES {
        let answer = page(probe, &filter, &[("cursor", &cursor), ("count", "1")]).await?;
        answer.is(200)?;
        let resources = elements(answer.at("/Resources")).iter();
        found.extend(resources.filter_map(|r| at(r, "id").as_str()).map(str::to_owned));
        let Some(next) = answer.at("/nextCursor").as_str() else {
            found.sort_unstable();
            ids.sort_unstable();
            return answer.that(found == ids, "each of the three users once", shown(&json!(found)));
        };
        cursor = next.to_owned();
    }
    let answer = page(probe, &filter, &[("cursor", &cursor), ("count", "1")]).await?;
    Err(answer
        .wrong("a last page, without nextCursor", format!("more than {MAX_PAGES} pages of three users")))
}

async fn invalid_cursor(probe: &mut Probe) -> Verdict {
    probe.needs(Feature::Cursor)?;
    let answer = probe.ask("/Users", &[("cursor", "no-such-cursor"), ("count", "1")]).await?;
    answer.error_of_type(400, "invalidCursor")
}
