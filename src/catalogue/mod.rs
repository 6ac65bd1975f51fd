//! The layer catalogue: what registers there are, what they hold and who may see it.

pub mod check;
pub mod codes;
pub mod file;
pub mod layer;
pub mod overview;
pub mod place;
pub mod reader;
pub mod record;
pub mod rules;
pub mod select;
pub mod style;
pub mod tables;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use layer::{Group, Layer};
use reader::Mistake;
use style::Style;

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
        let mut take = |found: Vec<Mistake>| mistakes.extend(found);
        for (name, text) in files(layers, "toml").unwrap_or_else(|mistake| {
            take(vec![mistake]);
            Vec::new()
        }) {
            if name == "groups" {
                match file::read_groups("layers/groups.toml", &text) {
                    Ok(groups) => catalogue.groups = groups,
                    Err(found) => take(found),
                }
            }
        }
        for (name, text) in files(layers, "toml").unwrap_or_default() {
            if name == "groups" {
                continue;
            }
            match file::read_layer(&format!("layers/{name}.toml"), &name, &text, &catalogue.groups) {
                Ok(layer) => catalogue.layers.push(Arc::new(layer)),
                Err(found) => take(found),
            }
        }
        let place = |layer: &Layer| catalogue.groups.iter().position(|group| group.id == layer.group);
        catalogue.layers.sort_by_key(|layer| (place(layer), layer.order, layer.id.clone()));
        for layer in &catalogue.layers {
            take(check::examples(layer));
        }
        for (name, text) in files(styles, "json").unwrap_or_default() {
            match Style::read(&format!("styles/{name}.json"), &text, &catalogue.layers) {
                Ok(style) => {
                    catalogue.styles.insert(name, style);
                }
                Err(found) => take(found),
            }
        }
        if mistakes.is_empty() { Ok(catalogue) } else { Err(mistakes) }
    }

    pub fn layer(&self, id: &str) -> Option<&Arc<Layer>> {
        self.layers.iter().find(|layer| layer.id == id)
    }
}

/// Name without ending, and text, of every file in a folder with that ending, by name.
fn files(folder: &Path, ending: &str) -> Result<Vec<(String, String)>, Mistake> {
    let mistake = |text: String| Mistake { file: folder.display().to_string(), line: 0, text };
    let entries = fs::read_dir(folder).map_err(|error| mistake(format!("cannot read this folder: {error}")))?;
    let mut found = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.extension().is_none_or(|extension| extension != ending) {
            continue;
        }
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text =
            fs::read_to_string(&path).map_err(|error| mistake(format!("cannot read {}: {error}", path.display())))?;
        found.push((name, text));
    }
    found.sort();
    Ok(found)
}
