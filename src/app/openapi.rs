//! The API's description: what the slices say of their routes, and what holds for all of them.

use std::sync::LazyLock;

use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::{Map, Value, json};
use utoipa::OpenApi;

use crate::config::Publisher;
use crate::formats::files::FileFormat;
use crate::http::limit::{BURST, STEADY};
use crate::http::links::BaseUrl;
use crate::http::openapi::to_3_0;

const MEDIA_TYPE: &str = "application/vnd.oai.openapi+json;version=3.1";
const OLDER_MEDIA_TYPE: &str = "application/vnd.oai.openapi+json;version=3.0";

/// What the tags of operations mean, in the order of the document.
const TAGS: [(&str, &str); 11] = [
    ("search", "One box for addresses, streets, numbers, organisations and everything that has a name."),
    ("here", "Everything that the registers say of one place."),
    (
        "features",
        "Registers as collections of features: pages, single records, their history and what is wrong in them.",
    ),
    ("tiles", "Registers as vector tiles, and the styles that draw them."),
    ("styles", "Styles that draw the registers, by OGC API – Styles."),
    ("records", "The list of registers, by OGC API – Records."),
    ("metadata", "Registers described for other catalogues: DCAT-AP 3, ISO 19139, passports."),
    ("ckan", "The list of registers as harvesters of CKAN ask for it."),
    ("opendata", "Registers as files, and the packages that the law asks for."),
    ("changes", "Edits of registers as they are made."),
    ("operations", "For whoever runs the portal, and this description."),
];

/// Problems that any operation may answer with.
const EVERYWHERE: [u16; 6] = [400, 401, 429, 500, 503, 504];

/// What problems mean.
const PROBLEMS: [(u16, &str, &str); 14] = [
    (
        400,
        "BadRequest",
        "The request cannot be understood; `field` names the parameter, `detail` says what is allowed.",
    ),
    (401, "Unauthorized", "The key that was presented is not in force. Without a key the limit of an address holds."),
    (404, "NotFound", "There is no such thing."),
    (405, "MethodNotAllowed", "The address has no such method; `Allow` names those that it has."),
    (406, "NotAcceptable", "None of the accepted media types can be had."),
    (409, "Conflict", "What is there already does not go together with it."),
    (413, "ContentTooLarge", "The body is larger than is read."),
    (415, "UnsupportedMediaType", "Bodies of this type are not read."),
    (422, "UnprocessableContent", "What is asked for cannot be made of these records."),
    (429, "TooManyRequests", "A quota is spent; `Retry-After` says when to come again."),
    (500, "InternalServerError", "The server failed, and has logged it."),
    (501, "NotImplemented", "Not yet."),
    (503, "ServiceUnavailable", "The database does not answer, or there is too much to do; come again."),
    (504, "GatewayTimeout", "It took too long."),
];

/// Examples of parameters that many operations have.
fn example(name: &str) -> Option<Value> {
    Some(match name {
        "layer" => json!("kiosks"),
        "layers" => json!("kiosks"),
        "bbox" => json!("30.50,50.40,30.60,50.50"),
        "datetime" => json!("2026-03-01"),
        "limit" => json!(10),
        "id" => json!(1),
        "z" => json!(14),
        "x" => json!(9581),
        "y" => json!("5524"),
        "name" => json!("light.json"),
        "format" => json!("geojson"),
        _ => return None,
    })
}

/// What a parameter of any text may be, so far as JSON Schema can say it.
fn grammar(path: &str, name: &str) -> Option<Value> {
    let is_tiles = path.starts_with("/tiles/") || path.starts_with("/styles/");
    Some(match name {
        "lang" => json!({ "type": "string", "enum": ["uk", "en"] }),
        "encoding" if is_tiles => json!({ "type": "string", "enum": ["mvt", "mlt"] }),
        "bbox" => json!({ "type": "string", "pattern": "^-?[0-9]+(\\.[0-9]+)?(,-?[0-9]+(\\.[0-9]+)?){3}$" }),
        "crs" | "before" => json!({ "type": "string", "minLength": 1 }),
        "format" => {
            json!({ "type": "string", "enum": FileFormat::all().map(|(_, about)| about.ending).collect::<Vec<_>>() })
        }
        _ => return None,
    })
}

/// Whether a schema says no more than that it is a text.
fn is_any_text(schema: &Value) -> bool {
    let is_text = schema["type"] == "string" || schema["type"] == json!(["string", "null"]);
    is_text && schema.as_object().is_some_and(|words| words.len() == 1)
}

/// The part of the API's description that is about running it.
#[derive(OpenApi)]
#[openapi(paths(super::health, super::ready, super::render, description, older))]
struct Operations;

/// The description, the same for every city; the front end's client is generated from it.
pub fn openapi() -> Value {
    #[derive(OpenApi)]
    #[openapi(info(title = "Misto"))]
    struct Whole;
    let mut whole = Whole::openapi();
    whole.merge(crate::search::Description::openapi());
    whole.merge(crate::here::Description::openapi());
    whole.merge(crate::features::Description::openapi());
    whole.merge(crate::verify::Description::openapi());
    whole.merge(crate::tiles::Description::openapi());
    whole.merge(crate::tiles::OgcDescription::openapi());
    whole.merge(crate::tiles::StylesDescription::openapi());
    whole.merge(crate::metadata::described());
    whole.merge(crate::opendata::Description::openapi());
    whole.merge(crate::changes::Description::openapi());
    whole.merge(crate::developers::Description::openapi());
    whole.merge(Operations::openapi());
    // texts, numbers and maps with text keys: it always serialises
    let mut whole = serde_json::to_value(whole).unwrap_or_default();
    whole["info"] = info();
    whole["servers"] = json!([{ "url": "/" }]);
    whole["tags"] =
        TAGS.iter().map(|(name, description)| json!({ "name": name, "description": description })).collect();
    whole["security"] = json!([{}, { "key": [] }, { "bearer": [] }]);
    if let Some(components) = whole["components"].as_object_mut() {
        components.insert(
            "responses".to_owned(),
            PROBLEMS.map(|(status, name, says)| (name.to_owned(), problem(status, says))).into_iter().collect(),
        );
        components.insert("headers".to_owned(), headers());
        components.insert("securitySchemes".to_owned(), keys());
    }
    for (path, item) in whole["paths"].as_object_mut().into_iter().flatten() {
        for operation in
            item.as_object_mut().into_iter().flatten().filter_map(|(_, operation)| operation.as_object_mut())
        {
            complete(path, operation);
        }
    }
    whole
}

fn info() -> Value {
    json!({
        "title": "Misto",
        "version": env!("CARGO_PKG_VERSION"),
        "summary": "A city's registers: features, tiles, files, and what holds at a place",
        "description": format!(
            "Reading is free and needs no key. Texts are in the language of `Accept-Language`, Ukrainian unless English \
             is preferred. Errors are problem details (RFC 9457). An address may keep up {STEADY} requests a second, {BURST} \
             at once; `RateLimit` tells what is left. Whoever needs more asks the city for a key. Pages of any site may \
             read (CORS). What will go away is announced by `Deprecation` (RFC 9745) and `Sunset` (RFC 8594) a year ahead. \
             Examples: /developers."
        ),
        "contact": { "name": "The city that runs this portal" },
        "license": { "name": "Apache-2.0 (the program; each register names its own)", "identifier": "Apache-2.0" },
    })
}

fn problem(status: u16, says: &str) -> Value {
    let title = axum::http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let mut response = json!({
        "description": says,
        "content": { "application/problem+json": {
            "schema": { "$ref": "#/components/schemas/ProblemBody" },
            "example": { "type": "about:blank", "title": title.unwrap_or("Error"), "status": status, "detail": says },
        } },
    });
    let header = |name: &str| json!({ "$ref": format!("#/components/headers/{name}") });
    match status {
        429 => {
            let names = ["Retry-After", "RateLimit", "RateLimit-Policy"];
            response["headers"] = names.map(|name| (name.to_owned(), header(name))).into_iter().collect();
        }
        503 => response["headers"] = json!({ "Retry-After": header("Retry-After") }),
        _ => {}
    }
    response
}

fn headers() -> Value {
    let text = |description: &str, example: &str| json!({ "description": description, "schema": { "type": "string" }, "example": example });
    json!({
        "RateLimit": text(
            "What is left of each quota (`r`), and after how many seconds all of it is there again (`t`)",
            "\"address\";r=1987;t=1"
        ),
        "RateLimit-Policy": text(
            "The quotas: requests (`q`) in so many seconds (`w`); `address` of who asks without a key, `minute` and `day` of a key",
            "\"address\";q=2000;w=10"
        ),
        "Retry-After": {
            "description": "Seconds after which to come again", "schema": { "type": "integer" }, "example": 10
        },
    })
}

fn keys() -> Value {
    json!({
        "key": { "type": "apiKey", "in": "header", "name": "X-API-Key", "description": "A heavy user's key; never in the address" },
        "bearer": { "type": "http", "scheme": "bearer", "description": "The same key as a bearer token (RFC 6750)" },
    })
}

/// Adds to an operation what it shares with others.
fn complete(path: &str, operation: &mut Map<String, Value>) {
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    let (mut in_path, mut in_query) = (false, false);
    for parameter in parameters.into_iter().flatten().filter_map(Value::as_object_mut) {
        let is_in = |place: &str| parameter.get("in").is_some_and(|found| found == place);
        (in_path, in_query) = (in_path || is_in("path"), in_query || is_in("query"));
        let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let schema = parameter.get("schema").cloned().unwrap_or_default();
        if let Some(grammar) = grammar(path, &name).filter(|_| is_any_text(&schema)) {
            parameter.insert("schema".to_owned(), grammar);
        }
        let fits = |example: &Value| !example.is_number() || schema["type"] != "string";
        if let (Some(example), false) = (example(&name).filter(fits), parameter.contains_key("example")) {
            parameter.insert("example".to_owned(), example);
        }
    }
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    for status in EVERYWHERE.iter().filter(|status| **status != 400 || in_path || in_query) {
        responses.entry(status.to_string()).or_insert_with(|| json!({}));
    }
    if in_path {
        responses.entry("404").or_insert_with(|| json!({}));
    }
    responses.sort_keys();
    for (status, response) in responses {
        let known = PROBLEMS.iter().find(|(known, _, _)| known.to_string() == *status);
        match (known, response.as_object_mut()) {
            (Some((_, name, _)), _) => {
                let description = response.get("description").and_then(Value::as_str).filter(|says| !says.is_empty());
                let description = description.map(|says| json!({ "description": says }));
                *response = json!({ "$ref": format!("#/components/responses/{name}") });
                if let (Some(own), Some(response)) = (description, response.as_object_mut()) {
                    response.extend(own.as_object().cloned().unwrap_or_default());
                }
            }
            (None, Some(response)) => describe(path, response),
            (None, None) => {}
        }
    }
}

/// What every answer that is no problem says.
fn describe(path: &str, response: &mut Map<String, Value>) {
    if response.get("description").is_none_or(|says| says == "") {
        response.insert("description".to_owned(), json!("What was asked for"));
    }
    if path.ends_with("/export.{format}") {
        let kinds = FileFormat::all().map(|(_, about)| (about.media_type.to_owned(), json!({ "schema": {} })));
        response.insert("content".to_owned(), kinds.collect());
    }
    if !path.starts_with("/api") {
        return;
    }
    let headers = response.entry("headers").or_insert_with(|| json!({}));
    for name in ["RateLimit", "RateLimit-Policy"] {
        headers[name] = json!({ "$ref": format!("#/components/headers/{name}") });
    }
}

/// This description (OpenAPI 3.1), with the portal's address and whom to write to.
#[utoipa::path(get, path = "/api/openapi.json", tag = "operations",
    responses((status = 200, content_type = "application/vnd.oai.openapi+json;version=3.1", body = serde_json::Value)))]
pub async fn description(base: BaseUrl, Extension(contact): Extension<Contact>) -> Response {
    served(whole(base, contact), MEDIA_TYPE)
}

/// The same in OpenAPI 3.0, for clients that know no newer one.
#[utoipa::path(get, path = "/api/openapi-3.0.json", tag = "operations",
    responses((status = 200, content_type = "application/vnd.oai.openapi+json;version=3.0", body = serde_json::Value)))]
pub async fn older(base: BaseUrl, Extension(contact): Extension<Contact>) -> Response {
    served(to_3_0(whole(base, contact)), OLDER_MEDIA_TYPE)
}

fn whole(BaseUrl(base): BaseUrl, Contact(publisher): Contact) -> Value {
    static WHOLE: LazyLock<Value> = LazyLock::new(openapi);
    let mut whole = WHOLE.clone();
    whole["servers"] = json!([{ "url": base }]);
    for (key, value) in [("name", publisher.name), ("email", publisher.email)] {
        if let Some(value) = value {
            whole["info"]["contact"][key] = json!(value);
        }
    }
    whole
}

fn served(description: Value, media_type: &'static str) -> Response {
    let mut response = Json(description).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

/// Whom to write to.
#[derive(Debug, Clone)]
pub struct Contact(pub Publisher);
