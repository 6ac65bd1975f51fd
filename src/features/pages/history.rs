//! The page of what has happened to a record.

use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value as Json;

use super::moment;
use crate::catalogue::layer::Layer;
use crate::features::history::{EventName, FieldChange, History, VersionStep};
use crate::http::language::Language;
use crate::http::page::{Page, say};

/// `/api/collections/{layer}/items/{id}/history`; `query` is what the request says besides `f` and `lang`.
pub fn history(
    layer: &Layer,
    id: i64,
    history: &History,
    query: &str,
    base: &str,
    language: Language,
    headers: &HeaderMap,
) -> Response {
    let above = format!("/api/collections/{}", layer.id);
    let (records, record) = (format!("{above}/items"), format!("{above}/items/{id}"));
    let path = format!("{record}/history");
    let title = format!("{} № {id}: {}", layer.title.get(language), say(language, "історія змін", "history"));
    let next = history.links.iter().find(|link| link.rel == "next");
    let body = html! {
        h1 { (title) }
        ol.plain {
            @for step in &history.versions { li { (version(layer, step, language)) } }
        }
        @if let Some(next) = next {
            ul.actions {
                li {
                    a.main rel="next" href={ (next.href) "&lang=" (language.tag()) } { (say(language, "Що було раніше", "Earlier")) }
                }
            }
        }
    };
    let page = Page {
        base,
        language,
        path: &path,
        query,
        title: &title,
        description: layer.description.get(language),
        trail: &[
            ("API", "/api"),
            (say(language, "Реєстри", "Registers"), "/api/collections"),
            (layer.title.get(language), &above),
            (say(language, "Записи", "Records"), &records),
            (say(language, "Запис", "Record"), &record),
        ],
        alternates: &[("application/json", format!("{base}{path}?f=json"))],
        data: None,
        body,
    };
    page.response(headers)
}

fn version(layer: &Layer, step: &VersionStep, language: Language) -> Markup {
    let event = match step.event {
        EventName::Created => say(language, "Створено", "Created"),
        EventName::Changed => say(language, "Змінено", "Changed"),
        EventName::Deleted => say(language, "Вилучено", "Deleted"),
    };
    html! {
        h2 { (event) " " time datetime=(step.from) { (moment(&step.from, language)) } }
        p.quiet { (say(language, "Версія ", "Version ")) (step.version) }
        @if !step.changes.is_empty() {
            dl.facts {
                @for change in &step.changes {
                    div { dt { (change.title.get(language)) } dd { (changed(layer, change, language)) } }
                }
            }
        }
        @if step.geometry.is_some() && matches!(step.event, EventName::Changed) {
            p { (say(language, "Змінено місце.", "The place has changed.")) }
        }
    }
}

fn changed(layer: &Layer, change: &FieldChange, language: Language) -> Markup {
    let (old, new) = (text(layer, change, &change.old, language), text(layer, change, &change.new, language));
    html! {
        @if let Some(old) = &old { del { (old) } " → " }
        @match &new {
            Some(new) => ins { (new) },
            None => (say(language, "немає", "nothing")),
        }
    }
}

fn text(layer: &Layer, change: &FieldChange, value: &Json, language: Language) -> Option<String> {
    let text = match value {
        Json::Null => return None,
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    let label = layer.field(&change.field).map(|(_, field)| field.label(&text, language).to_owned());
    Some(label.unwrap_or(text))
}
