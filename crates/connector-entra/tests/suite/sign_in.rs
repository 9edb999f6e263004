//! Tokens: how they are got, kept, renewed and refused.

use connector::{Error, Source};
use connector_entra::{Config, ConfigError, Credential, EntraSource, Secret};
use serde_json::json;
use testkit::graph::{Fault, Graph, SECRET, certificate_pem, private_key_pem};

use crate::company::{assigned, changes, company, config, full, id, needs, source};

fn tokens(graph: &Graph) -> usize {
    graph.take_log().iter().filter(|asked| asked.path == "token").count()
}

#[tokio::test]
async fn a_certificate_proves_the_application() {
    let graph = company(&["a", "b"]).await;
    let credential = Credential::Certificate {
        private_key: Secret::new(private_key_pem()),
        certificate: certificate_pem(),
    };
    let source = EntraSource::new(Config { credential, ..config(&graph) }, &needs()).unwrap();
    source.test().await.unwrap();
    // Each assertion is used once.
    graph.end_tokens();
    source.test().await.unwrap();
    assert_eq!(tokens(&graph), 2);
}

#[tokio::test]
async fn keys_that_are_none_are_refused_before_anything_is_sent() {
    let graph = company(&["a"]).await;
    for (key, certificate) in [
        ("nonsense".to_owned(), certificate_pem()),
        (certificate_pem(), certificate_pem()),
        (private_key_pem(), private_key_pem()),
    ] {
        let credential = Credential::Certificate { private_key: Secret::new(key), certificate };
        assert!(EntraSource::new(Config { credential, ..config(&graph) }, &needs()).is_err());
    }
    let none = Config { service_principal: None, ..config(&graph) };
    assert!(matches!(EntraSource::new(none, &assigned()), Err(ConfigError::NoServicePrincipal)));
    let clear = Config { graph_url: "http://graph.microsoft.com/v1.0".to_owned(), ..config(&graph) };
    assert!(matches!(EntraSource::new(clear, &needs()), Err(ConfigError::Url { setting: "graph_url", .. })));
}

#[tokio::test]
async fn a_token_is_remembered_and_renewed_once_when_it_is_refused() {
    let graph = company(&["a", "b"]).await;
    let source = source(&graph, &needs());
    let first = full(&source).await;
    source.test().await.unwrap();
    assert_eq!(tokens(&graph), 1);
    graph.end_tokens();
    graph.edit_user(&id("a"), &json!({ "city": "Omaha" }));
    assert_eq!(changes(&source, &first).await.told(), ["a Unassigned"]);
    assert_eq!(tokens(&graph), 1);
    graph.fail_always("users", Fault::Unauthorized);
    let error = source.test().await.unwrap_err();
    assert!(matches!(error, Error::Credential { .. }), "{error}");
    assert_eq!(tokens(&graph), 1);
}

#[tokio::test]
async fn a_token_that_ends_at_once_is_not_used_twice() {
    let graph = company(&["a", "b"]).await;
    graph.behave(|behaviour| behaviour.token_seconds = 0);
    let error = source(&graph, &needs()).test().await.unwrap_err();
    assert!(matches!(error, Error::Credential { .. }), "{error}");
    assert_eq!(tokens(&graph), 2);
}

#[tokio::test]
async fn a_refused_sign_in_says_why_and_not_the_secret() {
    let graph = company(&["a"]).await;
    let wrong = "another-secret";
    let with = |change: &dyn Fn(&mut Config)| {
        let mut config = config(&graph);
        change(&mut config);
        EntraSource::new(config, &needs()).unwrap()
    };
    for (source, told) in [
        (with(&|config| config.credential = Credential::Secret(Secret::new(wrong))), "AADSTS7000215"),
        (with(&|config| config.client_id = "x".to_owned()), "AADSTS700016"),
        (with(&|config| config.tenant = "fabrikam.com/../contoso".to_owned()), "AADSTS90002"),
    ] {
        let error = source.test().await.unwrap_err();
        assert!(matches!(error, Error::Credential { .. }), "{error}");
        let text = format!("{error} {error:?}");
        assert!(text.contains(told) && !text.contains(wrong) && !text.contains(SECRET), "{text}");
    }
}

#[tokio::test]
async fn a_missing_permission_or_application_is_named() {
    for permission in ["User.Read.All", "GroupMember.Read.All", "Application.Read.All"] {
        let graph = company(&["a", "b"]).await;
        graph.behave(|behaviour| behaviour.missing_permissions = vec![permission]);
        let error = source(&graph, &assigned()).test().await.unwrap_err();
        assert!(
            matches!(error, Error::Credential { .. }) && error.to_string().contains(permission),
            "{error}"
        );
    }
    let graph = company(&["a", "b"]).await;
    let other = Config { service_principal: Some(id("f")), ..config(&graph) };
    let error = EntraSource::new(other, &assigned()).unwrap().test().await.unwrap_err();
    assert!(error.to_string().contains("service_principal") && error.hint().contains("Object ID"), "{error}");
}
