//! Rows as GDAL reads them: a CSV on its input, and beside it a description (VRT) that gives every column its type.

use std::collections::HashSet;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::order::Crs;
use super::stream::{Buffer, Writer};
use super::value::{name, point, text};
use crate::catalogue::layer::{FieldType, GeometryKind, Source};
use crate::catalogue::select::{SelectedRow, Selection};
use crate::formats::ewkb;
use crate::formats::files::FileFormat;

/// Bytes of the longest text in a Shapefile's table.
pub const LONGEST_IN_DBF: usize = 254;

/// Where a column's value is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Origin {
    Id,
    /// A place among the selection's fields.
    Field(usize),
    Standing,
    /// What a card calls the record.
    Name,
}

/// A column of the file that GDAL writes.
#[derive(Debug, Clone)]
pub struct Column {
    from: Origin,
    kind: FieldType,
    /// As the register names it.
    pub field: String,
    /// As the file names it.
    pub name: String,
    pub title: String,
    /// How many values a Shapefile cannot hold whole.
    pub cut: Arc<AtomicU64>,
}

/// What is fed, and how it is described.
pub struct Feed {
    selection: Selection,
    format: FileFormat,
    /// Height of letters in a drawing, in its units.
    letter: f64,
    pub columns: Vec<Column>,
}

impl Feed {
    pub fn new(selection: &Selection, format: FileFormat, crs: Crs) -> Self {
        // two metres, also in degrees
        let letter = if crs == Crs::Crs84 { 0.000_02 } else { 2.0 };
        let mut feed = Self { selection: selection.clone(), format, letter, columns: Vec::new() };
        match format {
            // entities have a layer and a text, and nothing else
            FileFormat::Dxf => return feed,
            FileFormat::Kml => feed.add(Origin::Name, FieldType::Text, "Name", "Назва"),
            _ => {}
        }
        // where it is the table's key it is no column besides
        if !matches!(format, FileFormat::GeoPackage | FileFormat::FileGdb) {
            feed.add(Origin::Id, FieldType::Integer, "id", "Номер запису");
        }
        for (place, &index) in selection.fields.iter().enumerate() {
            let field = selection.field(index);
            feed.add(Origin::Field(place), field.kind, &field.name, &field.title.uk);
        }
        if selection.layer.status.is_some() {
            feed.add(Origin::Standing, FieldType::Text, "standing", "Стан");
        }
        if format == FileFormat::Shapefile {
            shorten(&mut feed.columns);
        }
        feed
    }

    fn add(&mut self, from: Origin, kind: FieldType, name: &str, title: &str) {
        let (field, name, title) = (name.to_owned(), name.to_owned(), title.to_owned());
        self.columns.push(Column { from, kind, field, name, title, cut: Arc::default() });
    }

    /// The description: columns `c0`, `c1`, … of the CSV with their names and types.
    pub fn description(&self) -> String {
        let layer = &self.selection.layer;
        let fields: String = self.columns.iter().enumerate().map(|(place, column)| self.field(place, column)).collect();
        let style = if self.format == FileFormat::Dxf {
            "<Style>style</Style><Field name=\"Layer\" src=\"layer\" type=\"String\"/>"
        } else {
            ""
        };
        format!(
            "<OGRVRTDataSource><OGRVRTLayer name=\"{}\"><SrcDataSource>CSV:/vsistdin/</SrcDataSource>\
             <OpenOptions><OOI key=\"EMPTY_STRING_AS_NULL\">YES</OOI></OpenOptions>\
             <SrcLayer>layer</SrcLayer><FID name=\"id\">id</FID><GeometryType>{}</GeometryType>\
             <LayerSRS>EPSG:4326</LayerSRS><GeometryField encoding=\"WKB\" field=\"geom\"/>{style}{fields}\
             </OGRVRTLayer></OGRVRTDataSource>",
            xml(&layer.id),
            self.geometry_type(),
        )
    }

    fn geometry_type(&self) -> &'static str {
        match (self.format, self.selection.layer.geometry) {
            (FileFormat::Dxf, _) => "wkbUnknown",
            (_, GeometryKind::Point) if self.selection.layer.source == Source::Managed => "wkbPoint",
            (_, GeometryKind::Point) => "wkbMultiPoint",
            (_, GeometryKind::Line) => "wkbMultiLineString",
            (_, GeometryKind::Polygon) => "wkbMultiPolygon",
        }
    }

    /// Whether geometries are of several parts each, so that single ones must be made such.
    pub fn is_multi(&self) -> bool {
        self.geometry_type().starts_with("wkbMulti")
    }

    fn field(&self, place: usize, column: &Column) -> String {
        let kind = match self.ogr_type(column.kind) {
            Type::Text => "type=\"String\"",
            Type::Whole => "type=\"Integer64\"",
            Type::Decimal => "type=\"Real\"",
            Type::Money => "type=\"Real\" width=\"19\" precision=\"2\"",
            Type::Boolean => "type=\"Integer\" subtype=\"Boolean\"",
            Type::Date => "type=\"Date\"",
            Type::Moment => "type=\"DateTime\"",
        };
        let (name, title) = (xml(&column.name), xml(&column.title));
        // only these two keep it, and others may take it for the name
        let keeps_title = matches!(self.format, FileFormat::GeoPackage | FileFormat::FileGdb);
        let title = if keeps_title { format!(" alternativeName=\"{title}\"") } else { String::new() };
        format!("<Field name=\"{name}\" src=\"c{place}\" {kind}{title}/>")
    }

    fn ogr_type(&self, kind: FieldType) -> Type {
        match kind {
            FieldType::Integer => Type::Whole,
            FieldType::Number => Type::Decimal,
            FieldType::Money => Type::Money,
            FieldType::Boolean if self.format == FileFormat::Csv => Type::Text,
            FieldType::Boolean => Type::Boolean,
            // it would write dates with slashes
            FieldType::Date | FieldType::Datetime if self.format == FileFormat::Kml => Type::Text,
            FieldType::Date => Type::Date,
            FieldType::Datetime if matches!(self.format, FileFormat::Shapefile | FileFormat::Csv) => Type::Text,
            FieldType::Datetime => Type::Moment,
            _ => Type::Text,
        }
    }

    /// What writes the CSV.
    pub fn writer(self, out: Buffer) -> io::Result<Feeder> {
        let mut out = csv::Writer::from_writer(out);
        if self.format == FileFormat::Dxf {
            out.write_record(["id", "geom", "style", "layer"])?;
        } else {
            let columns = (0..self.columns.len()).map(|place| format!("c{place}"));
            out.write_record(["id".to_owned(), "geom".to_owned()].into_iter().chain(columns))?;
        }
        Ok(Feeder { feed: self, out })
    }
}

enum Type {
    Text,
    Whole,
    Decimal,
    Money,
    Boolean,
    Date,
    Moment,
}

/// Writes the feed.
pub struct Feeder {
    feed: Feed,
    out: csv::Writer<Buffer>,
}

impl Writer for Feeder {
    fn row(&mut self, row: &SelectedRow) -> io::Result<()> {
        match self.feed.format {
            FileFormat::Dxf => self.drawing(row),
            _ => self.record(row),
        }
    }

    fn end(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Feeder {
    fn record(&mut self, row: &SelectedRow) -> io::Result<()> {
        let Self { feed, out } = self;
        out.write_field(row.id.to_string())?;
        out.write_field(row.ewkb.as_deref().and_then(ewkb::to_wkb_hex).unwrap_or_default())?;
        let as_words = feed.format == FileFormat::Csv;
        for column in &feed.columns {
            let value = match column.from {
                Origin::Id => Some(row.id.to_string()),
                Origin::Standing => row.standing.clone(),
                Origin::Name => Some(name(&feed.selection, row)),
                Origin::Field(place) => row.values.get(place).and_then(|value| text(value, column.kind)),
            };
            let value = match value {
                Some(flag) if column.kind == FieldType::Boolean && !as_words => u8::from(flag == "true").to_string(),
                value => value.unwrap_or_default(),
            };
            if value.len() > LONGEST_IN_DBF {
                column.cut.fetch_add(1, Ordering::Relaxed);
            }
            out.write_field(value)?;
        }
        out.write_record(None::<&[u8]>)?;
        Ok(())
    }

    /// The geometry, and its name as a text on it.
    fn drawing(&mut self, row: &SelectedRow) -> io::Result<()> {
        let Some(geometry) = row.ewkb.as_deref().and_then(ewkb::to_wkb_hex) else { return Ok(()) };
        let (id, layer) = (row.id.to_string(), self.feed.selection.layer.id.as_str());
        self.out.write_record([&id, &geometry, "", layer])?;
        let name = name(&self.feed.selection, row);
        if let Some(point) = point(row.ewkb.as_deref()).filter(|_| !name.is_empty()) {
            let name = name.replace('\\', "\\\\").replace('"', "\\\"");
            let style = format!("LABEL(f:\"Arial\",s:{}g,t:\"{name}\")", self.feed.letter);
            self.out.write_record([&id, &point_hex(point.x(), point.y()), &style, layer])?;
        }
        Ok(())
    }
}

fn point_hex(x: f64, y: f64) -> String {
    let mut bytes = vec![1, 1, 0, 0, 0];
    bytes.extend(x.to_le_bytes());
    bytes.extend(y.to_le_bytes());
    ewkb::to_wkb_hex(&bytes).unwrap_or_default()
}

/// Gives every column a name of ten letters at most, as Shapefiles need: its own, cut off, with a number where there
/// are several.
fn shorten(columns: &mut [Column]) {
    let mut taken: HashSet<String> = HashSet::new();
    // names that are short enough stay
    taken.extend(columns.iter().filter(|column| column.name.len() <= 10).map(|column| column.name.clone()));
    for column in columns.iter_mut().filter(|column| column.name.len() > 10) {
        let cut = |length: usize| column.field.chars().take(length).collect::<String>();
        let numbered = (1..).map(|number: u32| {
            let number = number.to_string();
            format!("{}_{number}", cut(9 - number.len()))
        });
        let free = std::iter::once(cut(10)).chain(numbered).find(|name| !taken.contains(name));
        column.name = free.unwrap_or_default();
        taken.insert(column.name.clone());
    }
}

/// Text within an attribute or an element.
fn xml(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&apos;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_unique_and_short() {
        let fields = ["passport_number", "passport_status", "passport_until", "title", "passport_n", "addr"];
        let mut columns: Vec<_> = fields
            .iter()
            .map(|field| Column {
                from: Origin::Id,
                kind: FieldType::Text,
                field: field.to_string(),
                name: field.to_string(),
                title: String::new(),
                cut: Arc::default(),
            })
            .collect();
        shorten(&mut columns);
        let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["passport_1", "passport_s", "passport_u", "title", "passport_n", "addr"]);
    }
}
