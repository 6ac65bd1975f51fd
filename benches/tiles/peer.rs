//! What Martin reads: the schema `peer`, made from the layer files, so that its tiles carry at every zoom just the
//! columns that Misto's carry.
//!
//! `peer.<layer>` is a copy in EPSG:3857, in Hilbert order, without a column too many: the best that Martin can be
//! given. `peer.<layer>_4326` is a view of the register itself, as Misto reads it. `peer.city(z, x, y)` gives the six
//! layers at once, for martin-cp, which cannot change columns with the zoom otherwise.

use std::fmt::Write;
use std::sync::Arc;

use misto::auth::Caller;
use misto::catalogue::Catalogue;
use misto::catalogue::layer::{FieldType, Layer};
use misto::catalogue::select::{Selection, select};
use misto::geom::grid::LAST_ZOOM;

use crate::city::SIX;

/// Which rows Martin reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Srid {
    Mercator,
    Degrees,
}

impl Srid {
    fn number(self) -> u32 {
        if self == Self::Mercator { 3857 } else { 4326 }
    }

    fn relation(self, layer: &str) -> String {
        if self == Self::Mercator { layer.to_owned() } else { format!("{layer}_4326") }
    }
}

/// A run of zooms at which the tiles of a layer carry the same columns.
struct Band {
    layer: &'static str,
    geometry: String,
    from: u8,
    to: u8,
    columns: Vec<String>,
}

pub struct Peer {
    bands: Vec<Band>,
    selections: Vec<Selection>,
}

impl Peer {
    pub fn new(catalogue: &Catalogue) -> Self {
        let layers = || SIX.into_iter().filter_map(|id| Some((id, catalogue.layer(id)?)));
        Self {
            bands: layers().flat_map(|(id, layer)| bands(id, layer)).collect(),
            selections: layers().map(|(_, layer)| select(layer, Caller::Public)).collect(),
        }
    }

    /// Statements that make the schema anew.
    pub fn schema(&self) -> Vec<String> {
        let mut statements = vec![
            "set client_min_messages = warning; drop schema if exists peer cascade; create schema peer".to_owned(),
        ];
        for selection in &self.selections {
            let (layer, geometry) = (&selection.layer.id, selection.geometry());
            let columns = columns(selection);
            let kind = geometry_type(&selection.layer);
            statements.push(format!(
                "create table peer.{layer} as select {id} as id{columns}, st_transform({geometry}, 3857)::geometry({kind}, 3857) \
                 as geom from {relation} where {geometry} is not null order by {geometry}; \
                 alter table peer.{layer} add primary key (id); create index on peer.{layer} using gist (geom); \
                 create view peer.{layer}_4326 as select {id} as id{columns}, {geometry} as geom from {relation}",
                id = selection.id(),
                relation = selection.relation(),
            ));
            statements.push(format!("vacuum analyze peer.{layer}"));
        }
        statements.push(self.function());
        statements
    }

    /// Names of Martin's sources for the layers at a zoom, joined as in its addresses.
    pub fn sources(&self, layers: &[&str], srid: Srid, zoom: u8) -> String {
        let bands =
            self.bands.iter().filter(|band| layers.contains(&band.layer) && (band.from..=band.to).contains(&zoom));
        bands.map(|band| source(band, srid)).collect::<Vec<_>>().join(",")
    }

    /// Martin's configuration.
    pub fn configuration(&self, url: &str, pool: usize) -> String {
        let mut yaml = format!(
            "postgres:\n  connection_string: '{url}'\n  pool_size: {pool}\n  auto_bounds: skip\n  reload_interval: 0s\n  \
             auto_publish: false\n  functions:\n    city: {{ schema: peer, function: city }}\n  tables:\n"
        );
        for band in &self.bands {
            for srid in [Srid::Mercator, Srid::Degrees] {
                let properties: Vec<_> = band.columns.iter().map(|column| format!("{column}: ''")).collect();
                let _ = writeln!(
                    yaml,
                    "    {}: {{ layer_id: {}, schema: peer, table: {}, srid: {}, geometry_column: geom, id_column: id, \
                     minzoom: {}, maxzoom: {}, extent: 4096, buffer: 64, clip_geom: true, geometry_type: {}, \
                     properties: {{ {} }} }}",
                    source(band, srid),
                    band.layer,
                    srid.relation(band.layer),
                    srid.number(),
                    band.from,
                    band.to,
                    band.geometry,
                    properties.join(", ")
                );
            }
        }
        yaml
    }

    fn function(&self) -> String {
        let mut body = String::new();
        for band in &self.bands {
            let columns: String = band.columns.iter().map(|column| format!(", \"{column}\"")).collect();
            let _ = write!(
                body,
                "if z between {} and {} then tile := tile || coalesce((select st_asmvt(t, '{layer}', 4096, 'geom', 'id') \
                 from (select id, st_asmvtgeom(geom, edge, 4096, 64, true) as geom{columns} from peer.{layer} \
                 where geom && margin) as t), ''); end if; ",
                band.from,
                band.to,
                layer = band.layer,
            );
        }
        format!(
            "create function peer.city(z integer, x integer, y integer) returns bytea language plpgsql stable parallel safe \
             as $$ declare tile bytea := ''; edge geometry := st_tileenvelope(z, x, y); \
             margin geometry := st_tileenvelope(z, x, y, margin => 64.0 / 4096); begin {body} return tile; end $$"
        )
    }
}

fn source(band: &Band, srid: Srid) -> String {
    format!("{}_{}_{}", band.layer, srid.number(), band.from)
}

fn geometry_type(layer: &Layer) -> &'static str {
    use misto::catalogue::layer::GeometryKind::*;
    match layer.geometry {
        Point => "Point",
        Line => "MultiLineString",
        Polygon => "MultiPolygon",
    }
}

fn bands(id: &'static str, layer: &Arc<Layer>) -> Vec<Band> {
    let selection = select(layer, Caller::Public);
    let begins = layer.fields.iter().filter_map(|field| field.tiles).filter(|from| *from > layer.min_zoom);
    let mut starts: Vec<u8> = begins.chain([layer.min_zoom]).collect();
    starts.sort_unstable();
    starts.dedup();
    let ends = starts.iter().skip(1).map(|next| next - 1).chain([LAST_ZOOM]);
    let band = |(from, to)| Band {
        layer: id,
        geometry: geometry_type(layer).to_uppercase(),
        from,
        to,
        columns: names(&selection, from),
    };
    starts.iter().copied().zip(ends).map(band).collect()
}

/// The properties of Misto's tiles at a zoom.
fn names(selection: &Selection, zoom: u8) -> Vec<String> {
    let fields = selection.tile_fields(zoom).into_iter().map(|index| selection.field(index).name.clone());
    fields.chain(selection.layer.status.is_some().then(|| "standing".to_owned())).collect()
}

/// All columns that tiles carry at any zoom, dates as the text that they are in tiles.
fn columns(selection: &Selection) -> String {
    let fields = selection.tile_fields(LAST_ZOOM).into_iter().map(|index| selection.field(index));
    let columns = fields.map(|field| match field.kind {
        FieldType::Date | FieldType::Datetime => format!(", \"{0}\"::text as \"{0}\"", field.name),
        _ => format!(", \"{}\"", field.name),
    });
    let standing = selection.layer.status.is_some().then(|| format!(", {} as standing", selection.standing()));
    columns.chain(standing).collect()
}
