//! The page of all registers, that of one, and those of its properties.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::{at, grouped, moment};
use crate::catalogue::Catalogue;
use crate::catalogue::layer::{FieldType, Layer};
use crate::catalogue::overview::Overview;
use crate::catalogue::select::Selection;
use crate::catalogue::vocabulary::licence_uri;
use crate::features::schema::Described;
use crate::formats::files::FileFormat;
use crate::http::language::Language;
use crate::http::page::{Page, say};

/// `/api/collections`.
pub fn collections(
    catalogue: &Catalogue,
    overviews: &[(Arc<Layer>, Option<Overview>)],
    datetime: Option<&str>,
    base: &str,
    language: Language,
    headers: &HeaderMap,
) -> Response {
    let title = say(language, "Реєстри міста", "The city’s registers");
    let description = say(
        language,
        "Усі реєстри міста: адреси, ділянки, дозволи, роботи, планування. Кожен можна переглянути, знайти на мапі й завантажити.",
        "All registers of the city: addresses, parcels, permits, works, planning. Each can be read, seen on the map and downloaded.",
    );
    let body = html! {
        h1 { (title) }
        p.lead { (description) }
        @for group in &catalogue.groups {
            @let of_group: Vec<_> = overviews.iter().filter(|(layer, _)| layer.group == group.id).collect();
            @if !of_group.is_empty() {
                h2 { (group.title.get(language)) }
                ul.cards {
                    @for (layer, overview) in of_group { (card(layer, *overview, datetime, language)) }
                }
            }
        }
    };
    let data = json!({
        "@context": "https://schema.org/",
        "@type": "DataCatalog",
        "name": title,
        "description": description,
        "url": format!("{base}/api/collections"),
        "dataset": overviews.iter().map(|(layer, _)| json!({
            "@type": "Dataset",
            "name": layer.title.get(language),
            "description": layer.description.get(language),
            "url": format!("{base}/api/collections/{}", layer.id),
            "license": licence(layer),
        })).collect::<Vec<_>>(),
    });
    let query = at(datetime);
    let page = Page {
        base,
        language,
        path: "/api/collections",
        query: query.trim_start_matches('&'),
        title,
        description,
        trail: &[("API", "/api")],
        alternates: &[("application/json", format!("{base}/api/collections?f=json"))],
        data: Some(data),
        body,
    };
    page.response(headers)
}

/// What the count is of, in the present or as of a moment.
fn counted(datetime: Option<&str>, language: Language) -> String {
    let records = say(language, "Записів", "Records");
    let at = datetime.map(|at| format!("{} {at}", say(language, " станом на", " at")));
    format!("{records}{}", at.unwrap_or_default())
}

fn card(layer: &Layer, overview: Option<Overview>, datetime: Option<&str>, language: Language) -> Markup {
    html! {
        li {
            h3 {
                a href={ "/api/collections/" (layer.id) "?lang=" (language.tag()) (at(datetime)) } { (layer.title.get(language)) }
            }
            p { (layer.description.get(language)) }
            @if let Some(overview) = overview {
                p.quiet { (counted(datetime, language)) ": " (grouped(&overview.count.to_string(), language)) }
            }
        }
    }
}

/// `/api/collections/{layer}`.
pub fn collection(
    selection: &Selection,
    overview: Option<Overview>,
    datetime: Option<&str>,
    base: &str,
    language: Language,
    headers: &HeaderMap,
) -> Response {
    let layer = &selection.layer;
    let title = layer.title.get(language);
    let path = format!("/api/collections/{}", layer.id);
    let tag = language.tag();
    let body = html! {
        h1 { (title) }
        p.lead { (layer.description.get(language)) }
        ul.actions {
            li { a.main href={ (path) "/items?lang=" (tag) (at(datetime)) } { (say(language, "Переглянути записи", "See the records")) } }
            li { a href={ "/?layers=" (layer.id) "&lang=" (tag) } { (say(language, "На мапі", "On the map")) } }
        }
        dl.facts {
            @if let Some(overview) = overview {
                div { dt { (counted(datetime, language)) } dd { (grouped(&overview.count.to_string(), language)) } }
            }
            @if let Some(modified) = overview.and_then(|overview| overview.modified) {
                div {
                    dt { (say(language, "Остання зміна", "Last changed")) }
                    dd { time datetime=(modified.to_rfc3339()) { (moment(&modified.to_rfc3339(), language)) } }
                }
            }
            @if !layer.attribution.get(language).is_empty() {
                div { dt { (say(language, "Розпорядник", "Kept by")) } dd { (layer.attribution.get(language)) } }
            }
            div {
                dt { (say(language, "Ліцензія", "Licence")) }
                dd { a href=(licence(layer)) rel="license" { (layer.licence) } }
            }
            @if let Some(legal) = &layer.legal {
                div { dt { (say(language, "Структура за Постановою 835", "Structure of Resolution 835")) } dd { (legal.structure) } }
            }
        }
        h2 { (say(language, "Завантажити", "Download")) }
        ul.actions { (downloads(layer, &path)) }
        h2 { (say(language, "Що записано", "What is recorded")) }
        (fields(selection, language))
        h2 { (say(language, "Для програм", "For programs")) }
        ul.actions {
            li { a href={ (path) "/items?f=json" } { "GeoJSON" } }
            li { a href={ "/tiles/" (layer.id) } { "TileJSON" } }
            li { a href={ "/opendata/" (layer.id) "/dcat.jsonld" } { "DCAT-AP" } }
            li { a href={ "/opendata/" (layer.id) "/iso19139.xml" } { "ISO 19139" } }
            li { a href={ "/opendata/" (layer.id) "/passport.csv" } { (say(language, "Паспорт набору", "Passport")) } }
            @for described in Described::ALL {
                li { a href={ (path) "/" (described.name()) "?lang=" (tag) } { (described.title(language)) } }
            }
        }
    };
    let query = at(datetime);
    let page = Page {
        base,
        language,
        path: &path,
        query: query.trim_start_matches('&'),
        title,
        description: layer.description.get(language),
        trail: &[("API", "/api"), (say(language, "Реєстри", "Registers"), "/api/collections")],
        alternates: &[("application/json", format!("{base}{path}?f=json"))],
        data: Some(dataset(layer, overview.unwrap_or_default(), base, language)),
        body,
    };
    page.response(headers)
}

fn downloads(layer: &Layer, path: &str) -> Markup {
    html! {
        @for (_, about) in FileFormat::all() {
            li { a href={ (path) "/export." (about.ending) } download { (about.title) } }
        }
        @if layer.legal.is_some() {
            li { a href={ (path) "/legal.zip" } download { "835" } }
        }
    }
}

fn fields(selection: &Selection, language: Language) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(say(language, "Поля реєстру", "Fields of the register")) {
            table {
                thead {
                    tr {
                        th scope="col" { (say(language, "Поле", "Field")) }
                        th scope="col" { (say(language, "Назва для програм", "Name for programs")) }
                        th scope="col" { (say(language, "Тип", "Type")) }
                        th scope="col" { (say(language, "Можливі значення", "Possible values")) }
                    }
                }
                tbody {
                    @for &index in &selection.fields {
                        @let field = selection.field(index);
                        tr {
                            th scope="row" {
                                (field.title.get(language))
                                @if let Some(unit) = &field.unit { ", " (unit.get(language)) }
                            }
                            td { code { (field.name) } }
                            td { (kind(field.kind)) }
                            td { (field.values.iter().map(|value| value.label.get(language)).collect::<Vec<_>>().join(", ")) }
                        }
                    }
                }
            }
        }
    }
}

fn kind(kind: FieldType) -> &'static str {
    kind.about().name
}

pub fn licence(layer: &Layer) -> String {
    licence_uri(&layer.licence)
}

fn dataset(layer: &Layer, overview: Overview, base: &str, language: Language) -> Json {
    let own = format!("{base}/api/collections/{}", layer.id);
    let files = FileFormat::all().map(|(_, about)| {
        json!({
            "@type": "DataDownload",
            "encodingFormat": about.media_type,
            "name": about.title,
            "contentUrl": format!("{own}/export.{}", about.ending),
        })
    });
    let mut data = json!({
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": own,
        "name": layer.title.get(language),
        "description": layer.description.get(language),
        "url": own,
        "inLanguage": "uk",
        "license": licence(layer),
        "isAccessibleForFree": true,
        "includedInDataCatalog": { "@type": "DataCatalog", "url": format!("{base}/api/collections") },
        "distribution": files.collect::<Vec<_>>(),
    });
    if !layer.attribution.get(language).is_empty() {
        data["creator"] = json!({ "@type": "GovernmentOrganization", "name": layer.attribution.get(language) });
    }
    if let (Some(created), Some(modified)) = (overview.created, overview.modified) {
        data["dateCreated"] = created.to_rfc3339().into();
        data["dateModified"] = modified.to_rfc3339().into();
    }
    if let Some([west, south, east, north]) = overview.bounds {
        data["spatialCoverage"] = json!({
            "@type": "Place",
            "geo": { "@type": "GeoShape", "box": format!("{south} {west} {north} {east}") },
        });
    }
    data
}

/// `/api/collections/{layer}/schema`, `…/queryables`, `…/sortables`.
pub fn description(
    described: Described,
    selection: &Selection,
    schema: &Json,
    base: &str,
    language: Language,
    headers: &HeaderMap,
) -> Response {
    let layer = &selection.layer;
    let (path, above) =
        (format!("/api/collections/{}/{}", layer.id, described.name()), format!("/api/collections/{}", layer.id));
    let title = described.title(language);
    let properties = schema["properties"].as_object().into_iter().flatten();
    let text = |property: &Json, name: &str| property[name].as_str().unwrap_or_default().to_owned();
    let body = html! {
        h1 { (title) ": " (layer.title.get(language)) }
        div.scroll tabindex="0" role="region" aria-label=(title) {
            table {
                thead {
                    tr {
                        th scope="col" { (say(language, "Назва для програм", "Name for programs")) }
                        th scope="col" { (say(language, "Поле", "Field")) }
                        th scope="col" { (say(language, "Тип", "Type")) }
                    }
                }
                tbody {
                    @for (name, property) in properties {
                        tr {
                            th scope="row" { code { (name) } }
                            td { (text(property, "title")) }
                            td { (text(property, "type")) " " (text(property, "format")) }
                        }
                    }
                }
            }
        }
    };
    let page = Page {
        base,
        language,
        path: &path,
        query: "",
        title,
        description: layer.description.get(language),
        trail: &[
            ("API", "/api"),
            (say(language, "Реєстри", "Registers"), "/api/collections"),
            (layer.title.get(language), &above),
        ],
        alternates: &[("application/schema+json", format!("{base}{path}?f=json"))],
        data: None,
        body,
    };
    page.response(headers)
}
