//! The `[[links]]` and `[[checks]]` of a layer file. Whether the layers that they name exist is seen when all files are
//! read.

use super::super::layer::{Bilingual, Check, CheckRule, Field, LayerLink, LinkBy, Severity};
use super::super::reader::Table;
use super::{find, is_name, known};
use crate::auth::Access;

const LINK_KEYS: [&str; 6] = ["name", "to", "by", "within", "fields", "title"];
const CHECK_KEYS: [&str; 10] =
    ["name", "rule", "severity", "says", "field", "link", "to", "to_field", "tolerance", "unit"];
/// Names of all rules of [`CheckRule`].
const RULES: [(&str, &str); 7] = [
    ("overlaps", "overlaps"),
    ("gaps", "gaps"),
    ("unlinked", "unlinked"),
    ("linked", "linked"),
    ("dangling", "dangling"),
    ("area", "area"),
    ("empty", "empty"),
];

pub fn links(root: &Table<'_, '_>, fields: &[Field]) -> Vec<LayerLink> {
    let mut links: Vec<LayerLink> = Vec::new();
    for table in root.tables("links", &LINK_KEYS) {
        let Some(link) = link(&table, fields) else { continue };
        if links.iter().any(|other| other.name == link.name) {
            table.mistake("name", format!("there are two links `{}`", link.name));
        }
        links.push(link);
    }
    links
}

fn link(table: &Table<'_, '_>, fields: &[Field]) -> Option<LayerLink> {
    table.need("to", "the id of the layer that it leads to");
    table.need("by", "place, nearest or key");
    table.need("title", "{ uk = \"…\", en = \"…\" }");
    let by = table.choice("by", &[("place", "place"), ("nearest", "nearest"), ("key", "key")]);
    for (key, only) in [("within", "nearest"), ("fields", "key")] {
        match by == Some(only) {
            true => table.need(key, "how far, in metres; or { own_field = \"their_field\" }"),
            false if table.has(key) => table.mistake(key, format!("`{key}` is for `by = \"{only}\"`")),
            false => {}
        }
    }
    let to = table.text("to")?.to_owned();
    let name = table.text("name").unwrap_or(&to).to_owned();
    if !is_name(&name) {
        table.mistake("name", format!("`{name}` must be made of a-z, 0-9 and _, beginning with a letter"));
    }
    let by = match by? {
        "nearest" => LinkBy::Nearest(table.number("within").unwrap_or_default()),
        "key" => LinkBy::Key(pairs(table, fields)),
        _ => LinkBy::Place,
    };
    Some(LayerLink { name, to, by, title: table.bilingual("title")? })
}

fn pairs(table: &Table<'_, '_>, fields: &[Field]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let pairs = table.table("fields", &[]).map(|table| table.pairs()).unwrap_or_default();
    for (own, theirs, span) in pairs {
        match find(fields, &own) {
            // links are public, and so must be what they are made of
            Some(index) if fields[index].access == Access::Public => found.push((index, theirs)),
            _ => table.document().mistake(span, format!("`{own}` is no public field; fields: {}", known(fields))),
        }
    }
    found
}

pub fn checks(root: &Table<'_, '_>, fields: &[Field], links: &[LayerLink]) -> Vec<Check> {
    let mut checks: Vec<Check> = Vec::new();
    for table in root.tables("checks", &CHECK_KEYS) {
        let Some(check) = check(&table, fields, links) else { continue };
        if checks.iter().any(|other| other.name == check.name) {
            table.mistake("name", format!("there are two checks `{}`", check.name));
        }
        checks.push(check);
    }
    checks
}

fn check(table: &Table<'_, '_>, fields: &[Field], links: &[LayerLink]) -> Option<Check> {
    table.need("rule", &RULES.map(|(name, _)| name).join(", "));
    table.need("says", "{ uk = \"…\", en = \"…\" }");
    let rule = table.choice("rule", &RULES)?;
    let name = table.text("name").unwrap_or(rule).to_owned();
    if !is_name(&name) {
        table.mistake("name", format!("`{name}` must be made of a-z, 0-9 and _, beginning with a letter"));
    }
    let severity = table.choice("severity", &Severity::ALL).unwrap_or(Severity::Warning);
    let says: Bilingual = table.bilingual("says")?;
    Some(Check { name, rule: self::rule(table, rule, fields, links)?, severity, says })
}

fn rule(table: &Table<'_, '_>, rule: &str, fields: &[Field], links: &[LayerLink]) -> Option<CheckRule> {
    let field = || {
        table.need("field", "a field of this layer");
        let name = table.text("field")?;
        let found = find(fields, name);
        if found.is_none() {
            table.mistake("field", format!("`{name}` is no field; fields: {}", known(fields)));
        }
        found
    };
    let link = || {
        table.need("link", "the name of one of the layer's links");
        let name = table.text("link")?;
        if !links.iter().any(|link| link.name == name) {
            let names = links.iter().map(|link| link.name.as_str()).collect::<Vec<_>>().join(", ");
            table.mistake("link", format!("`{name}` is no link of this layer; links: {names}"));
        }
        Some(name.to_owned())
    };
    let tolerance = |absent: f64| table.number("tolerance").unwrap_or(absent);
    Some(match rule {
        "overlaps" => CheckRule::Overlaps(tolerance(1.0)),
        "gaps" => CheckRule::Gaps(tolerance(100.0)),
        "unlinked" => CheckRule::Unlinked(link()?),
        "linked" => CheckRule::Linked(link()?),
        "empty" => CheckRule::Empty(field()?),
        "dangling" => {
            table.need("to", "the id of another layer");
            table.need("to_field", "a field of that layer");
            let (to, to_field) = (table.text("to")?.to_owned(), table.text("to_field")?.to_owned());
            CheckRule::Dangling { field: field()?, to, to_field }
        }
        _ => {
            let unit = table.choice("unit", &[("ha", 10_000.0), ("m2", 1.0)]).unwrap_or(1.0);
            CheckRule::Area { field: field()?, square_metres: unit, percent: tolerance(1.0) }
        }
    })
}
