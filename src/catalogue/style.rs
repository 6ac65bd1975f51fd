//! MapLibre styles: read from `styles/`, checked against the layers, completed for registers that they do not draw.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::layer::{LABELS, Layer, Standing};
use super::plain::Plain;
use super::reader::Mistake;
use crate::auth::Access;

/// A style file that fits the layers.
#[derive(Debug, Clone)]
pub struct Style {
    json: Map<String, Json>,
    /// Registers that the file draws.
    drawn: BTreeSet<String>,
}

impl Style {
    /// Reads a style and checks every layer that it draws and every field that it uses.
    pub fn read(file: &str, text: &str, layers: &[Arc<Layer>]) -> Result<Self, Vec<Mistake>> {
        let root: Json = serde_json::from_str(text).map_err(|error| {
            vec![Mistake { file: file.to_owned(), line: error.line(), text: format!("is no JSON: {error}") }]
        })?;
        let Json::Object(json) = root else {
            return Err(vec![Mistake { file: file.to_owned(), line: 1, text: "a style must be an object".to_owned() }]);
        };
        let mut check = Check { file, text, layers, mistakes: Vec::new(), drawn: BTreeSet::new() };
        check.sources(&json);
        check.style_layers(&json);
        if check.mistakes.is_empty() { Ok(Self { drawn: check.drawn, json }) } else { Err(check.mistakes) }
    }

    /// What the file calls itself.
    pub fn name(&self) -> Option<&str> {
        self.json.get("name")?.as_str()
    }

    /// Whether the file itself draws the layer; others are drawn plainly.
    pub fn draws(&self, layer: &str) -> bool {
        self.drawn.contains(layer)
    }

    /// The style as clients get it: source addresses absolute, and a plain drawing for every register without one. With
    /// `mlt` its sources are MapLibre Tiles.
    pub fn for_clients(&self, base_url: &str, layers: &[Arc<Layer>], mlt: bool) -> Json {
        let mut json = self.json.clone();
        if let Some(Json::Object(sources)) = json.get_mut("sources") {
            for source in sources.values_mut() {
                if let Some(Json::String(url)) = source.get_mut("url").filter(|url| is_local(url)) {
                    *url = format!("{base_url}{url}");
                }
            }
            for layer in layers.iter().filter(|layer| !self.drawn.contains(&layer.id)) {
                let source = json!({ "type": "vector", "url": format!("{base_url}/tiles/{}", layer.id) });
                sources.insert(layer.id.clone(), source);
            }
            if mlt {
                sources.values_mut().for_each(ask_for_mlt);
            }
        }
        if let Some(Json::Array(drawings)) = json.get_mut("layers") {
            let mut plain = Plain::default();
            layers.iter().filter(|layer| !self.drawn.contains(&layer.id)).for_each(|layer| plain.draw(layer));
            // Areas and lines lie under all labels and marks, points over them.
            let labels = drawings.iter().position(|drawing| drawing["type"] == "symbol").unwrap_or(drawings.len());
            drawings.splice(labels..labels, plain.under);
            drawings.extend(plain.over);
        }
        Json::Object(json)
    }
}

fn ask_for_mlt(source: &mut Json) {
    if let Some(source) = source.as_object_mut()
        && source.get("type").is_some_and(|kind| kind == "vector")
        && let Some(Json::String(url)) = source.get_mut("url")
    {
        url.push_str("?encoding=mlt");
        source.insert("encoding".to_owned(), "mlt".into());
    }
}

fn is_local(url: &Json) -> bool {
    url.as_str().is_some_and(|url| url.starts_with('/'))
}

struct Check<'a> {
    file: &'a str,
    text: &'a str,
    layers: &'a [Arc<Layer>],
    mistakes: Vec<Mistake>,
    drawn: BTreeSet<String>,
}

impl Check<'_> {
    /// `near` is a text that stands in the file where the mistake is.
    fn mistake(&mut self, near: &str, text: String) {
        let line = self.text.lines().position(|line| line.contains(&format!("\"{near}\""))).map_or(1, |line| line + 1);
        self.mistakes.push(Mistake { file: self.file.to_owned(), line, text });
    }

    fn layer(&self, id: &str) -> Option<&Arc<Layer>> {
        self.layers.iter().find(|layer| layer.id == id)
    }

    /// The register that a layer of the tiles shows: its features, or the label points of its polygons.
    fn shown_by(&self, source_layer: &str) -> Option<&Arc<Layer>> {
        let labelled =
            || self.layer(source_layer.strip_suffix(LABELS)?).filter(|layer| layer.generalisation.labels.is_some());
        self.layer(source_layer).or_else(labelled)
    }

    fn sources(&mut self, json: &Map<String, Json>) {
        let Some(sources) = json.get("sources").and_then(Json::as_object) else {
            return self.mistake("sources", "`sources` is missing".to_owned());
        };
        for (name, source) in sources {
            let Some(ids) = source.get("url").and_then(Json::as_str).and_then(|url| url.strip_prefix("/tiles/")) else {
                continue;
            };
            for id in ids.split(',').filter(|id| self.layer(id).is_none()).collect::<Vec<_>>() {
                self.mistake(
                    name,
                    format!("source `{name}` names `{id}`, which is no layer; layers: {}", self.known()),
                );
            }
        }
    }

    fn known(&self) -> String {
        self.layers.iter().map(|layer| layer.id.as_str()).collect::<Vec<_>>().join(", ")
    }

    fn style_layers(&mut self, json: &Map<String, Json>) {
        let Some(drawings) = json.get("layers").and_then(Json::as_array) else {
            return self.mistake("layers", "`layers` is missing".to_owned());
        };
        for drawing in drawings {
            let Some(source_layer) = drawing.get("source-layer").and_then(Json::as_str) else { continue };
            let id = drawing.get("id").and_then(Json::as_str).unwrap_or_default();
            let Some(layer) = self.shown_by(source_layer).cloned() else {
                let text = format!("`{id}` draws `{source_layer}`, which is no layer; layers: {}", self.known());
                self.mistake(id, text);
                continue;
            };
            self.drawn.insert(layer.id.clone());
            let mut used = BTreeSet::new();
            for part in ["filter", "paint", "layout"] {
                fields_used(drawing.get(part).unwrap_or(&Json::Null), &mut used);
            }
            for field in used {
                self.field(id, &layer, &field);
            }
        }
    }

    fn field(&mut self, drawing: &str, layer: &Layer, field: &str) {
        let in_tiles = |field: &&super::layer::Field| field.tiles.is_some() && field.access == Access::Public;
        if (field == "standing" && layer.status.is_some()) || counts(layer, field) {
            return;
        }
        if !layer.fields.iter().filter(in_tiles).any(|known| known.name == field) {
            let known = layer.fields.iter().filter(in_tiles).map(|f| f.name.as_str()).collect::<Vec<_>>().join(", ");
            let text =
                format!("`{drawing}` uses `{field}`, which tiles of `{}` do not carry; they carry: {known}", layer.id);
            self.mistake(drawing, text);
        }
    }
}

/// Whether a field is one of those that a cluster of points carries instead of its members' own.
fn counts(layer: &Layer, field: &str) -> bool {
    let counted = |name| match layer.generalisation.sums {
        Some(sums) => layer.fields[sums].values.iter().any(|allowed| allowed.value == name),
        None => Standing::ALL.iter().any(|(known, _)| *known == name),
    };
    layer.generalisation.cluster > 0
        && (field == "cluster" || field == "count" || field.strip_prefix("count_").is_some_and(counted))
}

/// The names in `["get", name]` and `["has", name]`, at any depth.
fn fields_used(json: &Json, used: &mut BTreeSet<String>) {
    match json {
        Json::Array(items) => {
            if let [Json::String(operator), Json::String(name)] = &items[..]
                && (operator == "get" || operator == "has")
            {
                used.insert(name.clone());
            }
            items.iter().for_each(|item| fields_used(item, used));
        }
        Json::Object(entries) => entries.values().for_each(|item| fields_used(item, used)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::file::read_layer;
    use super::super::layer::{Bilingual, Group};
    use super::*;

    /// What a style that draws `source_layer` by `field` is told, with a polygon and a point register to draw.
    fn told(source_layer: &str, field: &str) -> Vec<String> {
        let layer = |id: &str, geometry: &str, rest: &str| {
            let text = format!(
                r#"
                title = {{ uk = "Т", en = "T" }}
                description = {{ uk = "О", en = "D" }}
                group = "g"
                order = 1
                geometry = "{geometry}"
                zooms = {{ min = 8, max = 16 }}
                key = ["name"]
                name = "{{name}}"
                updated = "daily"
                licence = "CC0-1.0"
                attribution = {{ uk = "М", en = "C" }}
                {rest}
                [[fields]]
                name = "name"
                title = {{ uk = "Н", en = "N" }}
                type = "text"
                tiles = 8
                "#
            );
            let groups = [Group { id: "g".to_owned(), title: Bilingual::new("Г", "G"), themes: Vec::new() }];
            Arc::new(read_layer("layers/t.toml", id, &text, &groups).unwrap())
        };
        let clustered = "tiles = { cluster = 12 }\n[status]\nfield = \"name\"\n[status.means]\n\"новий\" = \"active\"";
        let layers = [
            layer("parks", "polygon", "tiles = { labels = 10 }"),
            layer("appeals", "point", clustered),
            layer("stops", "point", ""),
        ];
        let style = json!({
            "sources": {},
            "layers": [{ "id": "d", "source-layer": source_layer, "filter": ["has", field] }],
        });
        match Style::read("styles/t.json", &style.to_string(), &layers) {
            Ok(style) => {
                assert_eq!(style.drawn, BTreeSet::from([source_layer.trim_end_matches(LABELS).to_owned()]));
                Vec::new()
            }
            Err(mistakes) => mistakes.into_iter().map(|mistake| mistake.text).collect(),
        }
    }

    #[test]
    fn label_points_of_polygons_are_their_register() {
        assert_eq!(told("parks_labels", "name"), [""; 0]);
        assert!(told("parks_labels", "area")[0].contains("tiles of `parks`"));
        assert!(told("stops_labels", "name")[0].contains("is no layer"), "a layer without `labels` has none");
    }

    #[test]
    fn clusters_of_points_carry_counts() {
        for field in ["cluster", "count", "count_late"] {
            assert_eq!(told("appeals", field), [""; 0]);
            assert_eq!(told("parks", field).len(), 1, "what is not clustered has no counts");
        }
        assert_eq!(told("appeals", "count_urgent").len(), 1);
    }

    #[test]
    fn fields_are_found_at_any_depth() {
        let mut used = BTreeSet::new();
        fields_used(&json!(["case", ["has", "a"], ["+", ["get", "b"], 1], { "stops": [["get", "c"]] }]), &mut used);
        assert_eq!(used, BTreeSet::from(["a", "b", "c"].map(str::to_owned)));
    }
}
