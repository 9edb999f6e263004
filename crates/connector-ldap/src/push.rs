//! Being told of changes: content synchronization (RFC 4533), which OpenLDAP offers with its overlay syncprov.

use crate::entry::{RawEntry, inner, octets};
use crate::fault;
use crate::key::is_below;
use crate::layout::{Layout, any};
use crate::session::Session;
use connector::Error;
use ldap3::asn1::parse_tag;
use ldap3::controls::{MakeCritical as _, RefreshMode, SyncRequest};
use ldap3::{ResultEntry, Scope};
use std::future::{Future, pending};
use std::time::Duration;
use tokio::time::timeout;

const SYNC_REQUEST: &str = "1.3.6.1.4.1.4203.1.9.1.1";

/// The result by which a server says that it has forgotten too much to go on from a cookie (RFC 4533 §3.3).
const REFRESH_REQUIRED: u32 = 4096;

/// A connection that nothing is heard on may be dead: it is made anew after so long.
const LISTEN: Duration = Duration::from_secs(600);

/// Up to where changes were heard.
pub(crate) type Cookie = Vec<u8>;

/// Waits for a change of a user or a group. `heard` moves only at the end.
pub(crate) async fn changed<F>(heard: &mut Option<Cookie>, open: impl Fn() -> F + Sync) -> Result<(), Error>
where
    F: Future<Output = Result<(Session, RawEntry, Layout), Error>> + Send,
{
    loop {
        let (mut session, root, layout) = open().await?;
        let offered = root.texts("supportedControl").any(|control| control == SYNC_REQUEST);
        let now = if offered { position(&mut session, &root, &layout).await? } else { None };
        // A server that does not offer it, or not to this reader, is asked at the times of the cycles.
        let Some(now) = now else { return pending().await };
        let cookie = heard.get_or_insert(now).clone();
        if let Ok(listened) = timeout(LISTEN, listen(&session, &layout, cookie)).await {
            listened?;
            *heard = position(&mut session, &root, &layout).await?;
            return Ok(());
        }
    }
}

/// Up to where the server's contents have come, as a cookie that OpenLDAP understands.
async fn position(session: &mut Session, root: &RawEntry, layout: &Layout) -> Result<Option<Cookie>, Error> {
    let contexts: Vec<String> = root.texts("namingContexts").map(str::to_owned).collect();
    let Some(suffix) = contexts.iter().find(|suffix| is_below(&layout.users.base, suffix)) else {
        return Ok(None);
    };
    let own = session.entry(suffix, "(objectClass=*)", &["contextCSN".to_owned()]).await?.unwrap_or_default();
    let numbers: Vec<&str> = own.texts("contextCSN").collect();
    Ok((!numbers.is_empty()).then(|| format!("rid=000,csn={}", numbers.join(";")).into_bytes()))
}

/// Returns when the server tells of a change since the cookie.
async fn listen(session: &Session, layout: &Layout, cookie: Cookie) -> Result<(), Error> {
    let request =
        SyncRequest { mode: RefreshMode::RefreshAndPersist, cookie: Some(cookie), reload_hint: false };
    let mut ldap = session.handle();
    ldap.with_controls(request.critical());
    let filter = any([layout.users.filter.clone(), layout.groups.filter.clone()]);
    let broken = |error| fault::broken(&session.place, error);
    let base = common_base(layout);
    let mut told = ldap.streaming_search(base, Scope::Subtree, &filter, ["1.1"]).await.map_err(broken)?;
    while let Some(message) = told.next().await.map_err(broken)? {
        if is_change(message) {
            return Ok(());
        }
    }
    let result = told.finish().await;
    match result.rc {
        0 | REFRESH_REQUIRED => Ok(()),
        _ => Err(fault::refused(&session.place, base, &result)),
    }
}

/// The base that holds users and groups; where neither holds the other, changes of groups are found by the cycles.
fn common_base(layout: &Layout) -> &str {
    if is_below(&layout.users.base, &layout.groups.base) { &layout.groups.base } else { &layout.users.base }
}

/// Whether a message tells of an entry: itself, or in a set of ids. Others tell only that the server is up to date.
fn is_change(message: ResultEntry) -> bool {
    const ID_SET: u64 = 3;
    if !message.is_intermediate() {
        return !message.is_ref();
    }
    let value = inner(message.0).and_then(|parts| octets(parts.into_iter().find(|part| part.id == 1)?));
    value.is_some_and(|value| parse_tag(&value).is_ok_and(|(_, info)| info.id == ID_SET))
}
