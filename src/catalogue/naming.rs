//! What a feature is called: the layer's `name` template filled in.

use super::layer::{Field, Layer};
use super::record::Value;
use super::select::{SelectedRow, Selection};
use crate::db::sql::identifier;
use crate::http::language::Language;

/// A part of a template.
enum Part<'t> {
    Text(&'t str),
    /// A field's name, which stands in braces.
    Field(&'t str),
}

fn parts(template: &str) -> impl Iterator<Item = Part<'_>> {
    template.split('{').enumerate().flat_map(|(place, piece)| match piece.split_once('}') {
        Some((name, rest)) if place > 0 => [Part::Field(name), Part::Text(rest)],
        _ => [Part::Text(piece), Part::Text("")],
    })
}

impl Layer {
    /// The fields of the name, in the order of the template.
    pub fn name_fields(&self) -> impl Iterator<Item = &Field> {
        parts(&self.name).filter_map(|part| match part {
            Part::Field(name) => self.field(name).map(|(_, field)| field),
            Part::Text(_) => None,
        })
    }

    /// Indices of the fields of the name, in the order of the template.
    pub fn name_indices(&self) -> Vec<usize> {
        self.name_fields().filter_map(|field| self.field(&field.name)).map(|(index, _)| index).collect()
    }

    /// Fills the template with values as [`Selection::name_columns`] gives them; what is empty leaves no punctuation
    /// behind. Empty where there is nothing to call the feature by.
    pub fn filled_name(&self, values: &[String], language: Language) -> String {
        let mut values = values.iter();
        let mut filled = String::new();
        for part in parts(&self.name) {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Field(name) => {
                    let Some((_, field)) = self.field(name) else { continue };
                    filled.push_str(values.next().map_or("", |value| field.label(value, language)));
                }
            }
        }
        let words = filled.split_whitespace().collect::<Vec<_>>().join(" ");
        words.trim_matches(|c: char| c.is_whitespace() || matches!(c, ',' | '№')).to_owned()
    }
}

impl Field {
    /// A value as a person reads it.
    pub fn label<'v>(&'v self, value: &'v str, language: Language) -> &'v str {
        let allowed = self.values.iter().find(|allowed| allowed.value == value);
        allowed.map_or(value, |allowed| allowed.label.get(language))
    }
}

impl Selection {
    /// What to call a row that was selected with all visible fields. Empty where there is nothing to call it by.
    pub fn name(&self, row: &SelectedRow, language: Language) -> String {
        let value = |field: &Field| {
            let place = self.fields.iter().position(|&index| self.field(index).name == field.name);
            place.and_then(|place| row.values.get(place)).map(Value::to_string).unwrap_or_default()
        };
        let values: Vec<_> = self.layer.name_fields().map(value).collect();
        self.layer.filled_name(&values, language)
    }

    /// SQL for an array of texts, the values of the fields that make up a feature's name. Those are public.
    pub fn name_columns(&self) -> String {
        let columns = self.layer.name_fields().map(|field| format!("coalesce({}::text, '')", identifier(&field.name)));
        format!("array[{}]::text[]", columns.collect::<Vec<_>>().join(", "))
    }
}
