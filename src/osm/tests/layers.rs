//! Whether features agree with the layer files: their fields, allowed values, bounds and geometry.

use crate::catalogue::record::Value;
use crate::osm::Feature;
use geo::Geometry;
use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock};

/// The project's layer files by layer; nothing where there are none yet.
fn layers() -> Option<&'static BTreeMap<String, toml::Table>> {
    static LAYERS: OnceLock<Option<BTreeMap<String, toml::Table>>> = OnceLock::new();
    let read = || {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("layers");
        let Ok(files) = std::fs::read_dir(&folder) else {
            println!("SKIPPED: no layer files in {}", folder.display());
            return None;
        };
        let files = files
            .filter_map(|file| Some(file.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|e| e == "toml"));
        let table = |path: std::path::PathBuf| {
            let text = std::fs::read_to_string(&path).unwrap();
            (path.file_stem().unwrap().to_string_lossy().into_owned(), text.parse::<toml::Table>().unwrap())
        };
        Some(files.map(table).collect())
    };
    LAYERS.get_or_init(read).as_ref()
}

/// Panics where a feature and its layer file disagree.
pub fn fits_its_layer(feature: &Feature) {
    let mut names: Vec<_> = feature.values.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "a field twice: {feature:?}");
    let Some(layers) = layers() else { return };
    let layer = &layers[feature.layer];
    let geometry = match feature.geometry {
        Some(Geometry::Point(_)) => "point",
        Some(Geometry::MultiLineString(_)) => "line",
        Some(Geometry::MultiPolygon(_)) => "polygon",
        _ => "another",
    };
    assert_eq!(layer["geometry"].as_str(), Some(geometry), "{feature:?}");
    let fields = layer["fields"].as_array().unwrap();
    let field = |name: &str| fields.iter().find(|field| field["name"].as_str() == Some(name));
    for (name, value) in &feature.values {
        let field = field(name).unwrap_or_else(|| panic!("{} has no field {name}", feature.layer));
        allowed(field, value).unwrap_or_else(|| panic!("{name} = {value:?} is not allowed in {}", feature.layer));
    }
    for required in fields.iter().filter(|field| field.get("required").and_then(toml::Value::as_bool) == Some(true)) {
        let name = required["name"].as_str().unwrap();
        assert!(names.contains(&name), "{} without {name}: {feature:?}", feature.layer);
    }
}

/// Something if the field's type, values, bounds and pattern allow the value.
fn allowed(field: &toml::Value, value: &Value) -> Option<()> {
    let bound = |key: &str| field.get(key).and_then(|bound| bound.as_float().or(bound.as_integer().map(|n| n as f64)));
    let within =
        |number: f64| bound("min").is_none_or(|min| number >= min) && bound("max").is_none_or(|max| number <= max);
    let right = match (field["type"].as_str()?, value) {
        ("text" | "katottg", Value::Text(text)) => {
            let values = field.get("values").and_then(toml::Value::as_array);
            let listed = values.is_none_or(|all| all.iter().any(|one| one["value"].as_str() == Some(text)));
            let pattern = field.get("pattern").and_then(toml::Value::as_str).unwrap_or("(?s).*");
            let matches = whole_match(pattern, text);
            listed && matches && !text.is_empty() && !text.contains(char::is_control) && text.trim() == text
        }
        ("integer", Value::Integer(number)) => within(*number as f64),
        ("number", Value::Number(number)) => number.is_finite() && within(*number),
        ("boolean", Value::Boolean(_)) => true,
        _ => false,
    };
    right.then_some(())
}

/// Whether the whole text matches; compiled patterns are kept, for there are few of them and many texts.
fn whole_match(pattern: &str, text: &str) -> bool {
    static PATTERNS: Mutex<BTreeMap<String, regex::Regex>> = Mutex::new(BTreeMap::new());
    let mut patterns = PATTERNS.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let compile = || regex::Regex::new(&format!("^(?:{pattern})$")).unwrap();
    patterns.entry(pattern.to_owned()).or_insert_with(compile).is_match(text)
}
