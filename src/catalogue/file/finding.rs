//! `[address]` and `[street]`: what makes records findable by where they are and by what their street was called.

use super::super::layer::{AddressFields, Field, FieldType, StreetFields};
use super::super::reader::Table;
use super::{find, known};
use crate::auth::Access;

pub fn address(root: &Table<'_, '_>, fields: &[Field]) -> Option<AddressFields> {
    let table = root.table("address", &["street", "house", "block", "former", "within", "register"])?;
    table.need("street", "the field with the name of the street");
    table.need("house", "the field with the number of the house");
    let within = table.texts("within").into_iter().filter_map(|(name, _)| named(&table, "within", &name, fields));
    let within = within.collect();
    Some(AddressFields {
        street: field(&table, "street", fields)?,
        house: field(&table, "house", fields)?,
        block: field(&table, "block", fields),
        former: field(&table, "former", fields),
        within,
        is_register: table.flag("register"),
    })
}

pub fn street(root: &Table<'_, '_>, fields: &[Field]) -> Option<StreetFields> {
    let table = root.table("street", &["id", "name", "former", "current"])?;
    table.need("id", "the field that is the same for all names of a street");
    table.need("name", "the field with the name of the street");
    let current = field(&table, "current", fields);
    if current.is_some_and(|current| fields[current].kind != FieldType::Boolean) {
        table.mistake("current", "`current` must name a field of type boolean");
    }
    Some(StreetFields {
        id: field(&table, "id", fields)?,
        name: field(&table, "name", fields)?,
        former: field(&table, "former", fields),
        current,
    })
}

fn field(table: &Table<'_, '_>, key: &str, fields: &[Field]) -> Option<usize> {
    named(table, key, table.text(key)?, fields)
}

/// Search is public, so the fields are.
fn named(table: &Table<'_, '_>, key: &str, name: &str, fields: &[Field]) -> Option<usize> {
    let found = find(fields, name).filter(|&index| fields[index].access == Access::Public);
    if found.is_none() {
        table
            .mistake(key, format!("`{key}` must name a public field, and `{name}` is none; fields: {}", known(fields)));
    }
    found
}
