//! Formats that GDAL reads: `ogr2ogr` as a child process that writes GeoJSON lines, within limits, with one driver, and
//! without the network.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use regex::Regex;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::{Instant, timeout, timeout_at};

use super::limits::Limits;
use super::sniff::Dataset;
use crate::gdal::{Bounds, Complaints, program};

/// For looking at a file's tables before it is read: time, and bytes of what is said of them.
const LOOK: Duration = Duration::from_secs(120);
const DESCRIPTION: u64 = 16 << 20;
/// What GDAL says of a coordinate that is no number; it then leaves the geometry out.
const NOT_A_NUMBER: &str = "NaN coordinate";

/// GDAL with a data set.
pub struct Gdal {
    dataset: Dataset,
    limits: Limits,
    environment: Vec<(&'static str, String)>,
}

/// A table (GDAL's layer) of a data set.
#[derive(Debug, Default, PartialEq)]
pub struct Description {
    pub columns: Vec<String>,
    /// `EPSG:5566`, or a definition as WKT; none where the file says nothing.
    pub crs: Option<String>,
}

impl Gdal {
    /// `encoding`: what a person said that texts are in, where the file does not say it.
    pub async fn open(dataset: &Dataset, encoding: Option<&str>, limits: &Limits) -> Result<Self> {
        let formats = Command::new("ogrinfo").arg("--formats").output().await;
        let formats =
            formats.context("GDAL's programs ogrinfo and ogr2ogr are needed for this format: apt install gdal-bin")?;
        let others = others(&String::from_utf8_lossy(&formats.stdout), dataset.driver);
        let mut environment = vec![
            ("GDAL_SKIP", others),
            // no driver that is left would ask the network; should one, it gets nowhere
            ("GDAL_HTTP_PROXY", "127.0.0.1:9".to_owned()),
            ("CPL_VSIL_CURL_ALLOWED_EXTENSIONS", "{noext}".to_owned()),
            ("GDAL_HTTP_TIMEOUT", "1".to_owned()),
            ("GDAL_PAM_ENABLED", "NO".to_owned()),
            ("GML_SKIP_RESOLVE_ELEMS", "ALL".to_owned()),
            ("OGR_SQLITE_LOAD_EXTENSIONS", String::new()),
            // the header is found by the names that are in it, and types by the register
            ("OGR_XLSX_HEADERS", "DISABLE".to_owned()),
            ("OGR_XLSX_FIELD_TYPES", "STRING".to_owned()),
            ("OGR_ODS_HEADERS", "DISABLE".to_owned()),
            ("OGR_ODS_FIELD_TYPES", "STRING".to_owned()),
            ("OGR_XLS_HEADERS", "DISABLE".to_owned()),
            ("OGR_XLS_FIELD_TYPES", "STRING".to_owned()),
        ];
        if dataset.has_old_names {
            environment.push(("CPL_ZIP_ENCODING", "CP866".to_owned()));
        }
        match (encoding, dataset.encoding) {
            (Some(named), _) => {
                let name = crate::formats::encoded::find(named)?.name().replace("windows-", "CP").replace("IBM", "CP");
                environment.push(("SHAPE_ENCODING", name.clone()));
                environment.push(("DXF_ENCODING", name));
            }
            (None, Some(found)) => {
                environment.push(("SHAPE_ENCODING", found.to_owned()));
                environment.push(("DXF_ENCODING", found.to_owned()));
            }
            (None, None) => {}
        }
        Ok(Self { dataset: dataset.clone(), limits: limits.clone(), environment })
    }

    /// A GDAL program under the limits; it writes no files.
    fn command(&self, name: &str) -> Command {
        let seconds = self.limits.time.as_secs().max(1);
        let mut command = program(name, Bounds { memory: self.limits.memory, seconds, file: 0 });
        command.envs(self.environment.iter().map(|(name, value)| (*name, value))).stdout(Stdio::piped());
        command
    }

    fn open_options(&self) -> &'static [&'static str] {
        match self.dataset.driver {
            "GML" => &["-oo", "WRITE_GFS=NO", "-oo", "DOWNLOAD_SCHEMA=NO"],
            "GPKG" => &["-oo", "LIST_ALL_TABLES=YES"],
            _ => &[],
        }
    }

    async fn look(&self, table: Option<&str>) -> Result<String> {
        let mut command = self.command("ogrinfo");
        command.args(["-ro", "-so", "-nomd", "-nocount", "-noextent", "-wkt_format", "WKT2_2019"]);
        command.args(self.open_options()).arg(&self.dataset.path).args(table);
        let mut child = command.spawn().context("cannot start prlimit, of the package util-linux")?;
        let complaints = Complaints::follow(child.stderr.take());
        let mut text = Vec::new();
        if let Some(out) = child.stdout.take() {
            let mut out = out.take(DESCRIPTION);
            timeout(LOOK, out.read_to_end(&mut text)).await.context("GDAL takes too long to look at the file")??;
        }
        let status = timeout(LOOK, child.wait()).await.context("GDAL takes too long to look at the file")??;
        let complaints = complaints.end().await;
        let text = String::from_utf8_lossy(&text).into_owned();
        if !status.success() || text.contains("FAILURE:") || complaints.has_errors() {
            bail!("GDAL cannot read it as {}{}", self.dataset.name, complaints.reason());
        }
        Ok(text)
    }

    /// Names of the tables.
    pub async fn tables(&self) -> Result<Vec<String>> {
        let tables = tables(&self.look(None).await?);
        // GDAL would take it for an option
        if let Some(name) = tables.iter().find(|name| name.starts_with('-')) {
            bail!("the name of the table {name} begins with a dash; rename it");
        }
        Ok(tables)
    }

    pub async fn describe(&self, table: &str) -> Result<Description> {
        let text = self.look(Some(table)).await?;
        describe(&text)
    }

    /// Starts reading a table. Coordinates are as the file has them, easting or longitude first.
    pub fn read(&self, table: &str) -> Result<Lines> {
        let mut command = self.command("ogr2ogr");
        // a name for the reference system, so that the writer does not transform
        command.args(["-f", "GeoJSONSeq", "/vsistdout/", "-a_srs", "EPSG:4326", "-dim", "XY"]);
        command.args(["-nlt", "CONVERT_TO_LINEAR", "-lco", "COORDINATE_PRECISION=12"]);
        command.args(self.open_options()).arg(&self.dataset.path).arg(table);
        let mut child = command.spawn().context("cannot start prlimit, of the package util-linux")?;
        let complaints = Complaints::follow(child.stderr.take());
        let out = child.stdout.take().context("ogr2ogr writes nothing")?;
        Ok(Lines {
            out: BufReader::with_capacity(1 << 20, out),
            child,
            complaints: Some(complaints),
            deadline: Instant::now() + self.limits.time,
            limits: self.limits.clone(),
            format: self.dataset.name,
            line: Vec::new(),
            bytes: 0,
        })
    }
}

/// Names of all drivers of `ogrinfo --formats` but `driver` and the one that writes.
fn others(formats: &str, driver: &str) -> String {
    let names = formats.lines().filter_map(|line| {
        let (name, rest) = line.trim().split_once(" -")?;
        (rest.contains("- (") && name != driver && name != "GeoJSONSeq").then_some(name)
    });
    names.collect::<Vec<_>>().join(",")
}

fn tables(text: &str) -> Vec<String> {
    let names = text.lines().filter_map(|line| {
        let line = line.trim_start();
        let rest = match line.strip_prefix("Layer: ") {
            Some(rest) => rest,
            None => line.split_once(": ").filter(|(number, _)| number.parse::<u32>().is_ok())?.1,
        };
        // what kind of geometry it has follows in brackets
        let name = rest.strip_suffix(')').and_then(|rest| rest.rsplit_once(" (")).map_or(rest, |(name, _)| name);
        Some(name.to_owned())
    });
    names.collect()
}

fn describe(text: &str) -> Result<Description> {
    let field = Regex::new(r"^(.+): [A-Z][A-Za-z0-9]*(?:\([A-Za-z0-9]+\))? \(\d+\.\d+\)")?;
    let code = Regex::new(r#"ID\["(EPSG|ESRI)",(\d+)\]\]$"#)?;
    let (mut crs, mut columns) = (Vec::new(), Vec::new());
    let mut is_crs = false;
    for line in text.lines() {
        if line == "Layer SRS WKT:" {
            is_crs = true;
        } else if line.starts_with("Data axis to CRS axis mapping") || line == "(unknown)" {
            is_crs = false;
        } else if is_crs {
            crs.push(line.trim());
        } else if let Some(found) = field.captures(line).and_then(|found| found.get(1)) {
            columns.push(found.as_str().to_owned());
        }
    }
    let definition = crs.join("");
    let crs = match code.captures(&definition) {
        // the plane of a drawing, which is nowhere on Earth
        _ if definition.is_empty() || definition.starts_with("ENGCRS") || definition.starts_with("LOCAL_CS") => None,
        Some(found) => Some(format!("{}:{}", &found[1], &found[2])),
        None => Some(definition),
    };
    Ok(Description { columns, crs })
}

/// The lines that `ogr2ogr` writes, one for each record.
pub struct Lines {
    out: BufReader<ChildStdout>,
    child: Child,
    complaints: Option<Complaints>,
    deadline: Instant,
    limits: Limits,
    format: &'static str,
    line: Vec<u8>,
    bytes: u64,
}

impl Lines {
    /// The next line; none once the child has ended well.
    pub async fn next(&mut self) -> Result<Option<&str>> {
        self.line.clear();
        let most = self.limits.record;
        let read = timeout_at(self.deadline, line(&mut self.out, &mut self.line, most)).await;
        let is_there =
            read.with_context(|| format!("reading takes more than {:?}; it is stopped", self.limits.time))??;
        self.bytes += self.line.len() as u64;
        if self.bytes > self.limits.output {
            bail!("the file grows to more than {} bytes; it is stopped", self.limits.output);
        }
        if !is_there {
            self.end().await?;
            return Ok(None);
        }
        let text = std::str::from_utf8(&self.line).context("GDAL gives text that is not UTF-8; say --encoding")?;
        Ok(Some(text))
    }

    async fn end(&mut self) -> Result<()> {
        let status = timeout_at(self.deadline, self.child.wait()).await.context("reading takes too long")??;
        let complaints = match self.complaints.take() {
            Some(complaints) => complaints.end().await,
            None => Complaints::default(),
        };
        if complaints.text().contains(NOT_A_NUMBER) {
            bail!("a coordinate of the file is not a number (NaN or infinite); mend it");
        }
        if !status.success() || complaints.has_errors() {
            bail!("GDAL cannot read it to its end as {}{}", self.format, complaints.reason());
        }
        Ok(())
    }
}

/// Reads a line of at most `most` bytes, without its end; false at the end of everything.
async fn line(from: &mut (impl AsyncBufRead + Unpin), into: &mut Vec<u8>, most: usize) -> Result<bool> {
    loop {
        let available = from.fill_buf().await?;
        if available.is_empty() {
            return Ok(!into.is_empty());
        }
        let end = available.iter().position(|&byte| byte == b'\n');
        let taken = end.unwrap_or(available.len());
        into.extend_from_slice(&available[..taken]);
        from.consume(taken + usize::from(end.is_some()));
        if into.len() > most {
            bail!("a record has more than {most} bytes, as of a geometry with millions of vertices; it is stopped");
        }
        if end.is_some() && !into.is_empty() {
            return Ok(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_driver_but_the_one_that_is_needed_is_left_out() {
        let formats = "Supported Formats:\n  GPKG -raster,vector- (rw+vs): GeoPackage\n  OGR_VRT -vector- (rov): VRT\n  \
                       ESRI Shapefile -vector- (rw+v): ESRI Shapefile\n  GeoJSONSeq -vector- (rw+v): Sequence\n  \
                       netCDF -raster,multidimensional raster,vector- (rw+vs): Network\n";
        assert_eq!(others(formats, "ESRI Shapefile"), "GPKG,OGR_VRT,netCDF");
    }

    #[test]
    fn tables_and_columns_are_read_as_ogrinfo_writes_them() {
        assert_eq!(tables("INFO: Open of `a'\n1: Аркуш 1 (2) (None)\n2: roads\n"), ["Аркуш 1 (2)", "roads"]);
        assert_eq!(tables("  Layer: parcels (Multi Polygon)\n"), ["parcels"]);
        let text = "Layer name: a\nGeometry: Point\nLayer SRS WKT:\nPROJCRS[\"x\",\n    ID[\"EPSG\",5566]]\n\
                    Data axis to CRS axis mapping: 2,1\nFID Column = fid\naddr:street: String (0.0)\nn: Integer(Boolean) (1.0)\n";
        let found = describe(text).unwrap();
        assert_eq!(found.columns, ["addr:street", "n"]);
        assert_eq!(found.crs.as_deref(), Some("EPSG:5566"));
        assert_eq!(describe("Layer SRS WKT:\n(unknown)\na: Date (10.0)\n").unwrap().crs, None);
    }
}
