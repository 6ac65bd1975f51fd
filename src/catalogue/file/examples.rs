//! The `[[examples]]` of a layer file.

use super::super::layer::{Example, Expected, Standing};
use super::super::reader::Table;

const EXAMPLE_KEYS: [&str; 6] = ["says", "on", "feature", "geometry", "standing", "rejected"];

pub fn examples(root: &Table<'_, '_>) -> Vec<Example> {
    root.tables("examples", &EXAMPLE_KEYS).iter().filter_map(example).collect()
}

fn example(table: &Table<'_, '_>) -> Option<Example> {
    table.need("says", "what the example shows");
    table.need("feature", "{ field = value, … }");
    let standing = table.choice("standing", &Standing::ALL);
    let rejected = table.text("rejected").map(str::to_owned);
    if rejected.is_some() && table.has("standing") {
        table.mistake("rejected", "an example has `standing` or `rejected`, not both");
    }
    if table.has("standing") && !table.has("on") {
        table.mistake("standing", "`on` is missing: the day on which the example is looked at");
    }
    Some(Example {
        says: table.text("says")?.to_owned(),
        on: table.date("on").unwrap_or_default(),
        feature: table.table("feature", &[])?.json(),
        geometry: table.text("geometry").map(str::to_owned),
        expected: rejected.map_or(Expected::Accepted(standing), Expected::Rejected),
        line: table.document().line(&table.span()),
    })
}
