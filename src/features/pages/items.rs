//! A page of a register's records, with a form to narrow it.

use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};

use super::{at, grouped, shown, standing};
use crate::catalogue::layer::{Field, Layer, Standing};
use crate::catalogue::select::{SelectedRow, Selection};
use crate::features::request::ItemsRequest;
use crate::http::language::Language;
use crate::http::page::{Page, say};

/// Columns beside the name and the standing, so that a table stays readable.
const COLUMNS: usize = 5;
/// Fields with a list of values that the form offers.
const CHOICES: usize = 3;

/// A page's records.
#[derive(Debug)]
pub struct Listing {
    pub rows: Vec<SelectedRow>,
    pub matched: Option<i64>,
    /// `after` of the next page.
    pub next: Option<String>,
    /// `before` of the previous page.
    pub previous: Option<String>,
}

/// `/api/collections/{layer}/items`.
pub fn items(
    request: &ItemsRequest,
    listing: &Listing,
    base: &str,
    language: Language,
    headers: &HeaderMap,
) -> Response {
    let selection = &request.selection;
    let layer = &selection.layer;
    let (above, path) = (format!("/api/collections/{}", layer.id), format!("/api/collections/{}/items", layer.id));
    let own = request.query(&[("f", ""), ("lang", "")]);
    let title = format!("{}: {}", layer.title.get(language), say(language, "записи", "records"));
    let turned =
        |after: &str, before: &str| request.query(&[("after", after), ("before", before), ("lang", language.tag())]);
    let body = html! {
        h1 { (title) }
        (form(request, &path, language))
        p.quiet role="status" { (found(listing, language)) }
        @if !listing.rows.is_empty() { (table(request, listing, language)) }
        ul.actions {
            @if !request.start.is_first() {
                li { a href={ (path) "?" (turned("", "")) } { (say(language, "На початок", "First page")) } }
            }
            @if let Some(previous) = &listing.previous {
                li { a rel="prev" href={ (path) "?" (turned("", previous)) } { (say(language, "Попередні записи", "Previous records")) } }
            }
            @if let Some(next) = &listing.next {
                li {
                    a.main rel="next" href={ (path) "?" (turned(next, "")) } {
                        (say(language, "Наступні записи", "Next records"))
                    }
                }
            }
            li { a href={ (path) "?" (request.query(&[("f", "json")])) } { "GeoJSON" } }
        }
    };
    let page = Page {
        base,
        language,
        path: &path,
        query: &own,
        title: &title,
        description: layer.description.get(language),
        trail: &[
            ("API", "/api"),
            (say(language, "Реєстри", "Registers"), "/api/collections"),
            (layer.title.get(language), &above),
        ],
        alternates: &[("application/geo+json", format!("{base}{path}?{}", request.query(&[("f", "json")])))],
        data: None,
        body,
    };
    page.response(headers)
}

fn found(listing: &Listing, language: Language) -> String {
    let shown = grouped(&listing.rows.len().to_string(), language);
    match listing.matched {
        _ if listing.rows.is_empty() => say(language, "Таких записів немає.", "There are no such records.").to_owned(),
        Some(matched) => {
            let matched = grouped(&matched.to_string(), language);
            format!(
                "{} {matched}, {} {shown}.",
                say(language, "Знайдено записів:", "Records found:"),
                say(language, "на цій сторінці", "on this page")
            )
        }
        None => format!("{} {shown}.", say(language, "Записів на цій сторінці:", "Records on this page:")),
    }
}

/// Fields with few possible values, and the standing, as a form that works without scripts.
fn form(request: &ItemsRequest, path: &str, language: Language) -> Markup {
    let selection = &request.selection;
    let fields = selection.fields.iter().map(|&index| selection.field(index)).filter(|field| !field.values.is_empty());
    let fields: Vec<_> = fields.take(CHOICES).collect();
    let has_status = selection.layer.status.is_some();
    let asked = |name: &str| request.parameters.get(name).unwrap_or_default().to_owned();
    let named: Vec<_> =
        fields.iter().map(|field| field.name.as_str()).chain(["standing", "after", "before", "lang", "f"]).collect();
    html! {
        @if has_status || !fields.is_empty() {
            form.actions method="get" action=(path) {
                @for (name, value) in request.parameters.0.iter().filter(|(name, _)| !named.contains(&name.as_str())) {
                    input type="hidden" name=(name) value=(value);
                }
                input type="hidden" name="f" value="html";
                input type="hidden" name="lang" value=(language.tag());
                @if has_status {
                    (choice("standing", say(language, "Стан", "Standing"), Standing::ALL.map(|(name, standing)| (name, standing.label(language))), &asked("standing"), language))
                }
                @for field in fields {
                    @let values = field.values.iter().map(|value| (value.value.as_str(), value.label.get(language)));
                    (choice(&field.name, field.title.get(language), values, &asked(&field.name), language))
                }
                button type="submit" { (say(language, "Показати", "Show")) }
            }
        }
    }
}

fn choice<'c>(
    name: &str,
    title: &str,
    values: impl IntoIterator<Item = (&'c str, &'c str)>,
    chosen: &str,
    language: Language,
) -> Markup {
    html! {
        div {
            label for={ "by-" (name) } { (title) }
            select id={ "by-" (name) } name=(name) {
                option value="" { (say(language, "усі", "all")) }
                @for (value, label) in values {
                    option value=(value) selected[value == chosen] { (label) }
                }
            }
        }
    }
}

fn table(request: &ItemsRequest, listing: &Listing, language: Language) -> Markup {
    let selection = &request.selection;
    let columns = columns(request);
    let has_status = selection.layer.status.is_some();
    html! {
        div.scroll tabindex="0" role="region" aria-label=(say(language, "Записи", "Records")) {
            table {
                thead {
                    tr {
                        th scope="col" { (say(language, "Запис", "Record")) }
                        @if has_status { th scope="col" { (say(language, "Стан", "Standing")) } }
                        @for (_, field) in &columns { th scope="col" class=[number(field)] { (heading(field, language)) } }
                    }
                }
                tbody {
                    @for row in &listing.rows {
                        tr {
                            th scope="row" {
                                a href=(address(request, row.id, language)) { (name(selection, row, language)) }
                            }
                            @if has_status {
                                td { @if let Some(name) = &row.standing { (standing(name, language)) } }
                            }
                            @for (place, field) in &columns {
                                td class=[number(field)] {
                                    @if let Some(value) = row.values.get(*place) { (shown(field, value, language)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What a record is called; its number where it has no name.
pub fn name(selection: &Selection, row: &SelectedRow, language: Language) -> String {
    let name = selection.name(row, language);
    if name.is_empty() { format!("№ {}", row.id) } else { name }
}

fn address(request: &ItemsRequest, id: i64, language: Language) -> String {
    let layer = &request.selection.layer.id;
    let datetime = request.parameters.get("datetime").filter(|text| !text.contains('/'));
    format!("/api/collections/{layer}/items/{id}?lang={}{}", language.tag(), at(datetime))
}

fn heading(field: &Field, language: Language) -> String {
    let unit = field.unit.as_ref().map(|unit| format!(", {}", unit.get(language))).unwrap_or_default();
    format!("{}{unit}", field.title.get(language))
}

fn number(field: &Field) -> Option<&'static str> {
    field.kind.is_numeric().then_some("number")
}

/// The fields to show, each with its place among the selected: those that were asked for; otherwise the first ones that
/// matter and are in neither the name nor the standing.
fn columns(request: &ItemsRequest) -> Vec<(usize, &Field)> {
    let selection = &request.selection;
    let fields = selection.fields.iter().enumerate().map(|(place, &index)| (place, index));
    if request.parameters.get("properties").is_some() {
        let asked = fields.filter(|(_, index)| request.shown.fields.contains(index));
        return asked.map(|(place, index)| (place, selection.field(index))).collect();
    }
    let layer: &Layer = &selection.layer;
    let in_name: Vec<_> = layer.name_fields().map(|field| field.name.as_str()).collect();
    let status = layer.status.as_ref().map(|status| status.field);
    let others = fields.map(|(place, index)| (place, index, selection.field(index)));
    let others = others
        .filter(|(_, index, field)| !field.minor && Some(*index) != status && !in_name.contains(&field.name.as_str()));
    others.take(COLUMNS).map(|(place, _, field)| (place, field)).collect()
}
