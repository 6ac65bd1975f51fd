//! Rows of a spreadsheet: which of them is the header, and records named by it.

use serde_json::{Map, Value as Json};

use super::{Record, distinct};

/// The header is looked for in this many rows.
pub const HEAD: usize = 20;

/// Names of a sheet's columns, each with the name that GDAL gives the column.
#[derive(Debug)]
pub struct Header {
    columns: Vec<(String, String)>,
    /// Rows up to the header and with it.
    pub rows: usize,
}

impl Header {
    /// The row with most names that are `known`; where none is, the first row with two texts that are no numbers.
    pub fn find(rows: &[Record], known: &dyn Fn(&str) -> bool) -> Option<Self> {
        let cells = |row: &Record| -> Vec<(String, String)> {
            let named = row.values.iter().map(|(field, value)| (field.clone(), plain(value)));
            named.filter(|(_, name)| !name.is_empty()).collect()
        };
        let score = |row: &Record| cells(row).iter().filter(|(_, name)| known(name)).count();
        let best = rows.iter().enumerate().rev().max_by_key(|(_, row)| score(row)).filter(|(_, row)| score(row) > 0);
        let is_header = |row: &&Record| {
            let cells = cells(row);
            cells.len() > 1 && cells.iter().all(|(_, name)| name.replace(',', ".").parse::<f64>().is_err())
        };
        let index = best.map(|(index, _)| index).or_else(|| rows.iter().position(|row| is_header(&row)))?;
        let (fields, names): (Vec<_>, Vec<_>) = cells(rows.get(index)?).into_iter().unzip();
        Some(Self { columns: fields.into_iter().zip(distinct(names)).collect(), rows: index + 1 })
    }

    pub fn names(&self) -> Vec<String> {
        self.columns.iter().map(|(_, name)| name.clone()).collect()
    }

    /// The record that a row is; none for an empty row.
    pub fn record(&self, mut row: Record) -> Option<Record> {
        let mut values = Map::new();
        for (field, name) in &self.columns {
            values.insert(name.clone(), row.values.swap_remove(field).unwrap_or(Json::Null));
        }
        // what stands beside the named columns is kept under the column's number
        values.extend(row.values.into_iter().filter(|(_, value)| !plain(value).is_empty()));
        row.values = values;
        row.values.values().any(|value| !plain(value).is_empty()).then_some(row)
    }
}

fn plain(value: &Json) -> String {
    match value {
        Json::String(text) => text.trim().to_owned(),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Place;
    use super::*;

    fn row(values: Json) -> Record {
        let Json::Object(values) = values else { panic!("an object is needed") };
        Record { place: Place { record: 1, line: 1 }, values, geometry: Ok(None), fault: None }
    }

    #[test]
    fn the_header_is_where_known_names_are_most() {
        let rows = [
            row(json!({ "Field1": "Реєстр тимчасових споруд", "Field2": "title" })),
            row(json!({ "Field1": "title", "Field2": "lat", "Field3": "lat" })),
            row(json!({ "Field1": "Кава", "Field2": "50.4" })),
        ];
        let header = Header::find(&rows, &|name| ["title", "lat"].contains(&name)).unwrap();
        assert_eq!((header.rows, header.names()), (2, vec!["title".into(), "lat".into(), "lat (2)".into()]));
        let record = header.record(row(json!({ "Field1": "Кава", "Field9": "ще" }))).unwrap();
        assert_eq!((&record.values["title"], &record.values["Field9"]), (&json!("Кава"), &json!("ще")));
        assert!(header.record(row(json!({ "Field1": " " }))).is_none());
        assert_eq!(Header::find(&rows, &|_| false).unwrap().rows, 1);
    }
}
