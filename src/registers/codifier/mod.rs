//! The codifier of administrative units (КАТОТТГ): loading the official spreadsheet, and checking codes by it.

mod query;

use std::collections::HashSet;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value as Json;
use sqlx::{Connection, PgConnection};

use super::read::limits::Limits;
use super::read::{Source, Wanted};
use crate::catalogue::codes::is_katottg;

/// Headings of the official spreadsheet, in order.
const HEADINGS: [&str; 7] = [
    "Перший рівень",
    "Другий рівень",
    "Третій рівень",
    "Четвертий рівень",
    "Додатковий рівень",
    "Категорія об’єкта",
    "Назва об’єкта",
];

/// An administrative unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// The codes of the levels down to its own: region, district, community, settlement, district of a city.
    pub path: Vec<String>,
    pub category: String,
    pub name: String,
}

/// Codes that exist.
pub struct Codes(HashSet<String>);

impl Codes {
    /// All codes of the codifier; none where it has not been loaded.
    pub async fn read(connection: &mut PgConnection) -> Result<Option<Self>> {
        let codes = query::codes(connection).await?;
        Ok((!codes.is_empty()).then_some(Self(codes)))
    }

    pub fn has(&self, code: &str) -> bool {
        self.0.contains(code)
    }
}

/// Loads the official spreadsheet in place of what was loaded before; how many units it has.
pub async fn load(connection: &mut PgConnection, file: &Path) -> Result<u64> {
    let limits = Limits::default();
    let knows = |name: &str| HEADINGS.iter().any(|heading| plain(heading) == plain(name));
    let wanted = Wanted { table: None, encoding: None, knows: &knows, limits: &limits };
    let open = async {
        let mut source = Source::open(file, &wanted).await?;
        let column = |heading: &str| source.columns.iter().find(|column| plain(column) == plain(heading)).cloned();
        let columns: Option<Vec<_>> = HEADINGS.iter().map(|heading| column(heading)).collect();
        let columns = columns.with_context(|| {
            format!(
                "it is not the codifier: its columns must be {}; it has {}",
                HEADINGS.join(", "),
                source.columns.join(", ")
            )
        })?;
        let mut units = Vec::new();
        let mut seen = HashSet::new();
        while let Some(record) = source.next().await? {
            let cells: Vec<_> = columns.iter().map(|column| cell(record.values.get(column))).collect();
            let unit = unit(&cells).with_context(|| format!("record {}", record.place.at()))?;
            let code = unit.path.last().cloned().unwrap_or_default();
            if !seen.insert(code.clone()) {
                bail!("record {}: the code {code} is there twice", record.place.at());
            }
            units.push(unit);
        }
        if units.is_empty() {
            bail!("it has no units");
        }
        anyhow::Ok(units)
    };
    let units = open.await.with_context(|| file.display().to_string())?;
    let mut transaction = connection.begin().await?;
    query::replace(&mut transaction, &units).await?;
    transaction.commit().await?;
    Ok(units.len() as u64)
}

fn cell(value: Option<&Json>) -> String {
    value.and_then(Json::as_str).unwrap_or_default().trim().to_owned()
}

/// Letters only, so that kinds of apostrophes and spaces do not matter.
fn plain(text: &str) -> String {
    text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

fn unit(cells: &[String]) -> Result<Unit> {
    let [levels @ .., category, name] = cells else { bail!("it has too few columns") };
    let path: Vec<_> = levels.iter().take_while(|code| !code.is_empty()).cloned().collect();
    if path.is_empty() || levels.iter().skip(path.len()).any(|code| !code.is_empty()) {
        bail!("the codes of its levels have gaps");
    }
    if let Some(wrong) = path.iter().find(|code| !is_katottg(code)) {
        bail!("{wrong} is no code of the form UA and 17 digits");
    }
    if name.is_empty() || category.is_empty() {
        bail!("it has no name or no category");
    }
    // the official file has some categories in Cyrillic letters
    let category = category.chars().map(latin).collect();
    Ok(Unit { path, category, name: name.clone() })
}

fn latin(letter: char) -> char {
    match letter {
        'О' => 'O',
        'К' => 'K',
        'Р' => 'P',
        'Н' => 'H',
        'М' => 'M',
        'Т' => 'T',
        'С' => 'C',
        'Х' => 'X',
        'В' => 'B',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_has_the_codes_of_its_levels() {
        let code = |number: u32| format!("UA{number:017}");
        let cells = |codes: [&str; 5], category: &str| -> Vec<String> {
            codes.iter().copied().chain([category, "Ладижин"]).map(str::to_owned).collect()
        };
        let (one, two) = (code(1), code(2));
        let found = unit(&cells([&one, &two, "", "", ""], "Р")).unwrap();
        assert_eq!((found.path, found.category.as_str()), (vec![one.clone(), two], "P"));
        assert!(unit(&cells([&one, "", "UA1", "", ""], "P")).is_err());
        assert!(unit(&cells(["", "", "", "", ""], "P")).is_err());
    }
}
