//! The registers in the manner of CKAN's Action API (version 3), for harvesters that know nothing else: data.gov.ua's, and
//! ckanext-harvest's anywhere.

mod package;
mod search;
mod solr;

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Serialize;
use serde_json::{Value as Json, json};
use tower::ServiceExt;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{AdditionalProperties, SchemaType, Type};
use utoipa::openapi::{self, ObjectBuilder, RefOr, Required, Schema};
use utoipa::{OpenApi, ToSchema};

use super::{Metadata, dcat};
use crate::http::etag;
use crate::http::links::BaseUrl;
use crate::http::negotiate::{Parameters, percent, unknown};
use crate::http::problem::{Problem, ProblemBody, nothing_here};

use package::{Organization, Package, PackageGroup, Resource};
use search::Found;

/// The part of the API's description that is about CKAN's actions.
#[derive(OpenApi)]
#[openapi(paths(
    unversioned,
    package_list,
    package_show,
    package_search,
    resource_show,
    organization_list,
    organization_show,
    group_list,
    group_show,
    status_show
))]
struct Description;

const DEFAULT_ROWS: usize = 10;
const MOST_ROWS: usize = 1_000;
/// The version of CKAN whose answers these are like; clients look at it.
const LIKE_CKAN: &str = "2.10";

pub fn routes() -> Router<Metadata> {
    let unversioned = get(unversioned).post(unversioned);
    actions().route("/api/action/{action}", unversioned)
}

fn actions() -> Router<Metadata> {
    Router::new()
        .route("/api/3/action/package_list", get(package_list).post(package_list))
        .route("/api/3/action/package_show", get(package_show).post(package_show))
        .route("/api/3/action/package_search", get(package_search).post(package_search))
        .route("/api/3/action/resource_show", get(resource_show).post(resource_show))
        .route("/api/3/action/organization_list", get(organization_list).post(organization_list))
        .route("/api/3/action/organization_show", get(organization_show).post(organization_show))
        .route("/api/3/action/group_list", get(group_list).post(group_list))
        .route("/api/3/action/group_show", get(group_show).post(group_show))
        .route("/api/3/action/status_show", get(status_show).post(status_show))
        .layer(map_response(in_the_manner_of_ckan))
}

/// The part of the API's description that is about CKAN's actions: each may also be called by POST.
pub fn described() -> openapi::OpenApi {
    let mut described = Description::openapi();
    for item in described.paths.paths.values_mut() {
        item.post = item.get.as_ref().map(posted);
    }
    described
}

/// The same operation with its arguments in the body.
fn posted(by_query: &Operation) -> Operation {
    let mut posted = by_query.clone();
    let (in_path, arguments): (Vec<_>, Vec<_>) = posted
        .parameters
        .take()
        .into_iter()
        .flatten()
        .partition(|parameter| matches!(parameter, RefOr::T(of_path) if of_path.parameter_in == ParameterIn::Path));
    // what no action knows is refused
    let object = ObjectBuilder::new().additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)));
    let (mut object, mut needed) = (object, Required::False);
    for argument in arguments {
        if let RefOr::T(Parameter { name, schema: Some(schema), required, .. }) = argument {
            if required == Required::True {
                needed = Required::True;
                object = object.required(name.clone());
            }
            object = object.property(name, as_taken(schema));
        }
    }
    posted.parameters = (!in_path.is_empty()).then_some(in_path);
    posted.operation_id = by_query.operation_id.as_ref().map(|id| format!("{id}_by_post"));
    let content = ContentBuilder::new().schema(Some(object.build())).build();
    posted.request_body =
        Some(RequestBodyBuilder::new().content("application/json", content).required(Some(needed)).build().into());
    posted
}

/// The schema of an argument in a body: CKAN takes a number for its text and a text for its number, and so do harvesters.
fn as_taken(mut schema: RefOr<Schema>) -> RefOr<Schema> {
    if let RefOr::T(Schema::Object(object)) = &mut schema {
        if object.schema_type == SchemaType::from(Type::String) {
            object.schema_type = [Type::String, Type::Number, Type::Boolean, Type::Array].into_iter().collect();
        } else if object.schema_type == SchemaType::from(Type::Integer) {
            object.schema_type = [Type::Integer, Type::String].into_iter().collect();
            // none at all is as if it were not given
            object.pattern = Some("^([+]?[0-9]+)?$".to_owned());
        }
    }
    schema
}

/// Problems have the members that CKAN's clients look for.
async fn in_the_manner_of_ckan(mut response: Response) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    let kind = match problem.status() {
        StatusCode::NOT_FOUND => "Not Found Error",
        status if status.is_client_error() => "Validation Error",
        _ => "Search Error",
    };
    let error = json!({ "__type": kind, "message": problem.to_string() });
    problem.with("success", false.into()).with("error", error).into_response()
}

/// What every action answers.
#[derive(Serialize, ToSchema)]
struct Done<T> {
    /// Address of the description.
    help: String,
    success: bool,
    result: T,
}

/// What an action is given: by the query, or as an object in JSON.
struct Arguments(BTreeMap<String, String>);

impl<S: Send + Sync> FromRequest<S> for Arguments {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let Parameters(query) = Parameters::from_request_parts(&mut parts, state).await?;
        let mut given: BTreeMap<_, _> = query.into_iter().collect();
        if parts.method == Method::POST {
            let body = Bytes::from_request(Request::from_parts(parts, body), state).await.map_err(|_| no_object())?;
            given.extend(object(&body)?);
        }
        Ok(Self(given))
    }
}

fn no_object() -> Problem {
    Problem::bad_request(
        "body",
        "Тіло запиту має бути об’єктом JSON з аргументами дії.",
        "The body must be an object in JSON with the action’s arguments.",
    )
}

fn object(body: &[u8]) -> Result<BTreeMap<String, String>, Problem> {
    if body.is_empty() {
        return Ok(BTreeMap::new());
    }
    let object: BTreeMap<String, Json> = serde_json::from_slice(body).map_err(|_| no_object())?;
    let text = |(name, value): (String, Json)| match value {
        Json::String(text) => Ok((name, text)),
        // 5.0 is a whole number in JSON
        Json::Number(number) if number.as_f64().is_some_and(|number| number.fract() == 0.0 && number.abs() < 1e15) => {
            Ok((name, format!("{:.0}", number.as_f64().unwrap_or_default())))
        }
        Json::Null | Json::Object(_) => Err(Problem::bad_request(
            &name,
            format!("{name} не може бути об’єктом чи null."),
            format!("{name} cannot be an object or null."),
        )),
        // in a query CKAN has lists as they are written in JSON
        value => Ok((name, value.to_string())),
    };
    object.into_iter().map(text).collect()
}

impl Arguments {
    fn only(&self, known: &[&str]) -> Result<(), Problem> {
        match self.0.keys().find(|name| !known.contains(&name.as_str()) && !Parameters::is_common(name)) {
            Some(name) => Err(unknown(name, known.iter().copied())),
            None => Ok(()),
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    fn id(&self) -> Result<&str, Problem> {
        self.get("id").ok_or_else(|| Problem::bad_request("id", "Потрібен параметр id.", "The parameter id is needed."))
    }

    fn whole(&self, name: &str) -> Result<Option<usize>, Problem> {
        let Some(text) = self.get(name).filter(|text| !text.is_empty()) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| {
            Problem::bad_request(
                name,
                format!("{name} має бути невід’ємним цілим числом"),
                format!("{name} must be a whole number, 0 or more"),
            )
        })
    }
}

fn done<T: Serialize>(headers: &HeaderMap, base: &BaseUrl, result: T) -> Result<Response, Problem> {
    let help = format!("{}/api/openapi.json", base.0);
    etag::json(headers, "application/json", &Done { help, success: true, result })
}

fn nobody(uk: &str, en: &str, id: &str) -> Problem {
    Problem::not_found(format!("{uk} «{id}» немає."), format!("There is no {en} “{id}”."))
}

impl Metadata {
    async fn packages<'d>(&'d self, base: &'d BaseUrl) -> Result<Vec<Found<'d>>, Problem> {
        let datasets = self.datasets(&base.0).await?;
        let all = datasets.len();
        let found = |dataset| Found { package: Package::new(&dataset, &base.0, all), dataset };
        Ok(datasets.into_iter().map(found).collect())
    }

    fn group_list(&self, base: &BaseUrl) -> Vec<PackageGroup> {
        self.0.catalogue.groups.iter().map(|group| PackageGroup::new(group, &base.0)).collect()
    }

    fn organization(&self, base: &BaseUrl) -> Organization {
        Organization::new(self.publisher(), &base.0, self.0.catalogue.layers.len())
    }
}

/// The same actions without the version, as some clients call them.
#[utoipa::path(get, path = "/api/action/{action}", tag = "ckan",
    params(("action" = String, Path, description = "For example package_list")),
    responses((status = 200, body = serde_json::Value), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn unversioned(
    State(metadata): State<Metadata>,
    Path(action): Path<String>,
    mut request: Request,
) -> Result<Response, Problem> {
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    let versioned = format!("/api/3/action/{}{query}", percent(&action)).parse();
    *request.uri_mut() = versioned.map_err(|_| nobody("Дії", "action", &action))?;
    let actions = actions().fallback(nothing_here).with_state::<()>(metadata);
    Ok(actions.oneshot(request).await.unwrap_or_else(|never| match never {}))
}

/// Names of all packages.
#[utoipa::path(get, path = "/api/3/action/package_list", tag = "ckan",
    params(("limit" = Option<usize>, Query), ("offset" = Option<usize>, Query)),
    responses((status = 200, body = Done<Vec<String>>), (status = 400, body = ProblemBody)))]
async fn package_list(
    State(metadata): State<Metadata>,
    base: BaseUrl,
    headers: HeaderMap,
    given: Arguments,
) -> Result<Response, Problem> {
    given.only(&["limit", "offset"])?;
    let mut names: Vec<_> = metadata.0.catalogue.layers.iter().map(|layer| layer.id.clone()).collect();
    names.sort_unstable();
    let (offset, limit) = (given.whole("offset")?.unwrap_or(0), given.whole("limit")?.unwrap_or(usize::MAX));
    done(&headers, &base, names.into_iter().skip(offset).take(limit).collect::<Vec<_>>())
}

/// One package, by its name or UUID.
#[utoipa::path(get, path = "/api/3/action/package_show", tag = "ckan",
    params(("id" = String, Query, description = "Name (the register’s id) or UUID")),
    responses((status = 200, body = Done<Package>), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn package_show(
    State(metadata): State<Metadata>,
    base: BaseUrl,
    headers: HeaderMap,
    given: Arguments,
) -> Result<Response, Problem> {
    given.only(&["id", "use_default_schema", "include_tracking"])?;
    let id = given.id()?;
    let mut packages = metadata.packages(&base).await?.into_iter().map(|found| found.package);
    let package = packages.find(|package| package.id == id || package.name == id);
    done(&headers, &base, package.ok_or_else(|| nobody("Набору", "package", id))?)
}

/// Packages that fit.
#[derive(Serialize, ToSchema)]
struct SearchResult {
    /// How many fit.
    count: usize,
    sort: String,
    results: Vec<Package>,
    /// Always empty: nothing is counted by facets.
    facets: BTreeMap<String, u64>,
    search_facets: BTreeMap<String, u64>,
}

/// Packages by words and conditions.
#[utoipa::path(get, path = "/api/3/action/package_search", tag = "ckan",
    params(
        ("q" = Option<String>, Query, description = "Conditions as in `fq`, or else words that must all be mentioned; `*:*` is everything"),
        ("fq" = Option<String>, Query, description = "Conditions in Solr’s language, for example `-groups:base metadata_modified:[2026-11-01T00:00:00Z TO *]`. Fields: name, id, title, notes, organization, owner_org, groups, tags, license_id, res_format, metadata_created, metadata_modified, type, state, capacity"),
        ("sort" = Option<String>, Query, description = "For example `metadata_modified desc`; by score, id, name, title, metadata_created, metadata_modified"),
        ("rows" = Option<usize>, Query, description = "10 unless told, 1 000 at most"),
        ("start" = Option<usize>, Query, description = "How many to pass over")),
    responses((status = 200, body = Done<SearchResult>), (status = 400, body = ProblemBody)))]
async fn package_search(
    State(metadata): State<Metadata>,
    base: BaseUrl,
    headers: HeaderMap,
    given: Arguments,
) -> Result<Response, Problem> {
    // nothing is private or a draft, and there is one schema, so what is said of these changes nothing
    let idle = ["include_private", "include_drafts", "use_default_schema"];
    given.only(&[&["q", "fq", "sort", "rows", "start"][..], &idle].concat())?;
    let q = search::words(given.get("q").unwrap_or_default());
    let fq = search::conditions("fq", given.get("fq").unwrap_or_default())?;
    let mut found = metadata.packages(&base).await?;
    found.retain(|found| search::fits(&q, found) && search::fits(&fq, found));
    let order = given.get("sort").unwrap_or("score desc, metadata_modified desc");
    search::sort(&mut found, order)?;
    let (start, rows) = (given.whole("start")?.unwrap_or(0), given.whole("rows")?.unwrap_or(DEFAULT_ROWS));
    let result = SearchResult {
        count: found.len(),
        sort: order.to_owned(),
        results: found.into_iter().skip(start).take(rows.min(MOST_ROWS)).map(|found| found.package).collect(),
        facets: BTreeMap::new(),
        search_facets: BTreeMap::new(),
    };
    done(&headers, &base, result)
}

/// One form of a package, by its UUID.
#[utoipa::path(get, path = "/api/3/action/resource_show", tag = "ckan",
    params(("id" = String, Query, description = "UUID")),
    responses((status = 200, body = Done<Resource>), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn resource_show(
    State(metadata): State<Metadata>,
    base: BaseUrl,
    headers: HeaderMap,
    given: Arguments,
) -> Result<Response, Problem> {
    given.only(&["id"])?;
    let id = given.id()?;
    let mut resources = metadata.packages(&base).await?.into_iter().flat_map(|found| found.package.resources);
    let resource = resources.find(|resource| resource.id == id);
    done(&headers, &base, resource.ok_or_else(|| nobody("Ресурсу", "resource", id))?)
}

/// Names of all organisations: one, which publishes everything.
#[utoipa::path(get, path = "/api/3/action/organization_list", tag = "ckan",
    responses((status = 200, body = Done<Vec<String>>), (status = 400, body = ProblemBody)))]
async fn organization_list(
    State(metadata): State<Metadata>,
    base: BaseUrl,
    headers: HeaderMap,
    given: Arguments,
) -> Result<Response, Problem> {
    given.only(&[])?;
    done(&headers, &base, [metadata.organization(&base).name])
}

/// The organisation, by its name or UUID.
#[utoipa::path(get, path = "/api/3/action/organization_show", tag = "ckan",
    params(("id" = String, Query, description = "Name or UUID")),
    responses((status = 200, body = Done<Organization>), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn organization_show(
    State(metadata): State<Metadata>,
    base: BaseUrl,
    headers: HeaderMap,
    given: Arguments,
) -> Result<Response, Problem> {
    given.only(&["id", "include_datasets"])?;
    let (id, organization) = (given.id()?, metadata.organization(&base));
    if organization.id != id && organization.name != id {
        return Err(nobody("Організації", "organisation", id));
    }
    done(&headers, &base, organization)
}

/// Names of all groups: the headings of the layer panel.
#[utoipa::path(get, path = "/api/3/action/group_list", tag = "ckan",
    responses((status = 200, body = Done<Vec<String>>), (status = 400, body = ProblemBody)))]
async fn group_list(
    State(metadata): State<Metadata>,
    base: BaseUrl,
    headers: HeaderMap,
    given: Arguments,
) -> Result<Response, Problem> {
    given.only(&[])?;
    let names: Vec<_> = metadata.group_list(&base).into_iter().map(|group| group.name).collect();
    done(&headers, &base, names)
}

/// One group, by its name or UUID.
#[utoipa::path(get, path = "/api/3/action/group_show", tag = "ckan",
    params(("id" = String, Query, description = "Name or UUID")),
    responses((status = 200, body = Done<PackageGroup>), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn group_show(
    State(metadata): State<Metadata>,
    base: BaseUrl,
    headers: HeaderMap,
    given: Arguments,
) -> Result<Response, Problem> {
    given.only(&["id", "include_datasets"])?;
    let id = given.id()?;
    let group = metadata.group_list(&base).into_iter().find(|group| group.id == id || group.name == id);
    done(&headers, &base, group.ok_or_else(|| nobody("Групи", "group", id))?)
}

/// What the portal says of itself.
#[derive(Serialize, ToSchema)]
struct Status {
    /// Version of CKAN whose answers these are like.
    ckan_version: &'static str,
    site_url: String,
    site_title: String,
    site_description: String,
    locale_default: &'static str,
    extensions: Vec<String>,
}

/// What the portal says of itself.
#[utoipa::path(get, path = "/api/3/action/status_show", tag = "ckan",
    responses((status = 200, body = Done<Status>), (status = 400, body = ProblemBody)))]
async fn status_show(
    State(metadata): State<Metadata>,
    base: BaseUrl,
    headers: HeaderMap,
    given: Arguments,
) -> Result<Response, Problem> {
    given.only(&[])?;
    let status = Status {
        ckan_version: LIKE_CKAN,
        site_url: base.0.clone(),
        site_title: dcat::title(metadata.publisher()).uk,
        site_description: dcat::description().uk,
        locale_default: "uk",
        extensions: Vec::new(),
    };
    done(&headers, &base, status)
}
