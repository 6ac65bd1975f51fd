//! The page of one record: what is recorded, how it stands, where it is, what it is linked to.

use axum::http::HeaderMap;
use axum::response::Response;
use geo::{BoundingRect, Geometry};
use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::items::name;
use super::{at, moment, standing, with_unit};
use crate::catalogue::layer::Standing;
use crate::catalogue::record::Value;
use crate::catalogue::select::{SelectedRow, Selection};
use crate::features::related::{Related, Relations};
use crate::formats::ewkb;
use crate::http::language::Language;
use crate::http::page::{Page, say};

/// A record to be shown.
#[derive(Debug)]
pub struct ItemPage<'p> {
    pub selection: &'p Selection,
    pub row: &'p SelectedRow,
    pub version: Option<i32>,
    /// RFC 3339.
    pub recorded: Option<&'p str>,
    /// None of how it was within an interval.
    pub relations: Option<&'p Relations>,
    /// As of when, as the request says it.
    pub datetime: Option<&'p str>,
}

/// `/api/collections/{layer}/items/{id}`.
pub fn item(record: &ItemPage<'_>, base: &str, language: Language, headers: &HeaderMap) -> Response {
    let ItemPage { selection, row, .. } = record;
    let layer = &selection.layer;
    let above = format!("/api/collections/{}", layer.id);
    let records = format!("{above}/items");
    let path = format!("{records}/{}", row.id);
    let query = at(record.datetime);
    let title = name(selection, row, language);
    let description = description(record, &title, language);
    let body = html! {
        h1 { (title) }
        p.lead {
            (layer.title.get(language)) " "
            @if let Some(name) = &row.standing { (standing(name, language)) }
        }
        @if let Some(at) = record.datetime {
            p.quiet { (say(language, "Так було записано станом на ", "As it was recorded at ")) (at) }
        }
        ul.actions {
            li {
                a.main href={ "/?object=" (layer.id) "/" (row.id) "&lang=" (language.tag()) } {
                    (say(language, "На мапі", "On the map"))
                }
            }
            li { a href={ (path) "?f=json" } { "GeoJSON" } }
            @if record.version.is_some() {
                li { a href={ (path) "/history?lang=" (language.tag()) } { (say(language, "Історія змін", "History")) } }
            }
        }
        (facts(record, language))
        @if let Some(relations) = record.relations { (related(relations, record.datetime, language)) }
        @if let (Some(version), Some(recorded)) = (record.version, record.recorded) {
            p.quiet {
                (say(language, "Версія ", "Version ")) (version) ", "
                time datetime=(recorded) { (moment(recorded, language)) }
            }
        }
    };
    let page = Page {
        base,
        language,
        path: &path,
        query: query.trim_start_matches('&'),
        title: &title,
        description: &description,
        trail: &[
            ("API", "/api"),
            (say(language, "Реєстри", "Registers"), "/api/collections"),
            (layer.title.get(language), &above),
            (say(language, "Записи", "Records"), &records),
        ],
        alternates: &[("application/geo+json", format!("{base}{path}?f=json"))],
        data: Some(place(record, &title, &description, base)),
        body,
    };
    page.response(headers)
}

fn description(record: &ItemPage<'_>, title: &str, language: Language) -> String {
    let standing = record.row.standing.as_deref().and_then(Standing::named).map(|standing| standing.label(language));
    let words = [Some(title), standing, Some(record.selection.layer.description.get(language))];
    words.into_iter().flatten().collect::<Vec<_>>().join(". ")
}

fn facts(record: &ItemPage<'_>, language: Language) -> Markup {
    let ItemPage { selection, row, .. } = record;
    let fields = selection.fields.iter().map(|&index| selection.field(index)).zip(&row.values);
    html! {
        dl.facts {
            @for (field, value) in fields.filter(|(_, value)| **value != Value::Null) {
                div {
                    dt { (field.title.get(language)) }
                    dd { (with_unit(field, value, language)) }
                }
            }
            @if let Some([west, south, east, north]) = bounds(row) {
                div {
                    dt { (say(language, "Координати (широта, довгота)", "Coordinates (latitude, longitude)")) }
                    dd { (format!("{:.6}, {:.6}", (south + north) / 2.0, (west + east) / 2.0)) }
                }
            }
        }
    }
}

fn related(relations: &Relations, datetime: Option<&str>, language: Language) -> Markup {
    let mut groups: Vec<(&str, Vec<&Related>)> = Vec::new();
    for related in &relations.related {
        let title = related.title.get(language);
        match groups.last_mut().filter(|(known, _)| *known == title) {
            Some((_, group)) => group.push(related),
            None => groups.push((title, vec![related])),
        }
    }
    html! {
        @if !groups.is_empty() { h2 { (say(language, "Пов’язане", "Linked records")) } }
        @for (title, group) in groups {
            h3 { (title) }
            ul.plain {
                @for related in group {
                    li {
                        a href={ "/api/collections/" (related.layer) "/items/" (related.id) "?lang=" (language.tag()) (at(datetime)) } {
                            (related.name)
                        }
                        @if let Some(name) = &related.standing { " " (standing(name, language)) }
                        @if let Some(metres) = related.metres {
                            span.quiet { " " (metres.round()) "\u{a0}" (say(language, "м", "m")) }
                        }
                        @if let Some(warning) = &related.warning { p { strong { (warning.says.get(language)) } } }
                    }
                }
            }
        }
    }
}

/// West, south, east, north in degrees.
fn bounds(row: &SelectedRow) -> Option<[f64; 4]> {
    let around = ewkb::to_geometry(row.ewkb.as_deref()?).ok()?.bounding_rect()?;
    Some([around.min().x, around.min().y, around.max().x, around.max().y])
}

fn place(record: &ItemPage<'_>, title: &str, description: &str, base: &str) -> Json {
    let layer = &record.selection.layer;
    let own = format!("{base}/api/collections/{}/items/{}", layer.id, record.row.id);
    let mut data = json!({
        "@context": "https://schema.org/",
        "@type": "Place",
        "@id": own,
        "name": title,
        "description": description,
        "url": own,
        "identifier": record.row.id.to_string(),
        "subjectOf": { "@type": "Dataset", "@id": format!("{base}/api/collections/{}", layer.id), "name": layer.title.uk,
            "description": layer.description.uk, "license": super::collection::licence(layer) },
    });
    if let Some([west, south, east, north]) = bounds(record.row) {
        let is_point = matches!(record.row.ewkb.as_deref().map(ewkb::to_geometry), Some(Ok(Geometry::Point(_))));
        data["geo"] = if is_point {
            json!({ "@type": "GeoCoordinates", "latitude": south, "longitude": west })
        } else {
            json!({ "@type": "GeoShape", "box": format!("{south} {west} {north} {east}") })
        };
    }
    data
}
