//! Ways to be wrong about pages, order, versions and bulk requests.

use serde_json::{Value, json};

use crate::server::Asked;
use crate::wrong::{Wrong, refuse};

fn without(asked: &mut Asked, parameter: &str) {
    asked.parameters.retain(|(name, _)| name != parameter);
}

/// The operations of a bulk request.
fn bulk(asked: &mut Asked) -> Option<&mut Vec<Value>> {
    if asked.path != "/Bulk" {
        return None;
    }
    asked.body.get_mut("Operations").and_then(Value::as_array_mut)
}

pub const WRONG: &[Wrong] = &[
    Wrong {
        behaviour: "count is ignored",
        act: |mut asked, right| {
            without(&mut asked, "count");
            right(asked)
        },
        caught_by: &["paging.count", "paging.start-index", "paging.count-zero", "paging.negative-count"],
    },
    Wrong {
        behaviour: "startIndex is ignored",
        act: |mut asked, right| {
            without(&mut asked, "startIndex");
            right(asked)
        },
        caught_by: &["paging.start-index", "paging.items-per-page", "paging.beyond-the-end"],
    },
    Wrong {
        behaviour: "a startIndex below 1 is refused",
        act: |asked, right| {
            let start = asked.parameter("startIndex").and_then(|text| text.parse::<i64>().ok());
            if start.is_some_and(|start| start < 1) { refuse(400, None) } else { right(asked) }
        },
        caught_by: &["paging.start-below-one"],
    },
    Wrong {
        behaviour: "cursors lead round in a circle",
        act: |asked, right| {
            let has_cursor = asked.parameter("cursor").is_some();
            let mut reply = right(asked);
            if has_cursor {
                reply.body["nextCursor"] = json!("after-1");
            }
            reply
        },
        caught_by: &["paging.cursor"],
    },
    Wrong {
        behaviour: "lists are not sorted",
        act: |mut asked, right| {
            without(&mut asked, "sortBy");
            right(asked)
        },
        caught_by: &["sort.ascending", "sort.descending", "sort.sub-attribute"],
    },
    Wrong {
        behaviour: "there is no ETag",
        act: |asked, right| {
            let mut reply = right(asked);
            reply.headers.retain(|(name, _)| name != "etag");
            reply
        },
        caught_by: &["etag.version", "etag.changes", "etag.none-match", "etag.match"],
    },
    Wrong {
        behaviour: "the version is always the same",
        act: |asked, right| {
            let mut reply = right(asked);
            reply.set("etag", "W/\"1\"");
            reply
        },
        caught_by: &["etag.changes"],
    },
    Wrong {
        behaviour: "preconditions are ignored",
        act: |mut asked, right| {
            asked.headers.remove("if-match");
            asked.headers.remove("if-none-match");
            right(asked)
        },
        caught_by: &[
            "etag.none-match",
            "etag.match-stale-put",
            "etag.match-stale-patch",
            "etag.match-stale-delete",
        ],
    },
    Wrong {
        behaviour: "preconditions are never met",
        act: |asked, right| {
            if asked.header("if-match").is_some() {
                return refuse(412, None);
            }
            if asked.header("if-none-match").is_some() { refuse(304, None) } else { right(asked) }
        },
        caught_by: &["etag.match", "etag.none-match-stale"],
    },
    Wrong {
        behaviour: "the status of an operation is an object, as in an early draft",
        act: |asked, right| {
            let mut reply = right(asked);
            let all = reply.body.get_mut("Operations").and_then(Value::as_array_mut);
            for operation in all.into_iter().flatten() {
                operation["status"] = json!({ "code": operation["status"] });
            }
            reply
        },
        caught_by: &["bulk.create", "bulk.change-and-delete", "bulk.reference"],
    },
    Wrong {
        behaviour: "deletions in a bulk request are left out",
        act: |mut asked, right| {
            bulk(&mut asked).into_iter().for_each(|all| all.retain(|one| one["method"] != "DELETE"));
            right(asked)
        },
        caught_by: &["bulk.change-and-delete"],
    },
    Wrong {
        behaviour: "bulkId is not replaced by the id",
        act: |mut asked, right| {
            for operation in bulk(&mut asked).into_iter().flatten() {
                let text = operation.to_string().replace("bulkId:ann", "nobody");
                *operation = serde_json::from_str(&text).unwrap();
            }
            right(asked)
        },
        caught_by: &["bulk.reference", "bulk.reference-before"],
    },
    Wrong {
        behaviour: "failOnErrors is ignored",
        act: |mut asked, right| {
            asked.body.as_object_mut().into_iter().for_each(|body| drop(body.remove("failOnErrors")));
            right(asked)
        },
        caught_by: &["bulk.fail-on-errors"],
    },
    Wrong {
        behaviour: "the first error ends a bulk request",
        act: |mut asked, right| {
            if asked.path == "/Bulk" {
                asked.body["failOnErrors"] = json!(1);
            }
            right(asked)
        },
        caught_by: &["bulk.others-go-on"],
    },
    Wrong {
        behaviour: "operations beyond the limit are left out",
        act: |mut asked, right| {
            bulk(&mut asked).into_iter().for_each(|all| all.truncate(5));
            right(asked)
        },
        caught_by: &["bulk.too-many"],
    },
];
