//! The plain drawing of a register that no style draws: its colour says which register it is, a second sign how a record
//! stands. Registers so drawn are hidden until somebody asks for them, for there are many.

use serde_json::{Value as Json, json};

use super::file::template_fields;
use super::layer::{GeometryKind, LABELS, Layer, Standing};
use crate::auth::Access;

/// What asks for attention, and in which colour.
const ALARMS: [(Standing, &str); 2] = [(Standing::Late, "#c2410c"), (Standing::Expired, "#c81e3a")];
/// How much of a mark is left of what does not count now.
const FADED: [(Standing, f64); 4] =
    [(Standing::Planned, 0.65), (Standing::Suspended, 0.65), (Standing::Done, 0.45), (Standing::Annulled, 0.4)];

/// Plain drawings in two heaps.
#[derive(Default)]
pub struct Plain {
    /// Areas and lines.
    pub under: Vec<Json>,
    /// Points and names.
    pub over: Vec<Json>,
}

impl Plain {
    pub fn draw(&mut self, layer: &Layer) {
        let part = Part { layer, id: &layer.id, tiles: layer.id.clone(), zoom: layer.min_zoom };
        match layer.geometry {
            GeometryKind::Point => self.over.push(part.with("circle", circle_layout(layer), circle(layer))),
            GeometryKind::Line => self.under.push(part.with("line", line_layout(), line(layer, [1.0, 3.2]))),
            GeometryKind::Polygon => {
                self.under.push(part.with("fill", json!({}), fill(layer)));
                let outline = Part { id: &format!("{}-line", layer.id), ..part };
                self.under.push(outline.with("line", line_layout(), line(layer, [0.6, 1.8])));
            }
        }
        self.over.extend(name(layer));
    }
}

/// What the drawings of one register have in common.
struct Part<'a> {
    layer: &'a Layer,
    id: &'a str,
    tiles: String,
    zoom: u8,
}

impl Part<'_> {
    fn with(&self, kind: &str, mut layout: Json, paint: Json) -> Json {
        layout["visibility"] = "none".into();
        json!({
            "id": self.id, "type": kind, "source": self.layer.id, "source-layer": self.tiles, "minzoom": self.zoom,
            "metadata": { "misto:generated": true }, "layout": layout, "paint": paint,
        })
    }
}

/// A value by standing, or the other where the register has no status.
fn by_standing<T: Into<Json> + Copy>(layer: &Layer, cases: &[(Standing, T)], other: T) -> Json {
    if layer.status.is_none() {
        return other.into();
    }
    let mut json = vec![json!("match"), json!(["get", "standing"])];
    for (standing, value) in cases {
        json.extend([standing.to_string().into(), (*value).into()]);
    }
    json.push(other.into());
    Json::Array(json)
}

/// Steady growth between two zooms; MapLibre wants the zoom outermost.
fn growing(stops: &[(u8, Json)]) -> Json {
    let mut json = vec![json!("interpolate"), json!(["linear"]), json!(["zoom"])];
    for (zoom, value) in stops {
        json.extend([(*zoom).into(), value.clone()]);
    }
    Json::Array(json)
}

/// A dot in the register's colour with a white ring, which has the colour of alarm where a term has passed; clusters are
/// as large as what they count.
fn circle(layer: &Layer) -> Json {
    let radius = |plain: f64| match layer.generalisation.cluster {
        0 => json!(plain),
        _ => json!(["+", plain, ["case", ["has", "count"], ["min", 12, ["*", 1.2, ["sqrt", ["get", "count"]]]], 0]]),
    };
    let ring = |plain: f64, alarm: f64| by_standing(layer, &ALARMS.map(|(standing, _)| (standing, alarm)), plain);
    let opacity = by_standing(layer, &FADED, 0.95);
    json!({
        "circle-color": layer.color,
        "circle-opacity": opacity,
        "circle-radius": growing(&[(9, radius(1.6)), (12, radius(2.8)), (14, radius(4.4)), (16, radius(6.5)), (18, radius(9.0))]),
        "circle-stroke-color": by_standing(layer, &ALARMS, "#ffffff"),
        "circle-stroke-opacity": opacity,
        "circle-stroke-width": growing(&[(10, ring(0.5, 1.0)), (14, ring(1.4, 2.2)), (18, ring(2.2, 3.2))]),
    })
}

/// What asks for attention lies on top.
fn circle_layout(layer: &Layer) -> Json {
    match layer.status {
        None => json!({}),
        Some(_) => {
            let first = [(Standing::Late, 2), (Standing::Expired, 2), (Standing::Valid, 1), (Standing::Active, 1)];
            json!({ "circle-sort-key": by_standing(layer, &first, 0) })
        }
    }
}

fn line_layout() -> Json {
    json!({ "line-cap": "round", "line-join": "round" })
}

fn line(layer: &Layer, width: [f64; 2]) -> Json {
    json!({
        "line-color": by_standing(layer, &ALARMS, layer.color.as_str()),
        "line-opacity": by_standing(layer, &FADED, 0.85),
        "line-width": growing(&[(10, width[0].into()), (17, width[1].into())]),
    })
}

/// So thin that several registers can lie over each other and the map below still shows.
fn fill(layer: &Layer) -> Json {
    json!({
        "fill-color": layer.color,
        "fill-opacity": growing(&[(10, 0.13.into()), (14, 0.1.into()), (17, 0.06.into())]),
    })
}

/// The record's name as its card has it, where the tiles carry all of it: close by, and only where there is room. Points
/// whose name is put together from several fields come in crowds, and stay without.
fn name(layer: &Layer) -> Option<Json> {
    let (tiles, zoom) = match (layer.geometry, layer.generalisation.labels) {
        (GeometryKind::Point, _) if has_own_name(layer) => (layer.id.clone(), 16),
        (GeometryKind::Polygon, Some(zoom)) => (format!("{}{LABELS}", layer.id), zoom),
        _ => return None,
    };
    let mut text = vec![json!("concat")];
    let (mut rest, mut first) = (layer.name.as_str(), zoom);
    for name in template_fields(&layer.name) {
        let (before, after) = rest.split_once(&format!("{{{name}}}"))?;
        let (_, field) = layer.field(name).filter(|(_, field)| field.access == Access::Public)?;
        first = first.max(field.tiles?);
        text.extend([json!(before), json!(["coalesce", ["to-string", ["get", name]], ""])]);
        rest = after;
    }
    text.push(rest.into());
    let point = layer.geometry == GeometryKind::Point;
    let layout = json!({
        "text-field": text, "text-font": ["Noto Sans Medium", "Noto Sans"], "text-size": 11.5, "text-max-width": 9,
        "text-optional": true, "text-anchor": if point { "top" } else { "center" },
        "text-offset": [0.0, if point { 0.9 } else { 0.0 }],
    });
    let paint = json!({
        "text-color": layer.color, "text-halo-color": "rgba(255, 255, 255, 0.92)", "text-halo-width": 1.4,
    });
    Some(Part { layer, id: &format!("{}-name", layer.id), tiles, zoom: first }.with("symbol", layout, paint))
}

/// Whether the name is one field and nothing else, as in `{title}`.
fn has_own_name(layer: &Layer) -> bool {
    layer.name.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).is_some_and(|name| layer.field(name).is_some())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::file::read_layer;
    use super::super::layer::{Bilingual, Group};
    use super::super::style::Style;
    use super::*;

    fn layer(id: &str, geometry: &str, rest: &str) -> Arc<Layer> {
        let text = format!(
            "title = {{ uk = \"Т\", en = \"T\" }}\ndescription = {{ uk = \"О\", en = \"D\" }}\ngroup = \"g\"\n\
             geometry = \"{geometry}\"\nzooms = {{ min = 8, max = 16 }}\nkey = [\"title\"]\n\
             color = \"#123456\"\n{rest}\n\
             [[fields]]\nname = \"title\"\ntitle = {{ uk = \"Н\", en = \"N\" }}\ntype = \"text\"\ntiles = 14\n"
        );
        let groups = [Group { id: "g".to_owned(), title: Bilingual::new("Г", "G"), themes: Vec::new() }];
        Arc::new(read_layer("layers/t.toml", id, &text, &groups).unwrap())
    }

    /// The style of a city with one label, with these registers that it does not draw.
    fn drawn(layers: &[Arc<Layer>]) -> Vec<Json> {
        let style = json!({ "sources": {}, "layers": [{ "id": "ground", "type": "fill" }, { "id": "names", "type": "symbol" }] });
        let style = Style::read("styles/t.json", &style.to_string(), layers).unwrap();
        style.for_clients("", layers, false)["layers"].as_array().unwrap().clone()
    }

    #[test]
    fn areas_lie_under_labels_and_points_over_them_all_hidden_at_first() {
        let layers = [
            layer("parks", "polygon", "name = \"№ {title}\"\ntiles = { labels = 10 }"),
            layer("stops", "point", "name = \"{title}\""),
            layer("trees", "point", "name = \"№ {title}\""),
            layer("pipes", "line", "name = \"{title}\""),
        ];
        let drawn = drawn(&layers);
        let ids: Vec<_> = drawn.iter().map(|drawing| drawing["id"].as_str().unwrap()).collect();
        assert_eq!(
            ids,
            ["ground", "parks", "parks-line", "pipes", "names", "parks-name", "stops", "stops-name", "trees"]
        );
        for drawing in drawn.iter().filter(|drawing| drawing["metadata"]["misto:generated"] == true) {
            assert_eq!(drawing["layout"]["visibility"], "none", "{drawing}");
        }
        assert_eq!(drawn[5]["source-layer"], "parks_labels");
        assert_eq!(drawn[5]["minzoom"], 14, "from where the tiles carry the name");
        let title = json!(["coalesce", ["to-string", ["get", "title"]], ""]);
        assert_eq!(drawn[5]["layout"]["text-field"], json!(["concat", "№ ", title, ""]));
    }

    #[test]
    fn the_standing_shows_where_there_is_a_status() {
        let status = "name = \"{title}\"\n[status]\nfield = \"title\"\n[status.means]\n\"новий\" = \"active\"";
        let [plain, standing] =
            ["name = \"{title}\"", status].map(|rest| drawn(&[layer("stops", "point", rest)])[2].clone());
        assert_eq!(plain["paint"]["circle-color"], "#123456");
        assert_eq!(plain["paint"]["circle-stroke-color"], "#ffffff");
        assert_eq!(standing["paint"]["circle-color"], "#123456");
        assert_eq!(
            standing["paint"]["circle-stroke-color"],
            json!(["match", ["get", "standing"], "late", "#c2410c", "expired", "#c81e3a", "#ffffff"])
        );
    }

    #[test]
    fn a_name_that_tiles_do_not_carry_is_not_drawn() {
        let mut stops = (*layer("stops", "point", "name = \"{title}\"")).clone();
        stops.fields[0].tiles = None;
        assert!(name(&layer("stops", "point", "name = \"{title}\"")).is_some());
        assert!(name(&stops).is_none());
    }
}
