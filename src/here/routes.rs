//! `/api/here`.

use std::ops::RangeInclusive;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use chrono::{DateTime, Utc};
use utoipa::OpenApi;

use super::answer::{Answer, Named, Place, Question, grouped};
use super::query::{Asked, Found, Named as PlaceName, Origin, Statement};
use super::{ADDRESSES, BOUNDARY, HereAt, PARCELS};
use crate::auth::Caller;
use crate::catalogue::layer::Layer;
use crate::catalogue::select::select;
use crate::http::etag::validated;
use crate::http::language::Language;
use crate::http::links::{BaseUrl, Link};
use crate::http::moment;
use crate::http::negotiate::{Parameters, percent};
use crate::http::problem::{Problem, ProblemBody};

/// The part of the API's description that is about places.
#[derive(OpenApi)]
#[openapi(paths(here))]
pub struct Description;

/// Metres that a request may ask for.
const RADIUS: RangeInclusive<f64> = 1.0..=1_000.0;

impl HereAt {
    pub fn routes(self) -> Router {
        Router::new().route("/api/here", get(here)).with_state(self)
    }
}

/// What a request asks.
#[derive(Debug, PartialEq)]
struct Request {
    place: PlaceName,
    /// The register that the place is a record of.
    of: Option<&'static str>,
    radius: Option<f64>,
    moment: Option<DateTime<Utc>>,
}

/// Everything that holds at a place: whose land it is, what may be built, what is planned, restricted, dug up, switched
/// off or offered there, which school it belongs to and where the nearest shelter is. The place is a point, or an
/// address or a parcel of the register; of a parcel, whatever reaches into it holds.
#[utoipa::path(get, path = "/api/here", tag = "here",
    params(
        ("lon" = Option<f64>, Query, description = "Longitude in degrees, with `lat`", example = 30.5234, minimum = -180, maximum = 180),
        ("lat" = Option<f64>, Query, description = "Latitude in degrees, with `lon`", example = 50.4501, minimum = -90, maximum = 90),
        ("address" = Option<String>, Query, description = "Instead of a point: an address, by its registration number or its id"),
        ("parcel" = Option<String>, Query, description = "Instead of a point: a parcel, by its cadastral number or its id", example = "8000000000:82:001:0001"),
        ("radius" = Option<f64>, Query, minimum = 1, maximum = 1000,
            description = "Metres, in place of the distances that the registers have by themselves; the nearest school, stop or shelter is found all the same"),
        ("datetime" = Option<String>, Query, description = "A moment (RFC 3339), or a day, which means its end in Kyiv")),
    responses((status = 200, body = Answer), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn here(
    State(state): State<HereAt>,
    parameters: Parameters,
    base: BaseUrl,
    language: Language,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let request = Request::read(&parameters)?;
    let question = Question {
        base_url: &base.0,
        language,
        radius: request.radius,
        datetime: request.moment.map(|at| format!("datetime={}", moment::write(at))),
    };
    let answer = state.answer(&request, &question).await?;
    let text = serde_json::to_vec(&answer).map_err(|error| Problem::internal(&error))?;
    Ok(validated(&headers, "application/json", text))
}

impl HereAt {
    async fn answer(&self, request: &Request, question: &Question<'_>) -> Result<Answer, Problem> {
        let catalogue = &self.0.catalogue;
        let of = request.of.and_then(|id| catalogue.layer(id)).map(AsRef::as_ref);
        let (statement, unknown) = match request.moment.filter(|at| !moment::is_now(*at)) {
            None => (self.statement(request.of)?.clone(), Vec::new()),
            Some(at) => self.statement_at(request.of, at)?,
        };
        let mut found = statement.ask(&self.0.public, &request.place, request.radius).await?;
        let asked = &statement.asked;
        let is_place = |row: &Found| row.asked < 0;
        let own = found.iter().position(is_place).map(|index| found.remove(index));
        let own = own.ok_or_else(|| no_record(of, &request.place))?;
        let boundary = asked.iter().position(|asked| asked.selection.layer.id == BOUNDARY);
        let inside = found.iter().any(|row| boundary.is_some_and(|index| row.asked as usize == index));
        let place = Place::read(&own, of, inside, question).ok_or_else(|| no_place(of, &request.place))?;
        let at = [place.longitude, place.latitude];
        let (groups, silent) = grouped(&catalogue.groups, asked, found, at, question);
        let unknown = unknown.iter().map(|layer| Named::new(layer, question.language)).collect();
        let links = vec![Link::new("self", "application/json", request.url(question))];
        Ok(Answer { place, groups, silent, unknown, links })
    }

    fn statement(&self, of: Option<&str>) -> Result<&Statement, Problem> {
        match of {
            None => Ok(&self.0.at_point),
            Some(ADDRESSES) => self.0.at_address.as_ref().ok_or_else(|| no_register(ADDRESSES)),
            Some(_) => self.0.at_parcel.as_ref().ok_or_else(|| no_register(PARCELS)),
        }
    }

    /// The statement for a moment of the past, and the registers that keep no history.
    fn statement_at(
        &self,
        of: Option<&'static str>,
        at: DateTime<Utc>,
    ) -> Result<(Statement, Vec<Arc<Layer>>), Problem> {
        let catalogue = &self.0.catalogue;
        let (mut asked, mut unknown) = (Vec::new(), Vec::new());
        for layer in &catalogue.layers {
            let Some(now) = Asked::now(layer) else { continue };
            match now.selection.as_of(at) {
                Ok(selection) => asked.push(Asked::new(selection, now.here)),
                Err(_) => unknown.push(layer.clone()),
            }
        }
        let origin = match of {
            None => Origin::Point,
            Some(id) => {
                let layer = catalogue.layer(id).ok_or_else(|| no_register(id))?;
                Origin::Record(select(layer, Caller::Public).as_of(at)?)
            }
        };
        Ok((Statement::new(&origin, catalogue.layer(BOUNDARY), asked).once(), unknown))
    }
}

impl Request {
    fn read(parameters: &Parameters) -> Result<Self, Problem> {
        parameters.only(&["lon", "lat", "address", "parcel", "radius", "datetime"])?;
        let number =
            |name| parameters.get(name).map(|value| degrees(name, value, if name == "lat" { 90.0 } else { 180.0 }));
        let (lon, lat) = (number("lon").transpose()?, number("lat").transpose()?);
        let (address, parcel) = (parameters.get("address"), parameters.get("parcel"));
        let radius = parameters.get("radius").map(self::radius).transpose()?;
        let moment = parameters.get("datetime").map(moment::read).transpose()?;
        let (place, of) = match (lon, lat, address, parcel) {
            (Some(longitude), Some(latitude), None, None) => (PlaceName::Point { longitude, latitude }, None),
            (None, None, Some(key), None) => (PlaceName::Record { key: key.trim().to_owned() }, Some(ADDRESSES)),
            (None, None, None, Some(key)) => (PlaceName::Record { key: key.trim().to_owned() }, Some(PARCELS)),
            _ => return Err(one_place()),
        };
        Ok(Self { place, of, radius, moment })
    }

    /// The request's own address.
    fn url(&self, question: &Question<'_>) -> String {
        let place = match (&self.place, self.of) {
            (PlaceName::Point { longitude, latitude }, _) => format!("lon={longitude}&lat={latitude}"),
            (PlaceName::Record { key }, Some(ADDRESSES)) => format!("address={}", percent(key)),
            (PlaceName::Record { key }, _) => format!("parcel={}", percent(key)),
        };
        let radius = self.radius.map(|radius| format!("&radius={radius}")).unwrap_or_default();
        let datetime = question.datetime.as_ref().map(|datetime| format!("&{datetime}")).unwrap_or_default();
        format!("{}/api/here?{place}{radius}{datetime}", question.base_url)
    }
}

fn degrees(name: &str, value: &str, most: f64) -> Result<f64, Problem> {
    value.trim().parse().ok().filter(|degrees: &f64| degrees.abs() <= most).ok_or_else(|| {
        Problem::bad_request(
            name,
            format!("{name} — це градуси від −{most} до {most}, напр. 30.5234"),
            format!("{name} is in degrees from −{most} to {most}, for example 30.5234"),
        )
    })
}

fn radius(value: &str) -> Result<f64, Problem> {
    let (least, most) = (RADIUS.start(), RADIUS.end());
    value.trim().parse().ok().filter(|radius| RADIUS.contains(radius)).ok_or_else(|| {
        Problem::bad_request(
            "radius",
            format!("radius — це метри від {least} до {most}"),
            format!("radius is in metres from {least} to {most}"),
        )
    })
}

fn one_place() -> Problem {
    Problem::bad_request(
        "lon",
        "Назвіть одне місце: lon і lat, або address (номер чи id адреси), або parcel (кадастровий номер)",
        "Name one place: lon and lat, or address (an address’s registration number or id), or parcel (a cadastral number)",
    )
}

fn no_register(id: &str) -> Problem {
    Problem::not_found(
        format!("У цьому місті немає реєстру «{id}». Назвіть місце за lon і lat"),
        format!("This city has no register “{id}”. Name the place by lon and lat"),
    )
}

fn titles(of: Option<&Layer>) -> [&str; 2] {
    of.map_or(["", ""], |layer| [&layer.title.uk, &layer.title.en])
}

fn key(place: &PlaceName) -> &str {
    match place {
        PlaceName::Record { key } => key,
        PlaceName::Point { .. } => "",
    }
}

fn no_record(of: Option<&Layer>, place: &PlaceName) -> Problem {
    let ([uk, en], key) = (titles(of), key(place));
    Problem::not_found(
        format!("У реєстрі «{uk}» немає запису «{key}»."),
        format!("There is no record “{key}” in “{en}”."),
    )
}

fn no_place(of: Option<&Layer>, place: &PlaceName) -> Problem {
    let ([uk, en], key) = (titles(of), key(place));
    Problem::not_found(
        format!("Місце запису «{key}» реєстру «{uk}» ще не відоме."),
        format!("The place of the record “{key}” in “{en}” is not known yet."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parameters: &[(&str, &str)]) -> Result<Request, Problem> {
        let parameters = parameters.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        Request::read(&Parameters(parameters.collect()))
    }

    #[test]
    fn one_place_is_read_and_anything_else_is_refused() {
        let point = read(&[("lon", "30.5"), ("lat", "50.4"), ("radius", "300")]).unwrap();
        assert_eq!(point.place, PlaceName::Point { longitude: 30.5, latitude: 50.4 });
        assert_eq!(point.radius, Some(300.0));
        assert_eq!(read(&[("parcel", "8000000000:82:001:0001")]).unwrap().of, Some(PARCELS));
        for wrong in [
            &[][..],
            &[("lon", "30.5")],
            &[("lon", "30.5"), ("lat", "91")],
            &[("lon", "NaN"), ("lat", "50")],
            &[("lon", "inf"), ("lat", "50")],
            &[("lon", "30"), ("lat", "50"), ("parcel", "1")],
            &[("address", "1"), ("parcel", "1")],
            &[("lon", "30"), ("lat", "50"), ("radius", "0")],
            &[("lon", "30"), ("lat", "50"), ("radius", "1001")],
            &[("lon", "30"), ("lat", "50"), ("radius", "NaN")],
            &[("lon", "30"), ("lat", "50"), ("datetime", "soon")],
            &[("lon", "30"), ("lat", "50"), ("key", "secret")],
        ] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
