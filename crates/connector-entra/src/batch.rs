//! Many questions in few exchanges (Microsoft Graph, "JSON batching").

use crate::answer::Answer;
use crate::client::Graph;
use crate::limits::{BATCH, BATCHES_AT_ONCE};
use crate::patience::Refusal;
use connector::Error;
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// A question inside a batch.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    path: String,
    body: Option<Value>,
}

impl Question {
    /// `GET` of a path with its query.
    pub(crate) fn get(path: String) -> Self {
        Self { path, body: None }
    }

    /// `POST` of a body.
    pub(crate) fn post(path: String, body: Value) -> Self {
        Self { path, body: Some(body) }
    }

    fn method(&self) -> &'static str {
        if self.body.is_some() { "POST" } else { "GET" }
    }

    fn place(&self) -> String {
        format!("{} {}", self.method(), self.path.split('?').next().unwrap_or_default())
    }

    fn document(&self, id: usize) -> Value {
        let mut document = json!({ "id": id.to_string(), "method": self.method(), "url": self.path });
        if let (Some(body), Some(fields)) = (&self.body, document.as_object_mut()) {
            fields.insert("headers".to_owned(), json!({ "Content-Type": "application/json" }));
            fields.insert("body".to_owned(), body.clone());
        }
        document
    }
}

impl Graph {
    /// The answer to each question, in the order asked.
    pub(crate) async fn ask_all(&self, questions: &[Question]) -> Result<Vec<Answer>, Error> {
        let batches: Vec<_> = questions.chunks(BATCH).map(|batch| self.ask_batch(batch).boxed()).collect();
        let answers: Vec<Vec<Answer>> = stream::iter(batches).buffered(BATCHES_AT_ONCE).try_collect().await?;
        Ok(answers.into_iter().flatten().collect())
    }

    /// One batch, whose throttled questions are asked again.
    async fn ask_batch(&self, questions: &[Question]) -> Result<Vec<Answer>, Error> {
        let mut patience = self.patience();
        let mut answers: Vec<Option<Answer>> = questions.iter().map(|_| None).collect();
        loop {
            let refused = self.ask_open(questions, &mut answers).await?;
            match refused {
                None => return Ok(answers.into_iter().flatten().collect()),
                Some((place, refusal)) => patience.wait(&place, refusal).await?,
            }
        }
    }

    /// Asks what is not answered yet, and tells the longest wait that was asked for, if any.
    async fn ask_open(
        &self,
        questions: &[Question],
        answers: &mut [Option<Answer>],
    ) -> Result<Option<(String, Refusal)>, Error> {
        let open =
            questions.iter().zip(answers.iter()).enumerate().filter(|(_, (_, answer))| answer.is_none());
        let requests: Vec<Value> = open.map(|(id, (question, _))| question.document(id)).collect();
        let document = self.post("/$batch", json!({ "requests": requests })).await?.document()?;
        let mut refused: Option<(String, Refusal)> = None;
        for response in responses(document)? {
            let (id, answer) = inner(response, questions)?;
            match (answer.refusal(), answers.get_mut(id)) {
                (Some(refusal), _)
                    if refused.as_ref().is_none_or(|(_, known)| wait(*known) < wait(refusal)) =>
                {
                    refused = Some((answer.place, refusal));
                }
                (None, Some(slot)) => *slot = Some(answer),
                (Some(_), _) | (None, None) => {}
            }
        }
        if refused.is_none() && answers.iter().any(Option::is_none) {
            return Err(Answer::broken("POST /$batch", "answered fewer requests than were asked"));
        }
        Ok(refused)
    }
}

fn wait(refusal: Refusal) -> Option<Duration> {
    let (Refusal::Throttled(wait) | Refusal::Busy(wait)) = refusal;
    wait
}

fn responses(mut document: Map<String, Value>) -> Result<Vec<Value>, Error> {
    match document.remove("responses") {
        Some(Value::Array(responses)) => Ok(responses),
        _ => Err(Answer::broken("POST /$batch", "answered without \"responses\"")),
    }
}

fn inner(mut response: Value, questions: &[Question]) -> Result<(usize, Answer), Error> {
    let broken = || Answer::broken("POST /$batch", "holds a response that answers nothing");
    let id: usize =
        response.get("id").and_then(Value::as_str).and_then(|id| id.parse().ok()).ok_or_else(broken)?;
    let question = questions.get(id).ok_or_else(broken)?;
    let status = response.get("status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
    let retry_after = response
        .get("headers")
        .and_then(Value::as_object)
        .and_then(|headers| headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("retry-after")))
        .and_then(|(_, value)| value.as_str()?.parse().ok())
        .map(Duration::from_secs);
    let body = response.get_mut("body").map(Value::take).unwrap_or_default();
    Ok((id, Answer::inner(question.place(), status.ok_or_else(broken)?, retry_after, body)))
}
