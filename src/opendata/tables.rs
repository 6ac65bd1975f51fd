//! The formats that Misto writes itself, with all public columns: GeoJSON, CSV and XLSX.

use std::io::{self, Write};

use chrono::NaiveDate;
use geozero::ToWkt;
use geozero::wkb::Ewkb;
use serde_json::Value as Json;

use super::stream::{Buffer, Channel, Sink, Writer};
use super::value::{local, point, text};
use crate::catalogue::geojson::FeatureWriter;
use crate::catalogue::layer::{FieldType, GeometryKind};
use crate::catalogue::record::Value;
use crate::catalogue::select::{SelectedRow, Selection};
use crate::formats::files::{BOM, FileFormat};
use crate::formats::geojson::Coordinates;
use crate::formats::xlsx::{Cell, Sheet};

/// A channel that writes the rows of `selection` into `sink`.
pub fn channel(selection: &Selection, format: FileFormat, sink: Sink) -> io::Result<Channel> {
    let (buffer, selection) = (Buffer::default(), selection.clone());
    Ok(match format {
        FileFormat::Csv => Channel::new(Csv::new(selection, buffer.clone())?, buffer, sink),
        FileFormat::Xlsx => Channel::new(Xlsx::new(selection, buffer.clone())?, buffer, sink),
        _ => Channel::new(GeoJson::new(&selection, buffer.clone())?, buffer, sink),
    })
}

/// The names of the columns that follow the place: id, fields, standing.
fn names(selection: &Selection) -> Vec<String> {
    let fields = selection.fields.iter().map(|&index| selection.field(index).name.clone());
    let standing = selection.layer.status.as_ref().map(|_| "standing".to_owned());
    std::iter::once("id".to_owned()).chain(fields).chain(standing).collect()
}

/// RFC 7946: longitude and latitude on WGS 84.
struct GeoJson {
    features: FeatureWriter,
    out: Buffer,
    begun: bool,
}

impl GeoJson {
    fn new(selection: &Selection, mut out: Buffer) -> io::Result<Self> {
        let name = Json::from(selection.layer.id.as_str());
        write!(out, "{{\"type\":\"FeatureCollection\",\"name\":{name},\"features\":[")?;
        let features = FeatureWriter::new(selection, &selection.fields, true, Coordinates::default());
        Ok(Self { features, out, begun: false })
    }
}

impl Writer for GeoJson {
    fn row(&mut self, row: &SelectedRow) -> io::Result<()> {
        let mut text = if self.begun { b",\n".to_vec() } else { b"\n".to_vec() };
        self.begun = true;
        self.features.write_read(&mut text, row).map_err(io::Error::other)?;
        self.out.write_all(&text)
    }

    fn end(&mut self) -> io::Result<()> {
        self.out.write_all(b"\n]}\n")
    }
}

/// The place as WKT, then the columns.
struct Csv {
    selection: Selection,
    out: csv::Writer<Buffer>,
}

impl Csv {
    fn new(selection: Selection, out: Buffer) -> io::Result<Self> {
        let mut out = begin_csv(out)?;
        out.write_record(std::iter::once("WKT".to_owned()).chain(names(&selection)))?;
        Ok(Self { selection, out })
    }
}

/// A CSV that Excel opens as UTF-8.
pub fn begin_csv(mut out: Buffer) -> io::Result<csv::Writer<Buffer>> {
    out.write_all(BOM)?;
    Ok(csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out))
}

impl Writer for Csv {
    fn row(&mut self, row: &SelectedRow) -> io::Result<()> {
        let place = row.ewkb.as_deref().map(|bytes| Ewkb(bytes).to_wkt()).transpose().map_err(io::Error::other)?;
        self.out.write_field(place.unwrap_or_default())?;
        self.out.write_field(row.id.to_string())?;
        for (&index, value) in self.selection.fields.iter().zip(&row.values) {
            self.out.write_field(text(value, self.selection.field(index).kind).unwrap_or_default())?;
        }
        if self.selection.layer.status.is_some() {
            self.out.write_field(row.standing.as_deref().unwrap_or_default())?;
        }
        self.out.write_record(None::<&[u8]>)?;
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A table for people: the columns, and for points their longitude and latitude.
struct Xlsx {
    selection: Selection,
    sheet: Option<Sheet<Buffer>>,
    points: bool,
}

impl Xlsx {
    fn new(selection: Selection, out: Buffer) -> io::Result<Self> {
        let points = selection.layer.geometry == GeometryKind::Point;
        let mut header = names(&selection);
        if points {
            header.extend(["longitude".to_owned(), "latitude".to_owned()]);
        }
        let sheet = Sheet::new(out, &selection.layer.id, header.iter().map(String::as_str))?;
        Ok(Self { selection, sheet: Some(sheet), points })
    }
}

impl Writer for Xlsx {
    fn row(&mut self, row: &SelectedRow) -> io::Result<()> {
        let Some(sheet) = &mut self.sheet else { return Ok(()) };
        let fields = self.selection.fields.iter().map(|&index| self.selection.field(index).kind).zip(&row.values);
        let texts: Vec<_> = fields.clone().map(|(kind, value)| text(value, kind)).collect();
        let place = point(row.ewkb.as_deref()).filter(|_| self.points);
        let place = place.map(|point| [point.x(), point.y()].map(|degrees| degrees.to_string()));
        let mut cells = vec![Cell::Whole(row.id)];
        cells.extend(fields.zip(&texts).map(|((kind, value), text)| cell(kind, value, text.as_deref())));
        if self.selection.layer.status.is_some() {
            cells.push(row.standing.as_deref().map_or(Cell::Empty, Cell::Text));
        }
        cells.extend(place.iter().flatten().map(|degrees| Cell::Decimal(degrees)));
        sheet.row(cells.into_iter())
    }

    fn end(&mut self) -> io::Result<()> {
        self.sheet.take().map_or(Ok(()), Sheet::finish)
    }
}

/// A value, and the same as text, in a cell of its own type.
pub fn cell<'c>(kind: FieldType, value: &Value, text: Option<&'c str>) -> Cell<'c> {
    let Some(text) = text else { return Cell::Empty };
    match value {
        Value::Integer(number) => Cell::Whole(*number),
        Value::Number(_) => Cell::Decimal(text),
        Value::Boolean(flag) => Cell::Boolean(*flag),
        _ if kind == FieldType::Date => {
            NaiveDate::parse_from_str(text, "%Y-%m-%d").map_or(Cell::Text(text), Cell::Date)
        }
        _ if kind == FieldType::Datetime => local(text).map_or(Cell::Text(text), Cell::Moment),
        _ => Cell::Text(text),
    }
}
