//! The `[[fields]]` of a layer file.

use std::collections::HashSet;

use regex::Regex;

use super::super::layer::{AllowedValue, Bilingual, Field, FieldType};
use super::super::reader::Table;
use super::{LAST_ZOOM, is_name};
use crate::auth::Access;

const FIELD_KEYS: [&str; 14] = [
    "name", "title", "type", "required", "pattern", "values", "min", "max", "unit", "access", "legal", "aliases",
    "tiles", "minor",
];
/// Columns and properties that every register has without declaring them.
const RESERVED: [&str; 11] = [
    "id", "geom", "version", "recorded_at", "recorded_by", "recorded_why", "archived_at", "archived_by", "archived_why",
    "archived_how", "standing",
];

pub fn fields(root: &Table<'_, '_>) -> Vec<Field> {
    let mut seen: HashSet<String> = HashSet::new();
    let mut fields = Vec::new();
    for table in root.tables("fields", &FIELD_KEYS) {
        let Some(field) = field(&table) else { continue };
        let aliases = field.aliases.iter().chain(&field.legal);
        for name in std::iter::once(&field.name).chain(aliases.filter(|alias| **alias != field.name)) {
            if !seen.insert(name.to_lowercase()) {
                table.mistake("name", format!("`{name}` already names another field, or is its alias"));
            }
        }
        fields.push(field);
    }
    fields
}

fn field(table: &Table<'_, '_>) -> Option<Field> {
    table.need("name", "the column's name");
    table.need("title", "{ uk = \"…\", en = \"…\" }");
    table.need("type", &FieldType::all().map(|(name, _)| name).join(", "));
    let name = table.text("name").unwrap_or_default().to_owned();
    if table.has("name") && !is_name(&name) {
        table.mistake("name", format!("`{name}` must be made of a-z, 0-9 and _, beginning with a letter"));
    }
    if RESERVED.contains(&name.as_str()) {
        table.mistake("name", format!("`{name}` is Misto's own; not allowed: {}", RESERVED.join(", ")));
    }
    let kind = table.choice("type", &FieldType::all());
    let access = table.choice("access", &[("public", Access::Public), ("staff", Access::Staff)]);
    let access = access.unwrap_or(Access::Public);
    let tiles = table.whole("tiles", 0..=LAST_ZOOM).map(|zoom| zoom as u8);
    let personal = kind.is_some_and(|kind| kind.about().is_personal);
    if personal && table.has("access") && access == Access::Public {
        table.mistake("access", format!("`{name}` is of natural persons by its type, and so for staff only"));
    }
    let access = if personal { Access::Staff } else { access };
    if access == Access::Staff && tiles.is_some() {
        table.mistake("tiles", format!("`{name}` is for staff only, and tiles are public: remove `tiles`"));
    }
    let numeric = kind.is_some_and(FieldType::is_numeric);
    for bound in ["min", "max"].iter().filter(|bound| table.has(bound) && kind.is_some() && !numeric) {
        table.mistake(bound, format!("`{bound}` is for integer, number and money"));
    }
    Some(Field {
        title: table.bilingual("title")?,
        kind: kind?,
        required: table.flag("required"),
        pattern: pattern(table),
        values: values(table),
        min: table.number("min"),
        max: table.number("max"),
        unit: table.bilingual("unit"),
        access,
        legal: table.text("legal").map(str::to_owned),
        aliases: table.texts("aliases").into_iter().map(|(alias, _)| alias).collect(),
        tiles,
        minor: table.flag("minor"),
        name,
    })
}

fn pattern(table: &Table<'_, '_>) -> Option<Regex> {
    let pattern = table.text("pattern")?;
    match Regex::new(&format!("^(?:{pattern})$")) {
        Ok(pattern) => Some(pattern),
        Err(error) => {
            table.mistake("pattern", format!("`pattern` is no regular expression: {error}"));
            None
        }
    }
}

fn values(table: &Table<'_, '_>) -> Vec<AllowedValue> {
    let mut values: Vec<AllowedValue> = Vec::new();
    for item in table.tables("values", &["value", "uk", "en"]) {
        for key in ["value", "uk", "en"] {
            item.need(key, "{ value = \"…\", uk = \"…\", en = \"…\" }");
        }
        let (Some(value), Some(uk), Some(en)) = (item.text("value"), item.text("uk"), item.text("en")) else {
            continue;
        };
        if values.iter().any(|other| other.value == value) {
            item.mistake("value", format!("`{value}` is listed twice"));
        }
        values.push(AllowedValue { value: value.to_owned(), label: Bilingual::new(uk, en) });
    }
    values
}
