//! Finding people, and looking at some of them again.

use connector::{Entry, ObjectType, Source};
use serde_json::json;

use crate::company::{assigned, company, full, group, id, needs, source, user};

async fn found(source: &connector_entra::EntraSource, who: &str) -> Vec<String> {
    source.find(who).await.unwrap().into_iter().map(|object| object.anchor).collect()
}

#[tokio::test]
async fn a_person_is_known_by_id_name_and_mail() {
    let graph = company(&["a", "b"]).await;
    let mut guest = user("c");
    guest["userPrincipalName"] = json!("liam.o'brien_fabrikam.com#EXT#@contoso.onmicrosoft.com");
    guest["mail"] = json!("l@fabrikam.com");
    graph.put_user(&guest);
    let source = source(&graph, &needs());
    for who in [
        id("c"),
        id("c").to_uppercase(),
        "Liam.O'Brien@fabrikam.com".to_owned(),
        "liam.o'brien_fabrikam.com#EXT#@contoso.onmicrosoft.com".to_owned(),
        "L@Fabrikam.com".to_owned(),
    ] {
        assert_eq!(found(&source, &who).await, [id("c")], "{who}");
    }
    for who in ["x@contoso.com", "a", "' or id ne '", &id("d")] {
        assert!(found(&source, who).await.is_empty(), "{who}");
    }
}

#[tokio::test]
async fn who_is_in_the_recycle_bin_is_known_by_id_mangled_name_and_mail() {
    let graph = company(&["a", "b"]).await;
    graph.soft_delete(&id("a"));
    let source = source(&graph, &needs());
    let mangled = format!("{}a@contoso.com", id("a").replace('-', ""));
    for who in [id("a"), mangled, "a@contoso.com".to_owned()] {
        assert_eq!(found(&source, &who).await, [id("a")], "{who}");
    }
}

#[tokio::test]
async fn some_objects_are_what_a_read_delivers() {
    let graph = company(&["a", "b", "c", "d"]).await;
    graph.put_group(&group("91", &["a", "b"]));
    graph.assign(&id("91"));
    graph.soft_delete(&id("b"));
    graph.purge(&id("c"));
    let source = source(&graph, &connector::Needs { groups: true, ..assigned() });
    let read = full(&source).await;
    let anchors = ["d", "c", "b", "a"].map(id);
    let entries = source.get(ObjectType::User, &anchors).await.unwrap();
    assert_eq!(entries.iter().map(Entry::anchor).collect::<Vec<_>>(), anchors);
    for (name, entry) in ["d", "c", "b", "a"].into_iter().zip(&entries) {
        match entry {
            Entry::Removed { .. } => assert_eq!(name, "c"),
            entry => assert_eq!(*entry, Entry::Present(read.object(name).clone()), "{name}"),
        }
    }
    let groups = source.get(ObjectType::Group, &[id("91"), id("92")]).await.unwrap();
    assert_eq!(groups[0], Entry::Present(read.object("91").clone()));
    assert_eq!(groups[1], Entry::Removed { anchor: id("92"), object_type: ObjectType::Group });
}
