//! What a request for features says: which, in what order, with which properties, in which reference system.

use std::sync::Arc;

use utoipa::IntoParams;

use super::crs::Crs;
use super::sort::{Sort, Start};
use crate::auth::Caller;
use crate::catalogue::filter::Filter;
use crate::catalogue::filter::cql2::Cql2;
use crate::catalogue::layer::Layer;
use crate::catalogue::select::{Selection, select};
use crate::http::moment::{self, When};
use crate::http::negotiate::{Parameters, unknown};
use crate::http::problem::Problem;

pub const DEFAULT_LIMIT: i64 = 100;
/// A whole register of a large city in one answer.
pub const MOST: i64 = 1_000_000;

/// What may be said besides properties.
pub const PARAMETERS: [&str; 13] = [
    "bbox",
    "bbox-crs",
    "crs",
    "datetime",
    "filter",
    "filter-lang",
    "filter-crs",
    "limit",
    "after",
    "before",
    "properties",
    "skipGeometry",
    "sortby",
];

/// The same for the API's description.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "requests are read by name, because any property may be a parameter")]
pub struct ItemsParameters {
    /// west,south,east,north in degrees, or in the order of the axes of bbox-crs; six numbers with heights, which do not
    /// matter
    #[param(example = "30.4,50.4,30.6,50.5")]
    bbox: Option<String>,
    /// URI of the system of bbox: one of the collection's
    #[param(rename = "bbox-crs")]
    bbox_crs: Option<String>,
    /// URI of the system of the answer's coordinates: one of the collection's
    crs: Option<String>,
    /// The moment (RFC 3339), or the day as of whose end, the register is read; or an interval, a/b, ../b or a/..: every
    /// record that was in force at any time in it, as it last was then
    datetime: Option<String>,
    /// A CQL2 expression over what …/queryables names
    #[param(example = "id > 0 AND S_INTERSECTS(geom, BBOX(30.4,50.4,30.6,50.5))")]
    filter: Option<String>,
    /// cql2-text (unless told) or cql2-json
    #[param(rename = "filter-lang")]
    filter_lang: Option<String>,
    /// URI of the system of the filter's geometries: one of the collection's
    #[param(rename = "filter-crs")]
    filter_crs: Option<String>,
    /// How many features; above 10 000 the answer is streamed, and few streams run at once
    #[param(minimum = 1, maximum = 1_000_000, default = 100)]
    limit: Option<i64>,
    /// Taken from the next link of the page before
    after: Option<String>,
    /// Taken from the prev link of the page after
    before: Option<String>,
    /// Names of the properties to show, joined by commas
    properties: Option<String>,
    /// true: without geometries
    #[param(rename = "skipGeometry")]
    skip_geometry: Option<bool>,
    /// Names joined by commas, each with - before it for the other way round
    sortby: Option<String>,
}

/// What the city and its database allow.
#[derive(Debug, Clone)]
pub struct Allowed {
    /// Reference systems of the collection.
    pub systems: Vec<Crs>,
    /// Name of the collation by which texts are in the order of the Ukrainian alphabet, where the database has one.
    pub collation: Option<String>,
}

/// A request for a page of features.
#[derive(Debug, Clone)]
pub struct ItemsRequest {
    pub selection: Selection,
    pub filter: Filter,
    pub limit: i64,
    pub sort: Sort,
    pub start: Start,
    pub shown: Shown,
    /// As it came; links of the answer say the same.
    pub parameters: Parameters,
}

/// What of a feature is shown.
#[derive(Debug, Clone)]
pub struct Shown {
    pub crs: Crs,
    /// Indices of the fields.
    pub fields: Vec<usize>,
    pub standing: bool,
    pub geometry: bool,
}

impl ItemsRequest {
    /// Reads the parameters; every name that is not of [`PARAMETERS`] is a property and the value that it must have.
    pub fn read(layer: &Arc<Layer>, parameters: Parameters, allowed: &Allowed) -> Result<Self, Problem> {
        let selection = selection(layer, parameters.get("datetime"))?;
        let shown = Shown::read(&selection, &parameters, allowed)?;
        let sort = match parameters.get("sortby") {
            Some(text) => Sort::read(text, &selection, allowed.collation.as_deref())?,
            None => Sort::default(),
        };
        Ok(Self {
            filter: filter(&parameters, &selection, allowed)?,
            limit: parameters.get("limit").map_or(Ok(DEFAULT_LIMIT), limit)?,
            start: sort.start(parameters.get("after"), parameters.get("before"))?,
            selection,
            sort,
            shown,
            parameters,
        })
    }

    /// The query part of an address that says all that this request says, but for what `other` names anew.
    pub fn query(&self, other: &[(&str, &str)]) -> String {
        self.parameters.query(other)
    }
}

/// What the public may read of a layer, as of when a request says.
pub fn selection(layer: &Arc<Layer>, datetime: Option<&str>) -> Result<Selection, Problem> {
    let selection = select(layer, Caller::Public);
    Ok(match datetime.map(moment::read_when).transpose()? {
        None => selection,
        Some(When::At(moment)) => selection.as_of(moment)?,
        Some(When::Within(from, until)) => selection.within(from, until)?,
    })
}

fn filter(parameters: &Parameters, selection: &Selection, allowed: &Allowed) -> Result<Filter, Problem> {
    let mut filter = Filter::default();
    let system = match parameters.get("bbox-crs") {
        Some(text) => Crs::read("bbox-crs", text, &allowed.systems)?,
        None => Crs::Crs84,
    };
    if let Some(text) = parameters.get("bbox") {
        filter.bbox = Some(system.bbox(text)?);
        filter.bbox_system = system.transformed();
    }
    filter.cql2 = cql2(parameters, allowed)?;
    let properties = parameters.0.iter().filter(|(name, _)| !is_known(name));
    filter.properties = properties.cloned().collect();
    let queryable =
        |name: &str| selection.visible(name).is_some() || name == "standing" && selection.layer.status.is_some();
    match filter.properties.iter().find(|(name, _)| !queryable(name)) {
        Some((name, _)) => {
            let fields = selection.fields.iter().map(|&index| selection.field(index).name.as_str());
            Err(unknown(name, PARAMETERS.into_iter().chain(Parameters::COMMON).chain(fields)))
        }
        None => Ok(filter),
    }
}

/// `filter`, `filter-lang` and `filter-crs` (OGC API – Features Part 3).
fn cql2(parameters: &Parameters, allowed: &Allowed) -> Result<Option<Cql2>, Problem> {
    let system = match parameters.get("filter-crs") {
        Some(text) => Crs::read("filter-crs", text, &allowed.systems)?,
        None => Crs::Crs84,
    };
    let is_json = match parameters.get("filter-lang") {
        Some("cql2-text") => Some(false),
        Some("cql2-json") => Some(true),
        None => None,
        Some(_) => {
            let (uk, en) =
                ("filter-lang має бути cql2-text або cql2-json", "filter-lang must be cql2-text or cql2-json");
            return Err(Problem::bad_request("filter-lang", uk, en));
        }
    };
    let Some(text) = parameters.get("filter") else { return Ok(None) };
    let code = system.transformed().unwrap_or(4326);
    Ok(Some(Cql2 { system: code, is_north_first: system.is_north_first(), ..Cql2::read(text, is_json)? }))
}

fn is_known(name: &str) -> bool {
    PARAMETERS.contains(&name) || Parameters::is_common(name)
}

impl Shown {
    pub fn read(selection: &Selection, parameters: &Parameters, allowed: &Allowed) -> Result<Self, Problem> {
        let crs = match parameters.get("crs") {
            Some(text) => Crs::read("crs", text, &allowed.systems)?,
            None => Crs::Crs84,
        };
        let geometry = match parameters.get("skipGeometry") {
            None | Some("false") => true,
            Some("true") => false,
            Some(_) => {
                let (uk, en) = ("skipGeometry має бути true або false", "skipGeometry must be true or false");
                return Err(Problem::bad_request("skipGeometry", uk, en));
            }
        };
        let mut shown = Self { crs, fields: selection.fields.clone(), standing: true, geometry };
        if let Some(text) = parameters.get("properties") {
            shown.only(selection, text)?;
        }
        Ok(shown)
    }

    /// Leaves the properties that are named, in the register's order.
    fn only(&mut self, selection: &Selection, text: &str) -> Result<(), Problem> {
        let names: Vec<_> = text.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        let has_standing = selection.layer.status.is_some();
        let strange =
            names.iter().find(|name| selection.visible(name).is_none() && !(has_standing && **name == "standing"));
        if let Some(name) = strange {
            let fields = selection.fields.iter().map(|&index| selection.field(index).name.as_str());
            let known = fields.chain(has_standing.then_some("standing")).collect::<Vec<_>>().join(", ");
            return Err(Problem::bad_request(
                "properties",
                format!("Властивості «{name}» немає. Є: {known}"),
                format!("There is no property “{name}”. There are: {known}"),
            ));
        }
        self.standing = names.contains(&"standing");
        self.fields.retain(|&index| names.contains(&selection.field(index).name.as_str()));
        Ok(())
    }

    /// SQL of the geometry to show.
    pub fn geometry(&self, selection: &Selection) -> String {
        match self.crs.transformed() {
            _ if !self.geometry => "null".to_owned(),
            Some(code) => format!("st_transform({}, {code})", selection.geometry()),
            None => selection.geometry(),
        }
    }
}

fn limit(text: &str) -> Result<i64, Problem> {
    // a limit above the most is not an error: the server returns what it can (OGC API – Features §7.15.2)
    text.parse().ok().filter(|limit| *limit > 0).map(|limit: i64| limit.min(MOST)).ok_or_else(|| {
        Problem::bad_request(
            "limit",
            format!("limit має бути цілим числом від 1 до {MOST}"),
            format!("limit must be a whole number from 1 to {MOST}"),
        )
    })
}
