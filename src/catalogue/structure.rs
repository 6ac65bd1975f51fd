//! The structures in which a Ukrainian city must publish its registers (Resolution 835), letter for letter as published.

use std::borrow::Cow;

use rust_embed::RustEmbed;
use serde::Deserialize;

/// `legal/835/<appendix>/<resource>.csv`; `legal/update.sh` takes them from the reference.
#[derive(RustEmbed)]
#[folder = "legal/835"]
struct Files;

/// One resource of an appendix.
#[derive(Debug, Clone)]
pub struct Structure {
    /// In the order of the decree.
    pub columns: Vec<Column>,
    /// As published: a CSV of name, title, description, datatype and required.
    pub text: Cow<'static, [u8]>,
}

/// A column of a structure, with all that is wrong with its name.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Column {
    pub name: String,
    pub title: String,
    pub description: String,
    pub datatype: Datatype,
    #[serde(deserialize_with = "yes")]
    pub required: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Datatype {
    String,
    Integer,
    Decimal,
    Boolean,
    Date,
    DateTime,
    #[serde(rename = "anyURL")]
    AnyUrl,
}

impl Structure {
    /// The structure that a layer file names, for example `A64/temporaryConstruction`.
    pub fn named(name: &str) -> Option<Self> {
        let text = Files::get(&format!("{name}.csv"))?.data;
        let columns = csv::Reader::from_reader(text.as_ref()).deserialize().collect::<Result<_, _>>();
        // a test reads every file that is built in
        columns.ok().map(|columns| Self { columns, text })
    }

    /// The names of all structures.
    pub fn names() -> impl Iterator<Item = String> {
        Files::iter().filter_map(|file| file.strip_suffix(".csv").map(str::to_owned))
    }

    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.is(name))
    }
}

impl Column {
    /// Whether a layer file means this column: spaces and line breaks within published names are nothing that one sees.
    pub fn is(&self, name: &str) -> bool {
        let visible = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        visible(&self.name) == visible(name)
    }

    /// What stands where there is no value.
    pub fn nothing(&self) -> &'static str {
        if self.description.contains("null") { "null" } else { "" }
    }
}

fn yes<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(String::deserialize(deserializer)? == "True")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_structure_is_read_and_keeps_its_defects() {
        let names: Vec<_> = Structure::names().collect();
        assert_eq!(names.len(), 52);
        for name in &names {
            let structure = Structure::named(name).unwrap_or_else(|| panic!("{name} is not read"));
            assert!(structure.columns.len() > 2, "{name}");
        }
        let kiosks = Structure::named("A64/temporaryConstruction").unwrap();
        assert_eq!(kiosks.columns.first().unwrap().name, "title");
        assert_eq!(kiosks.columns.last().unwrap().name, "constructionlon");
        assert_eq!(kiosks.columns[18].name, "passporttIssuedDate");
        assert_eq!(kiosks.columns[11].nothing(), "null");
        assert_eq!(kiosks.columns[0].nothing(), "");
        let services = Structure::named("A65/wasteServises").unwrap();
        assert!(services.column("contactPointEmail").unwrap().name.contains('\u{2028}'));
        assert!(Structure::named("A64/nothing").is_none() && Structure::named("../835/A64/x").is_none());
    }

    #[test]
    fn they_are_the_ones_of_the_reference() {
        let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/reference/decree-835");
        if !reference.exists() {
            println!("SKIPPED: {} is not here", reference.display());
            return;
        }
        let mut compared = 0;
        for appendix in fs::read_dir(&reference).unwrap().map(|entry| entry.unwrap().path()) {
            let number = appendix.file_name().unwrap().to_string_lossy().split('-').next().unwrap().to_owned();
            for resource in fs::read_dir(&appendix).unwrap().map(|entry| entry.unwrap().path()) {
                let name = format!("{number}/{}", resource.file_name().unwrap().to_string_lossy());
                let published = fs::read(resource.join("schema.csv")).unwrap();
                let kept = Structure::named(&name).unwrap_or_else(|| panic!("{name} is missing"));
                assert!(kept.text.as_ref() == published.as_slice(), "{name} differs");
                compared += 1;
            }
        }
        assert_eq!(compared, Structure::names().count());
    }
}
