//! `/api/changes`.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName};
use axum::response::sse::Sse;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use tokio::time::timeout;
use utoipa::OpenApi;

use super::Changes;
use super::event::{Area, ChangeEvent, Interest};
use super::stream::Telling;
use crate::catalogue::layer::Layer;
use crate::db::feed::{Batch, Position, since};
use crate::http::bbox;
use crate::http::limit::Client;
use crate::http::problem::{Problem, ProblemBody};
use crate::http::stopping::Stopping;

/// The part of the API's description that is about changes.
#[derive(OpenApi)]
#[openapi(paths(changes), components(schemas(ChangeEvent)))]
pub struct Description;

/// How long a stream that begins waits for the server to have caught up with the database.
const PATIENCE: Duration = Duration::from_secs(10);
/// Tells nginx to pass events on as they come.
const UNBUFFERED: (HeaderName, &str) = (HeaderName::from_static("x-accel-buffering"), "no");

#[derive(Debug, Deserialize)]
struct Asked {
    layers: Option<String>,
    bbox: Option<String>,
    since: Option<String>,
}

impl Changes {
    pub fn routes(self) -> Router {
        Router::new().route("/api/changes", get(changes)).with_state(self)
    }

    fn layers(&self, list: Option<&str>) -> Result<Vec<Arc<Layer>>, Problem> {
        match list {
            Some(list) => self.catalogue.named(list),
            None => Ok(self.catalogue.layers.clone()),
        }
    }

    /// What a listener that comes back has missed, once this server shows all of it.
    async fn missed(&self, from: &str) -> Result<Batch, Problem> {
        // a text that we did not write is from another time, so the listener has to begin anew
        let Ok(from) = from.parse::<Position>() else {
            let position = self.hub.position().await.ok_or_else(Problem::unavailable)?;
            return Ok(Batch { position, changes: Vec::new(), reset: true });
        };
        let _turn = self.catching_up.acquire().await.map_err(|_| Problem::unavailable())?;
        let batch = since(&self.db.owner, &from).await?;
        self.hub.reached(&batch.position).await;
        Ok(batch)
    }
}

/// Edits of registers as they are made, as server-sent events: `change` with what has changed, `reset` when anything may
/// have changed and all must be loaded anew. Tiles and features asked for after an event show what it told. A client that
/// comes back says where it was by the header `Last-Event-ID` or by `since`, and is told first what it missed; `hello`
/// says that the stream has caught up.
#[utoipa::path(get, path = "/api/changes", tag = "changes",
    params(
        ("layers" = Option<String>, Query, description = "Layer ids joined by commas; all unless told"),
        ("bbox" = Option<String>, Query, description = "west,south,east,north in degrees; everywhere unless told"),
        ("since" = Option<String>, Query, description = "The id of the last event that was seen"),
        ("last-event-id" = Option<String>, Header, description = "The same, as browsers send it; it goes before `since`")),
    responses(
        (status = 200, content_type = "text/event-stream", body = String,
            description = "Events `change`, whose data is a ChangeEvent, and `hello` and `reset`, whose data is empty"),
        (status = 400, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 429, body = ProblemBody, description = "Too many streams are open from this address"),
        (status = 503, body = ProblemBody)))]
async fn changes(
    State(changes): State<Changes>,
    Query(asked): Query<Asked>,
    client: Client,
    stopping: Stopping,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let area = asked.bbox.as_deref().map(bbox::read).transpose()?.map(Area);
    let interest = Interest { layers: changes.layers(asked.layers.as_deref())?, area };
    let place = changes.places.take(client.0)?;
    // a browser that reconnects by itself still asks for the address that it first had
    let seen = headers.get("last-event-id").and_then(|id| id.to_str().ok()).or(asked.since.as_deref());
    let seen = seen.filter(|seen| !seen.is_empty());
    let begin = async {
        let batches = changes.hub.subscribe();
        let (position, missed) = match seen {
            Some(seen) => {
                let missed = changes.missed(seen).await?;
                (missed.position.clone(), Some(missed))
            }
            None => (changes.hub.position().await.ok_or_else(Problem::unavailable)?, None),
        };
        let hub = changes.hub.clone();
        Ok::<_, Problem>((Telling { hub, interest, position, batches, stopping, _place: place }, missed))
    };
    let (telling, missed) = timeout(PATIENCE, begin).await.map_err(|_| Problem::unavailable())??;
    Ok(([UNBUFFERED], Sse::new(telling.events(missed))).into_response())
}
