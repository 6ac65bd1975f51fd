//! The file formats that a register leaves in.

/// What Excel knows UTF-8 by.
pub const BOM: &[u8] = "\u{feff}".as_bytes();

/// A file format of exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    GeoJson,
    Csv,
    Xlsx,
    GeoPackage,
    Shapefile,
    FileGdb,
    FlatGeobuf,
    Kml,
    Dxf,
}

/// What there is to know of a format.
#[derive(Debug)]
pub struct About {
    /// What a file's name ends in, without the first dot.
    pub ending: &'static str,
    pub media_type: &'static str,
    pub title: &'static str,
    /// GDAL's name of it.
    pub driver: &'static str,
    /// Its code among the file types of the EU's Publications Office, where it has one.
    pub file_type: Option<&'static str>,
    /// Whether coordinates can be in any reference system; if not, they are longitude and latitude.
    pub any_crs: bool,
}

const ABOUT: [(FileFormat, About); 9] = [
    (FileFormat::GeoJson, about("geojson", "application/geo+json", "GeoJSON", "GeoJSON").known_as("GEOJSON")),
    (FileFormat::Csv, about("csv", "text/csv; charset=utf-8", "CSV", "CSV").known_as("CSV")),
    (
        FileFormat::Xlsx,
        about("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "XLSX", "XLSX")
            .known_as("XLSX")
            .in_degrees(),
    ),
    (FileFormat::GeoPackage, about("gpkg", "application/geopackage+sqlite3", "GeoPackage", "GPKG").known_as("GPKG")),
    (FileFormat::Shapefile, about("shp.zip", "application/zip", "Shapefile", "ESRI Shapefile").known_as("SHP")),
    (FileFormat::FileGdb, about("gdb.zip", "application/zip", "File Geodatabase", "OpenFileGDB").known_as("GDB")),
    (FileFormat::FlatGeobuf, about("fgb", "application/flatgeobuf", "FlatGeobuf", "FlatGeobuf")),
    (FileFormat::Kml, about("kml", "application/vnd.google-earth.kml+xml", "KML", "KML").known_as("KML").in_degrees()),
    (FileFormat::Dxf, about("dxf", "image/vnd.dxf", "DXF", "DXF").known_as("DXF")),
];

const fn about(ending: &'static str, media_type: &'static str, title: &'static str, driver: &'static str) -> About {
    About { ending, media_type, title, driver, file_type: None, any_crs: true }
}

impl About {
    const fn known_as(self, file_type: &'static str) -> Self {
        Self { file_type: Some(file_type), ..self }
    }

    const fn in_degrees(self) -> Self {
        Self { any_crs: false, ..self }
    }
}

impl FileFormat {
    pub fn all() -> impl Iterator<Item = (Self, &'static About)> {
        ABOUT.iter().map(|(format, about)| (*format, about))
    }

    pub fn about(self) -> &'static About {
        // the table is in the order of the enumeration; a test compares them
        &ABOUT[self as usize].1
    }

    /// The format whose files end so, for example `shp.zip`.
    pub fn of_ending(ending: &str) -> Option<Self> {
        Self::all().find(|(_, about)| about.ending.eq_ignore_ascii_case(ending)).map(|(format, _)| format)
    }

    /// The format that a file's name tells.
    pub fn of_name(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        Self::all().find(|(_, about)| name.ends_with(&format!(".{}", about.ending))).map(|(format, _)| format)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_formats() {
        for (place, (format, about)) in FileFormat::all().enumerate() {
            assert_eq!(format as usize, place);
            assert_eq!(format.about().ending, about.ending);
            assert_eq!(FileFormat::of_ending(about.ending), Some(format));
            assert_eq!(FileFormat::of_name(&format!("a.b.{}", about.ending.to_uppercase())), Some(format));
        }
        assert_eq!(FileFormat::of_name("kiosks.shp"), None);
    }
}
