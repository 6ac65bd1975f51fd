//! `/api/collections/{layer}/verification`.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use utoipa::OpenApi;

use super::{Report, Verification};
use crate::http::etag::validated;
use crate::http::problem::{Problem, ProblemBody};

/// The part of the API's description that is about verification.
#[derive(OpenApi)]
#[openapi(paths(verification))]
pub struct Description;

impl Verification {
    pub fn routes(self) -> Router {
        Router::new().route("/api/collections/{layer}/verification", get(verification)).with_state(self)
    }
}

/// What is not as it should be in a register: findings about public fields, up to a hundred of each rule, as of the
/// register's last change.
#[utoipa::path(get, path = "/api/collections/{layer}/verification", tag = "features", params(("layer" = String, Path)),
    responses((status = 200, body = Report), (status = 404, body = ProblemBody), (status = 503, body = ProblemBody)))]
async fn verification(
    State(state): State<Verification>,
    Path(layer): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let layer = state.catalogue.layer(&layer).ok_or_else(|| {
        Problem::not_found(
            format!("Набору «{layer}» немає. Перелік: /api/collections"),
            format!("There is no collection “{layer}”. The list: /api/collections"),
        )
    })?;
    let report = state.report(layer).await?;
    let text = serde_json::to_vec(report.as_ref()).map_err(|error| Problem::internal(&error))?;
    Ok(validated(&headers, "application/json", text))
}
