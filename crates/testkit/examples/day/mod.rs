//! What the examples have in common: `POST /_day?folder=…` asks for another day.

use std::path::{Path, PathBuf};

use axum::extract::Query;
use axum::http::StatusCode;

/// The query of such a request.
pub type Asked = Query<Vec<(String, String)>>;

/// The folder that is asked for, or why there is none.
pub fn folder(Query(asked): Asked) -> Result<PathBuf, (StatusCode, String)> {
    let Some((_, folder)) = asked.into_iter().find(|(name, _)| name == "folder") else {
        return Err((StatusCode::BAD_REQUEST, "name a folder: /_day?folder=…\n".to_owned()));
    };
    if !Path::new(&folder).join("users.jsonl").is_file() {
        return Err((StatusCode::NOT_FOUND, format!("{folder} holds no users.jsonl\n")));
    }
    Ok(PathBuf::from(folder))
}
