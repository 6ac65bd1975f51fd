//! The layer catalogue: what registers there are, what they hold and who may see it.

pub mod check;
pub mod codes;
pub mod dataset;
pub mod file;
pub mod filter;
pub mod geojson;
pub mod kept;
pub mod kinds;
pub mod layer;
pub mod linked;
pub mod naming;
pub mod overview;
pub mod passport;
pub mod place;
pub mod plain;
pub mod query;
pub mod reader;
pub mod record;
pub mod rules;
pub mod select;
pub mod structure;
pub mod style;
pub mod tables;
pub mod versions;
pub mod vocabulary;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use layer::{Group, Layer};
use reader::Mistake;
use style::Style;

use crate::http::problem::Problem;

/// All registers and styles of a city, read once at the start.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    pub groups: Vec<Group>,
    /// In panel order: by group, then by the layer's own order.
    pub layers: Vec<Arc<Layer>>,
    pub styles: BTreeMap<String, Style>,
}

impl Catalogue {
    /// Reads `layers/*.toml` and `styles/*.json`; gives every mistake in all of them at once.
    pub fn read(layers: &Path, styles: &Path) -> Result<Self, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        let mut catalogue = Self::default();
        let (groups, layers): (Vec<_>, Vec<_>) =
            files(layers, "toml", &mut mistakes).into_iter().partition(|(name, _)| name == "groups");
        for (_, text) in groups {
            catalogue.groups = keep(file::read_groups("layers/groups.toml", &text), &mut mistakes).unwrap_or_default();
        }
        for (name, text) in layers {
            let layer = file::read_layer(&format!("layers/{name}.toml"), &name, &text, &catalogue.groups);
            catalogue.layers.extend(keep(layer, &mut mistakes).map(Arc::new));
        }
        let place = |layer: &Layer| catalogue.groups.iter().position(|group| group.id == layer.group);
        catalogue.layers.sort_by_key(|layer| (place(layer), layer.order, layer.id.clone()));
        mistakes.extend(catalogue.layers.iter().flat_map(|layer| check::examples(layer)));
        mistakes.extend(check::relations(&catalogue.layers));
        for (name, text) in files(styles, "json", &mut mistakes) {
            let style = Style::read(&format!("styles/{name}.json"), &text, &catalogue.layers);
            catalogue.styles.extend(keep(style, &mut mistakes).map(|style| (name, style)));
        }
        if mistakes.is_empty() { Ok(catalogue) } else { Err(mistakes) }
    }

    pub fn layer(&self, id: &str) -> Option<&Arc<Layer>> {
        self.layers.iter().find(|layer| layer.id == id)
    }

    /// The heading that a layer stands under.
    pub fn group(&self, layer: &Layer) -> Option<&Group> {
        self.groups.iter().find(|group| group.id == layer.group)
    }

    /// The style that maps are drawn with unless another is asked for: `light`, or the first that there is.
    pub fn default_style(&self) -> Option<(&String, &Style)> {
        self.styles.get_key_value("light").or_else(|| self.styles.first_key_value())
    }

    /// The layers that a comma-joined list names, each once.
    pub fn named(&self, list: &str) -> Result<Vec<Arc<Layer>>, Problem> {
        let mut layers: Vec<Arc<Layer>> = Vec::new();
        for id in list.split(',') {
            let Some(layer) = self.layer(id) else {
                return Err(Problem::not_found(
                    format!("Шару «{id}» немає. Перелік шарів: /api/collections"),
                    format!("There is no layer “{id}”. The list of layers: /api/collections"),
                ));
            };
            if !layers.iter().any(|known| known.id == layer.id) {
                layers.push(layer.clone());
            }
        }
        Ok(layers)
    }
}

/// What was read; its mistakes go to the others.
fn keep<T>(result: Result<T, Vec<Mistake>>, mistakes: &mut Vec<Mistake>) -> Option<T> {
    result.map_err(|found| mistakes.extend(found)).ok()
}

/// Name without ending, and text, of every file in a folder with that ending, by name.
fn files(folder: &Path, ending: &str, mistakes: &mut Vec<Mistake>) -> Vec<(String, String)> {
    let mut mistake = |path: &Path, error: std::io::Error| {
        mistakes.push(Mistake { file: path.display().to_string(), line: 0, text: format!("cannot be read: {error}") });
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            mistake(folder, error);
            return Vec::new();
        }
    };
    let mut found = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.extension().is_none_or(|extension| extension != ending) {
            continue;
        }
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        match fs::read_to_string(&path) {
            Ok(text) => found.push((name, text)),
            Err(error) => mistake(&path, error),
        }
    }
    found.sort();
    found
}
