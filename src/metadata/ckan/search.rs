//! `package_search`: which packages fit, and in which order.

use std::cmp::Ordering;

use super::package::Package;
use super::solr::{self, Condition, Value};
use crate::catalogue::dataset::Dataset;
use crate::http::problem::Problem;
use crate::metadata::mentions;

/// Fields that `fq` and `q` may name.
const FIELDS: [&str; 17] = [
    "text",
    "id",
    "name",
    "title",
    "notes",
    "organization",
    "owner_org",
    "groups",
    "tags",
    "license_id",
    "res_format",
    "metadata_created",
    "metadata_modified",
    "type",
    "dataset_type",
    "state",
    "capacity",
];
const SORTED_BY: [&str; 7] = ["score", "id", "name", "title", "title_string", "metadata_created", "metadata_modified"];

/// A register with what CKAN says of it.
pub struct Found<'d> {
    pub dataset: Dataset<'d>,
    pub package: Package,
}

/// Reads `q`, where people write what they like: conditions, or else words that must all be mentioned.
pub fn words(text: &str) -> Condition {
    let written = || {
        let word = |word: &str| Condition::Is { field: "text".to_owned(), value: Value::Text(word.to_owned()) };
        Condition::All(text.split_whitespace().map(word).collect())
    };
    conditions("q", text).unwrap_or_else(|_| written())
}

/// Reads `fq`; `*:*` is everything.
pub fn conditions(name: &str, text: &str) -> Result<Condition, Problem> {
    let text = if text.trim() == "*:*" { "" } else { text };
    let condition = solr::read(text).map_err(|solr::Unreadable(part)| {
        Problem::bad_request(
            name,
            format!("{name} не зрозуміло біля «{part}». Приклад: organization:city metadata_modified:[2026-01-01T00:00:00Z TO *]"),
            format!("{name} is not understood near “{part}”. An example: organization:city metadata_modified:[2026-01-01T00:00:00Z TO *]"),
        )
    })?;
    check(name, &condition)?;
    Ok(condition)
}

fn check(name: &str, condition: &Condition) -> Result<(), Problem> {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().try_for_each(|part| check(name, part)),
        Condition::Not(part) => check(name, part),
        Condition::Is { field, value } => {
            let is_moment = matches!(field.as_str(), "metadata_created" | "metadata_modified");
            let fits = match value {
                Value::Between(..) => is_moment,
                Value::Text(text) => !is_moment || text == "*",
            };
            if FIELDS.contains(&field.as_str()) && fits {
                return Ok(());
            }
            let known = FIELDS.join(", ");
            Err(Problem::bad_request(
                name,
                format!("Умову з полем «{field}» не зрозуміло. Поля: {known}; дати — проміжками [… TO …]"),
                format!("The condition on “{field}” is not understood. Fields: {known}; dates are ranges, [… TO …]"),
            ))
        }
    }
}

/// Whether a package fulfils a condition.
pub fn fits(condition: &Condition, found: &Found<'_>) -> bool {
    match condition {
        Condition::All(parts) => parts.iter().all(|part| fits(part, found)),
        Condition::Any(parts) => parts.iter().any(|part| fits(part, found)),
        Condition::Not(part) => !fits(part, found),
        Condition::Is { field, value: Value::Between(from, to) } => {
            let overview = found.dataset.overview;
            let moment = if field == "metadata_created" { overview.created } else { overview.modified };
            moment.is_some_and(|at| from.is_none_or(|from| from <= at) && to.is_none_or(|to| at <= to))
        }
        Condition::Is { field, value: Value::Text(text) } => holds(field, text, found),
    }
}

fn holds(field: &str, text: &str, found: &Found<'_>) -> bool {
    let Found { dataset, package } = found;
    let layer = dataset.layer;
    let contains = |value: &str| value.to_lowercase().contains(&text.to_lowercase());
    if text == "*" {
        return true;
    }
    match field {
        "text" => mentions(dataset, text.trim_end_matches('*')),
        "id" => same(text, &package.id),
        "name" => same(text, &package.name),
        "title" => contains(&layer.title.uk) || contains(&layer.title.en),
        "notes" => contains(&layer.description.uk) || contains(&layer.description.en),
        "organization" => same(text, package.organization_name()),
        "owner_org" => same(text, &package.owner_org),
        "groups" => package.groups.iter().any(|group| same(text, &group.name)),
        "tags" => package.tags.iter().any(|tag| same(text, &tag.name)),
        "license_id" => same(text, &package.license_id),
        "res_format" => package.resources.iter().any(|resource| same(text, &resource.format)),
        "type" | "dataset_type" => same(text, "dataset"),
        "state" => same(text, "active"),
        "capacity" => same(text, "public"),
        _ => false,
    }
}

/// Whether a value is what is wanted, which may end in `*`; case does not matter.
fn same(wanted: &str, value: &str) -> bool {
    let (wanted, value) = (wanted.to_lowercase(), value.to_lowercase());
    match wanted.strip_suffix('*') {
        Some(beginning) => value.starts_with(beginning),
        None => wanted == value,
    }
}

/// Sorts as `sort` says, for example `metadata_modified desc, name asc`; what is equal then stays in the order of ids.
pub fn sort(found: &mut [Found<'_>], order: &str) -> Result<(), Problem> {
    let mut keys = Vec::new();
    for part in order.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let mut words = part.split_whitespace();
        let key = words.next().and_then(|name| SORTED_BY.into_iter().find(|known| *known == name));
        let direction = match (words.next(), words.next()) {
            (None | Some("asc"), None) => Some(false),
            (Some("desc"), None) => Some(true),
            _ => None,
        };
        let Some(key) = key.zip(direction) else {
            let known = SORTED_BY.join(", ");
            return Err(Problem::bad_request(
                "sort",
                format!("sort — це поле та asc або desc: {known}"),
                format!("sort is a field and asc or desc: {known}"),
            ));
        };
        keys.push(key);
    }
    found.sort_by(|one, other| one.package.id.cmp(&other.package.id));
    found.sort_by(|one, other| {
        let compared = keys.iter().map(|(key, reversed)| {
            let order = compare(key, one, other);
            if *reversed { order.reverse() } else { order }
        });
        compared.fold(Ordering::Equal, Ordering::then)
    });
    Ok(())
}

fn compare(key: &str, one: &Found<'_>, other: &Found<'_>) -> Ordering {
    let (first, second) = (&one.dataset, &other.dataset);
    match key {
        "id" => one.package.id.cmp(&other.package.id),
        "name" => first.layer.id.cmp(&second.layer.id),
        "title" | "title_string" => first.layer.title.uk.cmp(&second.layer.title.uk),
        "metadata_created" => first.overview.created.cmp(&second.overview.created),
        "metadata_modified" => first.overview.modified.cmp(&second.overview.modified),
        // all that fit, fit alike
        _ => Ordering::Equal,
    }
}
