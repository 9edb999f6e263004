//! From a request to its answer.

use serde_json::Value;

use super::APP;
use super::answer::Answer;
use super::faults::{Asked, Fault};
use super::filter::{self, Letters};
use super::limits::Counted;
use super::log::Events;
use super::oauth::Access;
use super::org::Org;

impl Org {
    /// Answers a request, as Okta does or as a fault wants it.
    pub(super) fn answer(&mut self, asked: Asked) -> Answer {
        let now = self.clock.now();
        let counted = self.limits.count(&asked.path, now);
        let fault = self.faults.note(&asked);
        let mut answer = match fault {
            _ if counted.is_exceeded => exceeded(),
            Some(Fault::Code(status, code)) => Answer::error(status, code, "The simulator was told to fail."),
            Some(Fault::Page(status)) => Answer::page(status),
            Some(Fault::Concurrency) => exceeded(),
            Some(Fault::LinkElsewhere) | None => self.authorized(&asked),
        };
        if fault == Some(Fault::LinkElsewhere) {
            answer.links = vec!["<http://127.0.0.1:1/api/v1/users?after=1>; rel=\"next\"".to_owned()];
        }
        let is_concurrency = fault == Some(Fault::Concurrency);
        answer.counted =
            Some(if is_concurrency { Counted { limit: 0, remaining: 0, ..counted } } else { counted });
        answer.date = now;
        answer
    }

    fn authorized(&mut self, asked: &Asked) -> Answer {
        if asked.path == "/oauth2/v1/token" && asked.method == "POST" {
            return self.token(asked);
        }
        let path = asked.path.clone();
        let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let ["api", "v1", rest @ ..] = segments.as_slice() else { return Answer::page(404) };
        let of = rest.first().copied().unwrap_or_default();
        match self.access(&asked.authorization) {
            Access::Unknown => return Answer::error(401, "E0000011", "Invalid token provided"),
            Access::Scopes(scopes) if !scopes.contains(&format!("okta.{of}.read")) => {
                let mut answer = Answer::error(403, "E0000005", "Invalid session");
                answer.authenticate = Some("Bearer error=\"insufficient_scope\"");
                return answer;
            }
            Access::Everything | Access::Scopes(_) => {}
        }
        if asked.method != "GET" {
            return Answer::error(405, "E0000022", "The endpoint does not support the provided HTTP method");
        }
        self.resource(rest, asked)
    }

    fn resource(&self, path: &[&str], asked: &Asked) -> Answer {
        match path {
            ["users"] => self.list_users(asked),
            ["users", who] => self.user_by(who),
            ["users", id, "groups"] => {
                let groups = self.groups.iter().filter(|(_, group)| group.members.contains(*id));
                self.page(groups.map(|(id, group)| group.json(id)).collect(), 200, asked)
            }
            ["groups"] => {
                self.page(self.groups.iter().map(|(id, group)| group.json(id)).collect(), 200, asked)
            }
            ["groups", id] => {
                self.groups.get(*id).map_or_else(|| Answer::not_found(id), |g| Answer::ok(g.json(id)))
            }
            ["groups", id, "users"] => match self.groups.get(*id) {
                Some(group) => self.page(self.members_of(group), 200, asked),
                None => Answer::not_found(id),
            },
            ["apps", APP, "users"] => {
                self.page(self.users.keys().filter_map(|id| self.app_user(id)).collect(), 500, asked)
            }
            ["apps", APP, "users", id] => self.app_user(id).map_or_else(|| Answer::not_found(id), Answer::ok),
            ["apps", APP, "groups"] => self.page(self.app_groups(), 200, asked),
            ["logs"] => self.logs(asked),
            _ => Answer::not_found(&asked.path),
        }
    }

    /// By id or login.
    fn user_by(&self, who: &str) -> Answer {
        let who = percent_decoded(who);
        let bears = |(id, login): (&String, &str)| *id == who || login.eq_ignore_ascii_case(&who);
        let found = self.users.iter().find(|(id, user)| bears((id, user.login())));
        found.map_or_else(|| Answer::not_found(&who), |(id, user)| Answer::ok(user.json(id)))
    }

    fn list_users(&self, asked: &Asked) -> Answer {
        let all = self.users.iter().map(|(id, user)| (user, user.json(id)));
        let (text, letters) = match (asked.parameter("filter"), asked.parameter("search")) {
            (Some(text), _) => (text, Letters::Exact),
            (None, Some(text)) => (text, Letters::AnyCase),
            (None, None) => {
                let shown = all.filter(|(user, _)| !user.is_deprovisioned());
                return self.page(shown.map(|(_, json)| json).collect(), 200, asked);
            }
        };
        let Some(filter) = filter::parse(text) else { return bad_filter() };
        let found = all.filter(|(_, json)| filter::matches(&filter, json, letters));
        self.page(found.map(|(_, json)| json).collect(), 200, asked)
    }

    /// A polling request: there is always a next page.
    fn logs(&self, asked: &Asked) -> Answer {
        let Some(Ok(since)) = asked.parameter("since").map(str::parse) else { return bad_filter() };
        let Some(filter) = filter::parse(asked.parameter("filter").unwrap_or("uuid sw \"\"")) else {
            return bad_filter();
        };
        let from = asked.parameter("after").and_then(|after| after.parse().ok()).unwrap_or_default();
        let limit = self.limit_of(1000, asked);
        let Events { items, next } =
            self.events(from, since, limit, |event| filter::matches(&filter, event, Letters::Exact));
        let mut answer = Answer::ok(Value::from(items));
        answer.links = self.links(asked, Some(&next.to_string()));
        answer
    }

    /// The page that a request asks for, of items in the order of their ids.
    fn page(&self, items: Vec<Value>, most: usize, asked: &Asked) -> Answer {
        let id = |item: &Value| item.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let after = asked.parameter("after").unwrap_or_default();
        let mut rest = items.into_iter().filter(|item| id(item).as_str() > after).peekable();
        let page: Vec<Value> = rest.by_ref().take(self.limit_of(most, asked)).collect();
        let last = page.last().map(id).filter(|_| rest.peek().is_some());
        let mut answer = Answer::ok(Value::from(page));
        answer.links = self.links(asked, last.as_deref());
        answer
    }

    fn limit_of(&self, most: usize, asked: &Asked) -> usize {
        let limit = asked.parameter("limit").and_then(|limit| limit.parse().ok()).unwrap_or(most);
        limit.clamp(1, most).min(self.page_size)
    }

    fn links(&self, asked: &Asked, after: Option<&str>) -> Vec<String> {
        let link = |after: Option<&str>, relation: &str| {
            let others = asked.query.iter().filter(|(name, _)| name != "after" || after.is_none());
            let query = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(others)
                .extend_pairs(after.map(|after| ("after", after)))
                .finish();
            format!("<{}{}?{query}>; rel=\"{relation}\"", self.url, asked.path)
        };
        let next = after.map(|after| link(Some(after), "next"));
        [link(None, "self")].into_iter().chain(next).collect()
    }
}

fn exceeded() -> Answer {
    Answer::error(429, "E0000047", "API call exceeded rate limit due to too many requests.")
}

fn bad_filter() -> Answer {
    Answer::error(400, "E0000031", "Invalid search criteria.")
}

fn percent_decoded(segment: &str) -> String {
    let pair = format!("x={}", segment.replace('+', "%2B"));
    form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}
