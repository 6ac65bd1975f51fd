//! A register in the columns of its legal structure (Resolution 835): as CSV, XLSX and JSON.

use std::io::{self, Write};

use chrono::NaiveDate;
use serde_json::{Map, Value as Json};

use super::stream::{Buffer, Writer};
use super::tables::begin_csv;
use super::value::{decree_moment, local, point, text};
use crate::catalogue::layer::{FieldType, GeometryKind, Legal};
use crate::catalogue::record::Value;
use crate::catalogue::select::{SelectedRow, Selection};
use crate::catalogue::structure::{Column, Datatype, Structure};
use crate::formats::geojson::{Coordinates, geometry};
use crate::formats::xlsx::{Cell, Sheet};

/// What fills a legal column.
#[derive(Debug, Clone)]
enum Filling {
    /// A place among the selection's fields.
    Field(usize, FieldType),
    Constant(String),
    Latitude,
    Longitude,
    /// The register does not know it, or it is of natural persons, whose data is never published.
    Nothing,
}

/// Rows of a register turned into rows of a structure.
#[derive(Debug, Clone)]
pub struct Table {
    columns: Vec<Column>,
    fillings: Vec<Filling>,
}

/// A value in a legal column.
#[derive(Debug, Clone, PartialEq)]
enum Shown {
    Nothing,
    Text(String),
    Whole(i64),
    Decimal(String),
    Boolean(bool),
    Date(String),
    /// RFC 3339.
    Moment(String),
}

impl Table {
    pub fn new(selection: &Selection, legal: &Legal, structure: Structure) -> Self {
        let fillings = structure.columns.iter().map(|column| filling(selection, legal, column)).collect();
        Self { columns: structure.columns, fillings }
    }

    /// Whether a column of the structure holds a record's latitude or longitude.
    pub fn has_coordinates(&self) -> bool {
        self.fillings.iter().any(|filling| matches!(filling, Filling::Latitude | Filling::Longitude))
    }

    /// Whether the columns hold all of a record's place: few structures have coordinates, and none has geometry.
    pub fn holds_place(&self, kind: GeometryKind) -> bool {
        let has = |wanted: fn(&Filling) -> bool| self.fillings.iter().any(wanted);
        kind == GeometryKind::Point
            && has(|filling| matches!(filling, Filling::Latitude))
            && has(|filling| matches!(filling, Filling::Longitude))
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// A value for each column.
    fn values(&self, row: &SelectedRow) -> Vec<Shown> {
        let place = if self.has_coordinates() { point(row.ewkb.as_deref()) } else { None };
        let degrees =
            |degrees: Option<f64>| degrees.map_or(Shown::Nothing, |degrees| Shown::Decimal(degrees.to_string()));
        let values = self.columns.iter().zip(&self.fillings).map(|(column, filling)| match filling {
            Filling::Field(place, kind) => {
                row.values.get(*place).map_or(Shown::Nothing, |value| shown(column, value, *kind))
            }
            Filling::Constant(text) => Shown::Text(text.clone()),
            Filling::Latitude => degrees(place.map(|point| point.y())),
            Filling::Longitude => degrees(place.map(|point| point.x())),
            Filling::Nothing => Shown::Nothing,
        });
        values.collect()
    }
}

fn filling(selection: &Selection, legal: &Legal, column: &Column) -> Filling {
    let is = |name: &Option<String>| name.as_ref().is_some_and(|name| column.is(name));
    let field = selection.fields.iter().position(|&index| is(&selection.field(index).legal));
    if let Some(place) = field {
        return Filling::Field(place, selection.field(selection.fields[place]).kind);
    }
    if let Some((_, text)) = legal.constants.iter().find(|(name, _)| column.is(name)) {
        return Filling::Constant(text.clone());
    }
    match (is(&legal.latitude), is(&legal.longitude)) {
        (true, _) => Filling::Latitude,
        (_, true) => Filling::Longitude,
        _ => Filling::Nothing,
    }
}

fn shown(column: &Column, value: &Value, kind: FieldType) -> Shown {
    let Some(text) = text(value, kind) else { return Shown::Nothing };
    let is_text = matches!(column.datatype, Datatype::String | Datatype::AnyUrl);
    match value {
        Value::Boolean(flag) => Shown::Boolean(*flag),
        Value::Integer(number) if !is_text => Shown::Whole(*number),
        Value::Number(_) if !is_text => Shown::Decimal(text),
        _ if kind == FieldType::Datetime && column.datatype == Datatype::Date => {
            Shown::Date(local(&text).map_or(text, |local| local.date().to_string()))
        }
        _ if kind == FieldType::Datetime => Shown::Moment(text),
        _ if kind == FieldType::Date && !is_text => Shown::Date(text),
        _ => Shown::Text(text),
    }
}

impl Shown {
    /// As the decree writes it in a table of texts.
    fn text(&self, column: &Column) -> String {
        match self {
            Self::Nothing => column.nothing().to_owned(),
            Self::Text(text) | Self::Decimal(text) | Self::Date(text) => text.clone(),
            Self::Whole(number) => number.to_string(),
            Self::Boolean(flag) => if *flag { "True" } else { "False" }.to_owned(),
            Self::Moment(moment) => decree_moment(moment),
        }
    }

    fn cell<'c>(&self, column: &Column, text: &'c str) -> Cell<'c> {
        match self {
            Self::Nothing if column.nothing().is_empty() => Cell::Empty,
            Self::Whole(number) => Cell::Whole(*number),
            Self::Decimal(_) => Cell::Decimal(text),
            Self::Boolean(flag) => Cell::Boolean(*flag),
            Self::Date(_) => NaiveDate::parse_from_str(text, "%Y-%m-%d").map_or(Cell::Text(text), Cell::Date),
            // a moment's cell would show another form than the decree's
            Self::Nothing | Self::Text(_) | Self::Moment(_) => Cell::Text(text),
        }
    }

    fn json(&self, text: String) -> Json {
        match self {
            Self::Nothing => Json::Null,
            Self::Whole(number) => (*number).into(),
            Self::Decimal(_) => text.parse::<f64>().map_or(Json::Null, Json::from),
            Self::Boolean(flag) => (*flag).into(),
            Self::Text(_) | Self::Date(_) | Self::Moment(_) => text.into(),
        }
    }
}

/// The columns in their order, `null` where the structure says so.
pub struct LegalCsv {
    table: Table,
    out: csv::Writer<Buffer>,
}

impl LegalCsv {
    pub fn new(table: Table, out: Buffer) -> io::Result<Self> {
        let mut out = begin_csv(out)?;
        out.write_record(table.names())?;
        Ok(Self { table, out })
    }
}

impl Writer for LegalCsv {
    fn row(&mut self, row: &SelectedRow) -> io::Result<()> {
        let values = self.table.values(row);
        let texts = values.iter().zip(&self.table.columns).map(|(value, column)| value.text(column));
        self.out.write_record(texts)?;
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The same as a sheet, with cells of the structure's types.
pub struct LegalXlsx {
    table: Table,
    sheet: Option<Sheet<Buffer>>,
}

impl LegalXlsx {
    pub fn new(table: Table, name: &str, out: Buffer) -> io::Result<Self> {
        let sheet = Sheet::new(out, name, table.names())?;
        Ok(Self { table, sheet: Some(sheet) })
    }
}

impl Writer for LegalXlsx {
    fn row(&mut self, row: &SelectedRow) -> io::Result<()> {
        let Some(sheet) = &mut self.sheet else { return Ok(()) };
        let values = self.table.values(row);
        let columns = values.iter().zip(&self.table.columns);
        let texts: Vec<_> = columns.clone().map(|(value, column)| value.text(column)).collect();
        sheet.row(columns.zip(&texts).map(|((value, column), text)| value.cell(column, text)))
    }

    fn end(&mut self) -> io::Result<()> {
        self.sheet.take().map_or(Ok(()), Sheet::finish)
    }
}

/// The same as a list of objects; as GeoJSON each with its geometry, which no structure has a column for.
pub struct LegalJson {
    table: Table,
    out: Buffer,
    begun: bool,
    with_geometry: bool,
}

impl LegalJson {
    pub fn new(table: Table, mut out: Buffer) -> io::Result<Self> {
        out.write_all(b"[")?;
        Ok(Self { table, out, begun: false, with_geometry: false })
    }

    pub fn geojson(table: Table, mut out: Buffer) -> io::Result<Self> {
        out.write_all(b"{\"type\":\"FeatureCollection\",\"features\":[")?;
        Ok(Self { table, out, begun: false, with_geometry: true })
    }
}

impl Writer for LegalJson {
    fn row(&mut self, row: &SelectedRow) -> io::Result<()> {
        let values = self.table.values(row);
        let columns = values.iter().zip(&self.table.columns);
        let object: Map<_, _> =
            columns.map(|(value, column)| (column.name.clone(), value.json(value.text(column)))).collect();
        self.out.write_all(if self.begun { b",\n" } else { b"\n" })?;
        self.begun = true;
        if !self.with_geometry {
            return serde_json::to_writer(&mut self.out, &object).map_err(io::Error::from);
        }
        let mut place = Vec::new();
        match &row.ewkb {
            Some(ewkb) => geometry(&mut place, ewkb, Coordinates::default()).map_err(io::Error::other)?,
            None => place.extend_from_slice(b"null"),
        }
        self.out.write_all(b"{\"type\":\"Feature\",\"geometry\":")?;
        self.out.write_all(&place)?;
        self.out.write_all(b",\"properties\":")?;
        serde_json::to_writer(&mut self.out, &object)?;
        self.out.write_all(b"}")
    }

    fn end(&mut self) -> io::Result<()> {
        self.out.write_all(if self.with_geometry { b"\n]}\n" } else { b"\n]\n" })
    }
}
