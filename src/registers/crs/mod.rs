//! The reference system of a file's coordinates: what it says, what a person says, or what puts the records into the
//! city. Nothing is guessed silently: where what is said does not lead into the city, the import is refused with what does.

mod known;
mod query;
mod transform;

use std::cell::Cell;
use std::fmt;

use anyhow::{Result, bail};
use futures_util::{StreamExt, TryStreamExt};
use geo::{BoundingRect, CoordsIter, Geometry, MapCoords};
use sqlx::PgConnection;

use self::transform::Transformer;
use super::read::Declared;
use crate::catalogue::Catalogue;
use crate::geom::grid::Envelope;
use crate::geom::systems::{KNOWN, System};

/// Where the boundary of the city is not known: Ukraine.
const UKRAINE: Envelope = Envelope { west: 22.0, south: 44.1, east: 40.4, north: 52.5 };
/// Around the boundary: a part of its size, and degrees.
const MARGIN: (f64, f64) = (0.1, 0.05);
/// Candidates that are named when an import is refused.
const NAMED: usize = 5;
/// Systems that are tried at once.
const AT_ONCE: usize = 4;

/// A reference system as PROJ takes it, and whether its axes are the other way round in the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Crs {
    /// `EPSG:5566`, WKT or a PROJ text.
    pub definition: String,
    pub swapped: bool,
}

impl Crs {
    pub fn geographic() -> Self {
        Self { definition: "EPSG:4326".to_owned(), swapped: false }
    }

    fn is_geographic(&self) -> bool {
        matches!(self.definition.as_str(), "EPSG:4326" | "OGC:CRS84")
    }
}

/// The way from a file's coordinates to longitude and latitude.
pub struct Way {
    pub crs: Crs,
    /// None where coordinates are that already.
    transformer: Option<Transformer>,
}

impl Way {
    pub fn new(crs: Crs) -> Result<Self> {
        let transformer = if crs.is_geographic() { None } else { Some(Transformer::start(&crs.definition)?) };
        Ok(Self { crs, transformer })
    }

    /// Geometries in longitude and latitude; none for one that has no place on Earth.
    pub async fn apply(&mut self, geometries: Vec<Geometry<f64>>) -> Result<Vec<Option<Geometry<f64>>>> {
        let swapped = self.crs.swapped;
        let turned: Vec<_> =
            geometries.into_iter().map(|geometry| if swapped { swap(&geometry) } else { geometry }).collect();
        let Some(transformer) = &mut self.transformer else { return Ok(turned.into_iter().map(Some).collect()) };
        let points: Vec<_> = turned.iter().flat_map(|geometry| geometry.coords_iter().map(|c| (c.x, c.y))).collect();
        let moved = transformer.points(&points).await?;
        let mut start = 0;
        let moved = turned.into_iter().map(|geometry| {
            let count = geometry.coords_count();
            let own: Option<Vec<_>> = moved.get(start..start + count)?.iter().copied().collect();
            start += count;
            let (own, next) = (own?, Cell::new(0));
            Some(geometry.map_coords(|old| {
                let (x, y) = own.get(next.replace(next.get() + 1)).copied().unwrap_or((old.x, old.y));
                geo::coord! { x: x, y: y }
            }))
        });
        Ok(moved.collect())
    }

    /// How many of the points lie in the city.
    async fn count_inside(&mut self, city: &City, sample: &[(f64, f64)]) -> Result<usize> {
        let points = sample.iter().map(|&(x, y)| geo::Point::new(x, y).into()).collect();
        let moved = self.apply(points).await?;
        Ok(moved.iter().flatten().filter_map(middle).filter(|point| city.holds(*point)).count())
    }
}

impl fmt::Display for Crs {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short: String = self.definition.chars().take(80).collect();
        write!(out, "{short}{}", if self.swapped { " swapped" } else { "" })
    }
}

fn swap(geometry: &Geometry<f64>) -> Geometry<f64> {
    geometry.map_coords(|c| geo::coord! { x: c.y, y: c.x })
}

/// Where the city is.
#[derive(Debug, Clone, Copy)]
pub struct City {
    pub envelope: Envelope,
    /// Whether the boundary is in its register.
    pub is_known: bool,
}

impl City {
    /// The box of the `boundary` register, a little grown. `importing` is the layer that records come into: the
    /// boundary itself is not where the old one was.
    pub async fn of(connection: &mut PgConnection, catalogue: &Catalogue, importing: &str) -> Result<Self> {
        let boundary = catalogue.layer("boundary").filter(|layer| layer.id != importing);
        let envelope = match boundary {
            Some(boundary) => query::extent(connection, boundary).await?,
            None => None,
        };
        let Some(envelope) = envelope else { return Ok(Self { envelope: UKRAINE, is_known: false }) };
        let grow = |from: f64, to: f64| (to - from) * MARGIN.0 + MARGIN.1;
        let (x, y) = (grow(envelope.west, envelope.east), grow(envelope.south, envelope.north));
        let envelope = Envelope {
            west: envelope.west - x,
            south: envelope.south - y,
            east: envelope.east + x,
            north: envelope.north + y,
        };
        Ok(Self { envelope, is_known: true })
    }

    pub fn holds(&self, (x, y): (f64, f64)) -> bool {
        let Envelope { west, south, east, north } = self.envelope;
        (west..=east).contains(&x) && (south..=north).contains(&y)
    }

    fn name(&self) -> &'static str {
        if self.is_known { "the city" } else { "Ukraine" }
    }
}

/// A point that stands for a geometry: the middle of its box.
pub fn middle(geometry: &Geometry<f64>) -> Option<(f64, f64)> {
    let center = geometry.bounding_rect()?.center();
    (center.x.is_finite() && center.y.is_finite()).then_some((center.x, center.y))
}

/// A reference system that puts some of a sample into the city.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub crs: Crs,
    pub name: &'static str,
    /// Which of the sample, by index.
    pub inside: Vec<usize>,
}

impl Candidate {
    fn line(&self, of: usize) -> String {
        format!("--crs \"{}\" ({}: {} of {of})", self.crs, self.name, self.inside.len())
    }
}

/// All systems that put something of `sample` into the city, the likeliest first.
pub async fn candidates(city: &City, sample: &[(f64, f64)]) -> Result<Vec<Candidate>> {
    among(city, sample, &KNOWN.iter().collect::<Vec<_>>()).await
}

async fn among(city: &City, sample: &[(f64, f64)], systems: &[&'static System]) -> Result<Vec<Candidate>> {
    let is_degrees = sample.iter().filter(|&&(x, y)| x.abs() <= 180.0 && y.abs() <= 180.0).count() * 2 > sample.len();
    let fitting = systems.iter().copied().filter(|known| known.is_degrees == is_degrees);
    let tries = futures_util::stream::iter(fitting.map(|known| both_ways(city, sample, known)));
    let mut found: Vec<Candidate> = tries.buffered(AT_ONCE).try_concat().await?;
    // stable: of equals the one that is commoner stays first
    found.sort_by_key(|candidate| std::cmp::Reverse(candidate.inside.len()));
    Ok(found)
}

/// A system with its axes as they are and swapped, as far as it puts something into the city.
async fn both_ways(city: &City, sample: &[(f64, f64)], known: &'static System) -> Result<Vec<Candidate>> {
    let definition = format!("EPSG:{}", known.code);
    let swapped = sample.iter().map(|&(x, y)| (y, x));
    let points: Vec<_> = sample.iter().copied().chain(swapped).collect();
    let moved = if known.code == 4326 {
        points.into_iter().map(Some).collect()
    } else {
        Transformer::start(&definition)?.points(&points).await?
    };
    let (straight, swapped) = moved.split_at(sample.len());
    let ways = [(straight, false), (swapped, true)].map(|(moved, swapped)| {
        let inside = moved.iter().enumerate().filter(|(_, point)| point.is_some_and(|point| city.holds(point)));
        let crs = Crs { definition: definition.clone(), swapped };
        Candidate { crs, name: known.name, inside: inside.map(|(index, _)| index).collect() }
    });
    Ok(ways.into_iter().filter(|candidate| !candidate.inside.is_empty()).collect())
}

/// The reference system of a file, and what is to be said of the choice.
pub struct Choice {
    pub way: Way,
    pub remark: Option<String>,
}

/// Decides by what a person `asked` for, what the file has `declared`, and where the sample then lies.
pub async fn choose(city: &City, asked: Option<&str>, declared: &Declared, sample: &[(f64, f64)]) -> Result<Choice> {
    if let Some(asked) = asked {
        return chosen(city, asked, sample).await;
    }
    let (crs, said) = match declared {
        Declared::Geographic => {
            (Crs::geographic(), "the file's format is in longitude and latitude (EPSG:4326)".to_owned())
        }
        Declared::Named(name) => {
            // a file may name anything, and GDAL would read what it names
            let known::Named::Definition(definition) = known::named(name) else {
                let short: String = name.chars().take(80).collect();
                bail!(
                    "the file names a reference system that is not understood ({short}); say which it is: --crs EPSG:5566"
                );
            };
            let crs = Crs { definition, swapped: false };
            let said = format!("the file says that it is in {crs}");
            (crs, said)
        }
        Declared::Nothing => (Crs::geographic(), "the file does not say its reference system".to_owned()),
    };
    let mut way = Way::new(crs.clone())?;
    let inside = way.count_inside(city, sample).await?;
    let silent = *declared == Declared::Nothing;
    if inside * 2 >= sample.len() {
        let remark = (silent && !sample.is_empty()).then(|| {
            format!("{said}; taken as {crs}, {inside} of {} records looked at lie in {}", sample.len(), city.name())
        });
        return Ok(Choice { way, remark });
    }
    let likely = candidates(city, sample).await?;
    let likely: Vec<_> =
        likely.iter().filter(|candidate| candidate.crs != crs && candidate.inside.len() > inside).collect();
    let outcome =
        format!("{said}; taken as {crs}, {inside} of {} records looked at lie in {}", sample.len(), city.name());
    if likely.is_empty() {
        bail!(
            "{outcome}, and no reference system that is known puts more of them there. If they are right, say --crs \"{crs}\""
        );
    }
    let lines: Vec<_> = likely.iter().take(NAMED).map(|candidate| candidate.line(sample.len())).collect();
    bail!("{outcome}. Say which it is: {}; or, if they are right as they are, --crs \"{crs}\"", lines.join(", or "))
}

async fn chosen(city: &City, asked: &str, sample: &[(f64, f64)]) -> Result<Choice> {
    let (rest, swapped) = match asked.trim().strip_suffix("swapped") {
        Some(rest) => (rest.trim_end(), true),
        None => (asked.trim(), false),
    };
    let definition = match known::named(rest) {
        known::Named::Definition(definition) => definition,
        known::Named::Family(systems) => {
            let found = among(city, sample, &systems).await?;
            let best = found.first().map_or(0, |candidate| candidate.inside.len());
            let best: Vec<_> = found.iter().filter(|candidate| candidate.inside.len() == best).collect();
            match &best[..] {
                [only] if only.inside.len() * 2 >= sample.len() => {
                    let remark = Some(format!("{rest} is taken as {} ({})", only.crs, only.name));
                    return Ok(Choice { way: Way::new(only.crs.clone())?, remark });
                }
                [] => bail!("no system of {rest} puts the records into {}: {}", city.name(), names(&systems)),
                several => {
                    let lines: Vec<_> = several.iter().map(|candidate| candidate.line(sample.len())).collect();
                    bail!("{rest} has several systems. Say which it is: {}", lines.join(", or "));
                }
            }
        }
        known::Named::Unknown => bail!(
            "--crs {rest} is not known; say for example EPSG:5566, УСК-2000, \"СК-63 X3\", or a definition of PROJ (+proj=…)"
        ),
    };
    let mut way = Way::new(Crs { definition, swapped })?;
    let inside = way.count_inside(city, sample).await?;
    let remark = (inside < sample.len())
        .then(|| format!("in {} {inside} of {} records looked at lie in {}", way.crs, sample.len(), city.name()));
    Ok(Choice { way, remark })
}

fn names(systems: &[&'static System]) -> String {
    systems.iter().map(|known| format!("EPSG:{} {}", known.code, known.name)).collect::<Vec<_>>().join(", ")
}
