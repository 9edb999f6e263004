//! The contract of a source, with Graph at its best and at its worst.

use async_trait::async_trait;
use connector::contract::{self, Subject};
use connector::{Needs, Source};
use serde_json::json;
use testkit::graph::{Behaviour, Fault, Graph};

use crate::company::{assigned, company, group, id, needs, source};

struct Tenant {
    graph: Graph,
    needs: Needs,
}

#[async_trait]
impl Subject for Tenant {
    async fn source(&self) -> Box<dyn Source> {
        Box::new(source(&self.graph, &self.needs))
    }

    async fn change_one(&self) -> String {
        self.graph.edit_user(&id("a"), &json!({ "city": "Omaha" }));
        id("a")
    }

    async fn remove_one(&self) -> String {
        self.graph.purge(&id("b"));
        id("b")
    }

    async fn break_it(&self) -> String {
        self.graph.fail_always("users", Fault::Page);
        "GET /users".to_owned()
    }
}

async fn check(needs: Needs, behave: impl FnOnce(&mut Behaviour)) {
    let graph = company(&["a", "b", "c", "d"]).await;
    graph.put_group(&group("91", &["a", "b"]));
    graph.put_group(&group("92", &["c", "91"]));
    graph.assign(&id("91"));
    graph.assign(&id("d"));
    graph.set_manager(&id("b"), Some(&id("a")));
    graph.behave(behave);
    contract::check(&Tenant { graph, needs }).await.unwrap();
}

#[tokio::test]
async fn the_contract_is_kept_for_every_need() {
    check(needs(), |_| ()).await;
    check(assigned(), |_| ()).await;
    check(Needs { groups: true, ..assigned() }, |_| ()).await;
    check(Needs { groups: true, nested_groups: true, ..assigned() }, |_| ()).await;
    let names = ["city", "manager", "telephoneNumber", "appRoleAssignments", "extensionAttribute1"];
    check(Needs { user_attributes: names.map(str::to_owned).into(), ..needs() }, |_| ()).await;
}

#[tokio::test]
async fn the_contract_is_kept_when_graph_repeats_splits_and_reorders() {
    let all = Needs { groups: true, ..assigned() };
    check(all.clone(), |behaviour| behaviour.page_size = 1).await;
    check(all.clone(), |behaviour| behaviour.replays = true).await;
    check(all.clone(), |behaviour| {
        *behaviour = Behaviour {
            page_size: 1,
            list_page: 1,
            members_per_record: 1,
            replays: true,
            empty_pages: true,
            reversed: true,
            ..Behaviour::default()
        };
    })
    .await;
}
