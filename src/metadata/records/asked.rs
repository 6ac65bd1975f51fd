//! What a request for records asks for: the core query parameters (20-004r1 §7.5).

use super::record::external_ids;
use crate::catalogue::dataset::Dataset;
use crate::http::bbox;
use crate::http::moment::{self, When};
use crate::http::negotiate::{Parameters, percent};
use crate::http::problem::Problem;
use crate::metadata::mentions;

const KNOWN: [&str; 8] = ["q", "bbox", "datetime", "type", "ids", "externalIds", "limit", "offset"];
const DEFAULT_LIMIT: usize = 100;
const MOST: usize = 1_000;

/// Conditions, each of which a record must fulfil where it is given.
#[derive(Debug, Default)]
pub struct Asked {
    /// One of these must be mentioned.
    texts: Option<Vec<String>>,
    bbox: Option<[f64; 4]>,
    kept: Option<When>,
    kinds: Option<Vec<String>>,
    ids: Option<Vec<String>>,
    external_ids: Option<Vec<String>>,
    pub limit: usize,
    pub offset: usize,
}

impl Asked {
    pub fn read(parameters: &Parameters) -> Result<Self, Problem> {
        parameters.only(&KNOWN)?;
        let list = |name: &str| parameters.get(name).map(list);
        Ok(Self {
            texts: list("q"),
            bbox: parameters.get("bbox").map(bbox::read).transpose()?,
            kept: parameters.get("datetime").map(moment::read_when).transpose()?,
            kinds: list("type"),
            ids: list("ids"),
            external_ids: list("externalIds"),
            limit: whole(parameters, "limit")?.map_or(DEFAULT_LIMIT, |limit| limit.min(MOST)),
            offset: whole(parameters, "offset")?.unwrap_or(0),
        })
    }

    pub fn fits(&self, dataset: &Dataset<'_>, base: &str) -> bool {
        let one_of = |wanted: &Option<Vec<String>>, fits: &dyn Fn(&str) -> bool| {
            wanted.as_ref().is_none_or(|wanted| wanted.iter().any(|wanted| fits(wanted)))
        };
        one_of(&self.texts, &|text| mentions(dataset, text))
            && one_of(&self.kinds, &|kind| kind == "dataset")
            && one_of(&self.ids, &|id| id == dataset.layer.id)
            && one_of(&self.external_ids, &|wanted| {
                let known = external_ids(dataset, base);
                known.iter().any(|(scheme, value)| wanted == value || wanted == format!("{scheme}:{value}"))
            })
            && self.bbox.is_none_or(|wanted| dataset.overview.bounds.is_some_and(|around| meet(wanted, around)))
            // a register goes on for ever, so only its beginning matters
            && self.kept.is_none_or(|when| {
                let (When::At(until) | When::Within(_, Some(until))) = when else {
                    return dataset.overview.created.is_some();
                };
                dataset.overview.created.is_some_and(|created| created <= until)
            })
    }

    /// The address of the page that begins at `offset`.
    pub fn url(&self, items: &str, parameters: &Parameters, offset: usize) -> String {
        let mut query: Vec<_> = parameters
            .0
            .iter()
            .filter(|(name, _)| name != "offset")
            .map(|(name, value)| format!("{name}={}", percent(value)))
            .collect();
        if offset > 0 {
            query.push(format!("offset={offset}"));
        }
        if query.is_empty() { items.to_owned() } else { format!("{items}?{}", query.join("&")) }
    }
}

/// The parts of a list that are not empty.
fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn whole(parameters: &Parameters, name: &str) -> Result<Option<usize>, Problem> {
    let Some(text) = parameters.get(name) else { return Ok(None) };
    let least = usize::from(name == "limit");
    text.parse().ok().filter(|number| *number >= least).map(Some).ok_or_else(|| {
        Problem::bad_request(
            name,
            format!("{name} має бути цілим числом, не меншим за {least}"),
            format!("{name} must be a whole number, {least} or more"),
        )
    })
}

/// Whether two boxes meet; the first may cross the antimeridian, where its west is above its east.
fn meet(wanted: [f64; 4], around: [f64; 4]) -> bool {
    let [west, south, east, north] = wanted;
    let across = west > east;
    let in_longitude =
        if across { around[2] >= west || around[0] <= east } else { around[2] >= west && around[0] <= east };
    in_longitude && around[3] >= south && around[1] <= north
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_meet_also_across_the_antimeridian() {
        let city = [30.0, 50.0, 31.0, 51.0];
        assert!(meet([30.5, 50.5, 40.0, 60.0], city) && meet([31.0, 51.0, 32.0, 52.0], city));
        assert!(!meet([31.1, 50.0, 32.0, 51.0], city) && !meet([30.0, 51.1, 31.0, 52.0], city));
        assert!(meet([30.9, 50.0, -170.0, 51.0], city) && !meet([170.0, 50.0, -170.0, 51.0], city));
    }
}
