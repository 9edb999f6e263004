//! The contract of a source.

use async_trait::async_trait;
use connector::Source;
use connector::contract::{self, Subject};
use serde_json::json;

use crate::world::World;

struct Org {
    world: World,
    by_client: bool,
}

#[async_trait]
impl Subject for Org {
    async fn source(&self) -> Box<dyn Source> {
        if self.by_client { Box::new(self.world.client()) } else { Box::new(self.world.source()) }
    }

    async fn change_one(&self) -> String {
        self.world.okta.edit(|org| org.update_profile("a", json!({ "title": "Engineer" })));
        "a".into()
    }

    async fn remove_one(&self) -> String {
        self.world.okta.edit(|org| org.delete_user("b"));
        "b".into()
    }

    async fn break_it(&self) -> String {
        self.world.okta.edit(|org| {
            org.revoke_tokens();
            org.grant(&[]);
        });
        if self.by_client { "POST /oauth2/v1/token".into() } else { "GET /api/v1/users".into() }
    }
}

async fn org() -> World {
    let world = World::with_users("abcde").await;
    world.okta.edit(|org| {
        org.create_group("g", "Sales");
        org.add_member("g", "a");
        org.assign_group("g", 0, json!({}));
        org.assign_user("b", json!({}));
        org.deactivate("e");
        org.update_profile("a", json!({ "managerId": "b" }));
        org.page_size(2);
    });
    world
}

#[tokio::test]
async fn an_org_keeps_the_contract() {
    contract::check(&Org { world: org().await, by_client: false }).await.unwrap();
}

#[tokio::test]
async fn an_org_read_by_an_oauth_client_keeps_the_contract() {
    contract::check(&Org { world: org().await, by_client: true }).await.unwrap();
}

#[tokio::test]
async fn an_org_without_assignments_and_groups_keeps_the_contract() {
    let world = World { app: None, needs: connector::Needs::default(), ..org().await };
    contract::check(&Org { world, by_client: false }).await.unwrap();
}

#[tokio::test]
async fn a_log_that_repeats_itself_keeps_the_contract() {
    let world = org().await;
    world.okta.edit(|org| org.repeat_log());
    contract::check(&Org { world, by_client: false }).await.unwrap();
}
