//! A browser: it keeps cookies, and says whose page a form is on.

use std::collections::BTreeMap;
use std::sync::Mutex;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::Value;

use crate::site::{Answer, PUBLIC_URL, Site, send};

#[derive(Default)]
pub struct Browser(Mutex<BTreeMap<String, String>>);

impl Browser {
    /// Opens a page of the tenant, or an address of the site.
    pub async fn get(&self, site: &Site, path: &str) -> Answer {
        self.get_at(&site.router, path).await
    }

    pub async fn get_at(&self, router: &Router, path: &str) -> Answer {
        let path = path.strip_prefix(PUBLIC_URL).unwrap_or(path);
        let request = Request::get(path).header("Cookie", self.cookies());
        self.keep(send(router, request.body(Body::empty()).unwrap()).await)
    }

    /// Sends a form of the tenant's own pages.
    pub async fn post(&self, site: &Site, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_from(site, Some(PUBLIC_URL), path, fields).await
    }

    /// Sends a form of another site's page.
    pub async fn post_from(
        &self,
        site: &Site,
        origin: Option<&str>,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let request = Request::post(format!("/t/contoso{path}"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .header("Cookie", self.cookies());
        let request = origin.into_iter().fold(request, |request, origin| request.header("Origin", origin));
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.keep(send(&site.router, request.body(Body::from(body)).unwrap()).await)
    }

    /// Who is signed in.
    pub async fn session(&self, site: &Site) -> Value {
        self.get(site, "/t/contoso/sign-in/session").await.expect(StatusCode::OK).json()
    }

    pub async fn is_signed_in(&self, site: &Site) -> bool {
        self.session(site).await["active"] == true
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.0.lock().unwrap().get(name).cloned()
    }

    pub fn put_cookie(&self, name: &str, value: &str) {
        self.0.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    fn cookies(&self) -> String {
        let kept = self.0.lock().unwrap();
        kept.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep(&self, answer: Answer) -> Answer {
        let mut kept = self.0.lock().unwrap();
        for line in answer.headers.get_all("set-cookie") {
            let line = line.to_str().unwrap();
            let (name, rest) = line.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            for word in ["Secure", "HttpOnly", "Path=/"] {
                assert!(line.split("; ").any(|part| part == word), "{line}");
            }
            assert!(name.starts_with("__Host-") && !line.contains("Domain"), "{line}");
            if line.contains("Max-Age=0") {
                kept.remove(name);
            } else {
                kept.insert(name.to_owned(), value.to_owned());
            }
        }
        drop(kept);
        answer
    }
}
