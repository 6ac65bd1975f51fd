//! RFC 9457 problem details: the one form of every error that leaves Misto.

use axum::extract::Request;
use axum::http::header::{ALLOW, CONTENT_LANGUAGE, CONTENT_TYPE, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

use super::language::Language;
use super::limit::{RATELIMIT, RATELIMIT_POLICY};

/// An error for a caller, in both languages; the response carries the caller's.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    detail: [String; 2],
    /// The parameter or field that is wrong.
    field: Option<String>,
    /// Seconds after which the caller may come again, where it may.
    retry_after: u64,
    /// Members beyond those of the standard, where clients of an interface need them (RFC 9457 §3.2).
    extension: Box<Map<String, Json>>,
}

/// Of answers that say to come again and not when.
const SOON: u64 = 10;
/// What stays of an answer that a problem's body takes the place of.
const KEPT: [HeaderName; 4] = [ALLOW, WWW_AUTHENTICATE, RATELIMIT, RATELIMIT_POLICY];

/// The body of a problem response (`application/problem+json`, RFC 9457 §3).
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemBody {
    /// `about:blank`: the status code says what kind of problem it is.
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    /// What is wrong and what to do, in the caller's language.
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    extension: Map<String, Json>,
}

impl Problem {
    pub fn new(status: StatusCode, uk: impl Into<String>, en: impl Into<String>) -> Self {
        Self { status, detail: [uk.into(), en.into()], field: None, retry_after: SOON, extension: Box::default() }
    }

    pub fn bad_request(field: &str, uk: impl Into<String>, en: impl Into<String>) -> Self {
        Self { field: Some(field.to_owned()), ..Self::new(StatusCode::BAD_REQUEST, uk, en) }
    }

    /// The same, with another member in its body.
    pub fn with(mut self, name: &str, value: Json) -> Self {
        self.extension.insert(name.to_owned(), value);
        self
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub fn not_found(uk: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, uk, en)
    }

    /// Logs the cause and says no more than that something failed.
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "a request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Сталася помилка на сервері. Її записано; спробуйте ще раз пізніше.",
            "The server failed. It has been logged; try again later.",
        )
    }

    /// The database cannot answer now; the caller may come again.
    pub fn unavailable() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "База даних зараз не відповідає. Спробуйте ще раз за хвилину.",
            "The database does not answer now. Try again in a minute.",
        )
    }

    /// More is asked for than can be done at once; the caller may come again.
    pub fn busy() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "Сервер зараз перевантажений. Спробуйте ще раз за кілька секунд.",
            "The server has too much to do now. Try again in a few seconds.",
        )
    }

    /// The caller has asked too often and may come again after so many seconds.
    pub fn too_many(retry_after: u64, uk: impl Into<String>, en: impl Into<String>) -> Self {
        Self { retry_after, ..Self::new(StatusCode::TOO_MANY_REQUESTS, uk, en) }
    }

    fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => {
                Self::not_found("За цією адресою нічого немає.", "There is nothing at this address.")
            }
            StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => {
                Self::new(status, "Запит тривав задовго.", "The request took too long.")
            }
            status if status.is_server_error() => Self { status, ..Self::internal(&status) },
            _ => Self::new(status, "Запит не зрозуміло.", "The request was not understood."),
        }
    }

    fn body(&self, language: Language) -> Response {
        let body = ProblemBody {
            kind: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: self.detail[usize::from(language == Language::En)].clone(),
            field: self.field.clone(),
            extension: (*self.extension).clone(),
        };
        let mut response = (self.status, axum::Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
        if matches!(self.status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            headers.insert(RETRY_AFTER, self.retry_after.into());
        }
        response
    }
}

/// The sentence in English, for the command line.
impl std::fmt::Display for Problem {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(field) = &self.field {
            write!(out, "{field}: ")?;
        }
        out.write_str(&self.detail[1])
    }
}

impl std::error::Error for Problem {}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        let cancelled = error.as_database_error().is_some_and(|error| error.code().as_deref() == Some("57014"));
        match error {
            _ if cancelled => Self::of_status(StatusCode::GATEWAY_TIMEOUT),
            sqlx::Error::PoolTimedOut | sqlx::Error::Io(_) | sqlx::Error::PoolClosed => {
                tracing::warn!(%error, "no database connection for a request");
                Self::unavailable()
            }
            error => Self::internal(&error),
        }
    }
}

/// Middleware: writes every problem in the caller's language, and turns bare error statuses into problems.
pub async fn write_problems(request: Request, next: Next) -> Response {
    let language = Language::of(request.uri(), request.headers());
    let mut response = next.run(request).await;
    let status = response.status();
    let is_problem = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "application/problem+json");
    let problem = response.extensions_mut().remove::<Problem>();
    let is_bare = !is_problem && (status.is_client_error() || status.is_server_error());
    let Some(problem) = problem.or_else(|| is_bare.then(|| Problem::of_status(status))) else { return response };
    let mut written = problem.body(language);
    for name in KEPT {
        if let Some(value) = response.headers_mut().remove(&name) {
            written.headers_mut().insert(name, value);
        }
    }
    written
}

/// The answer of every unknown address.
pub async fn nothing_here() -> Problem {
    Problem::of_status(StatusCode::NOT_FOUND)
}
