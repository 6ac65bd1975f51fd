//! The package of open data: passport, structure, and the data three times; a fourth time with its geometry where the
//! structure cannot hold it.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use chrono::{SecondsFormat, Utc};
use chrono_tz::Europe::Kyiv;
use serde_json::json;
use zip::write::ZipWriter;

use super::legal::{LegalCsv, LegalJson, LegalXlsx, Table};
use super::ogr::add;
use super::order::Order;
use super::stream::{Buffer, Channel, Failure};
use super::{Made, Opendata, create};
use crate::catalogue::dataset::Dataset;
use crate::catalogue::overview::Overview;
use crate::catalogue::structure::Structure;
use crate::folder::Folder;
use crate::formats::files::BOM;
use crate::http::problem::Problem;

const DATA: [&str; 3] = ["data.csv", "data.xlsx", "data.json"];
const GEOMETRY: &str = "data.geojson";
/// What the passport says of the geometry, without and with coordinates in the structure.
const GEOMETRY_NOTES: [&str; 2] = [
    "Структура не має стовпців для координат. Геометрія кожного запису, з тими самими стовпцями, є у data.geojson (WGS 84).",
    "Широта й довгота у структурі — одна точка на об’єкті. Його повна геометрія, з тими самими стовпцями, є у data.geojson (WGS 84).",
];

impl Opendata {
    /// Makes the package.
    pub(super) async fn package(&self, order: &Order, base: Option<&str>, folder: &Folder) -> Result<Made, Problem> {
        let layer = &order.layer;
        let legal = layer.legal.as_ref().ok_or_else(|| Problem::internal(&"a package without a structure"))?;
        let structure = Structure::named(&legal.structure);
        let structure = structure.ok_or_else(|| Problem::internal(&"the catalogue knows no such structure"))?;
        let mut reader = self.open(order).await?;
        let modified = reader.modified().await?;
        let table = Table::new(reader.selection(), legal, structure.clone());
        let buffers = [(); 3].map(|()| Buffer::default());
        let csv = LegalCsv::new(table.clone(), buffers[0].clone()).map_err(Failure::from)?;
        let xlsx = LegalXlsx::new(table.clone(), &layer.id, buffers[1].clone()).map_err(Failure::from)?;
        let json = LegalJson::new(table.clone(), buffers[2].clone()).map_err(Failure::from)?;
        let [first, second, third] = buffers;
        let path = |name: &str| folder.path().join(name);
        let mut channels = vec![
            Channel::new(csv, first, create(&path(DATA[0])).await?),
            Channel::new(xlsx, second, create(&path(DATA[1])).await?),
            Channel::new(json, third, create(&path(DATA[2])).await?),
        ];
        let mut data = DATA.to_vec();
        let mut geometry_note = None;
        if !table.holds_place(layer.geometry) {
            geometry_note = Some(GEOMETRY_NOTES[usize::from(table.has_coordinates())]);
            let buffer = Buffer::default();
            let geojson = LegalJson::geojson(table, buffer.clone()).map_err(Failure::from)?;
            channels.push(Channel::new(geojson, buffer, create(&path(GEOMETRY)).await?));
            data.push(GEOMETRY);
        }
        let records = reader.run(&mut channels).await?;
        let count = i64::try_from(records).unwrap_or(i64::MAX);
        let dataset = Dataset {
            layer,
            group: self.catalogue.group(layer),
            publisher: &self.publisher,
            overview: Overview { count, ..Overview::default() },
            base,
        };
        let csv = dataset.passport_csv().map_err(|error| Problem::internal(&error))?;
        let mut passport = dataset.passport_json(modified);
        let now = Utc::now().with_timezone(&Kyiv).to_rfc3339_opts(SecondsFormat::Secs, false);
        passport.insert("issued".into(), now.into());
        passport.insert("resources".into(), json!({ "structure": "structure.csv", "data": data }));
        if let Some(note) = geometry_note {
            passport.insert("geometry".into(), note.into());
        }
        let json = serde_json::to_vec_pretty(&passport).map_err(|error| Problem::internal(&error))?;
        let texts = [
            ("passport.csv", csv),
            ("passport.json", json),
            ("structure.csv", [BOM, structure.text.as_ref()].concat()),
        ];
        let data = data.into_iter().map(|name| (name, path(name))).collect();
        let archive = path(&format!("{}.legal.zip", layer.id));
        let packed = tokio::task::spawn_blocking(move || pack(archive, texts, data)).await;
        let path = packed.map_err(|error| Problem::internal(&error))?.map_err(Failure::from)?;
        Ok(Made { path, records, cut: Vec::new() })
    }
}

fn pack(archive: PathBuf, texts: [(&str, Vec<u8>); 3], data: Vec<(&str, PathBuf)>) -> io::Result<PathBuf> {
    let mut zip = ZipWriter::new(File::create(&archive)?);
    for (name, text) in texts {
        add(&mut zip, name, text.as_slice())?;
    }
    for (name, path) in data {
        add(&mut zip, name, File::open(path)?)?;
    }
    zip.finish()?.flush()?;
    Ok(archive)
}
