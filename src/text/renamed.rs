//! What streets are called and were called, put together from what several registers say.

use std::collections::BTreeSet;

/// What a record says of the names of a street.
#[derive(Debug, Clone, PartialEq)]
pub struct Saying {
    /// The same for all records of a street.
    pub street: String,
    pub name: String,
    /// Names that it no longer has, with `;` between them.
    pub former: String,
    /// Whether `name` is what it is called today.
    pub is_current: bool,
}

/// All names of a street, as they are written.
#[derive(Debug, Default, PartialEq)]
pub struct Names {
    pub current: BTreeSet<String>,
    pub former: BTreeSet<String>,
}

impl Names {
    /// Out of everything that is said of one street.
    pub fn of<'s>(sayings: impl IntoIterator<Item = &'s Saying>) -> Self {
        let mut names = Self::default();
        for saying in sayings {
            let own = if saying.is_current { &mut names.current } else { &mut names.former };
            own.insert(saying.name.clone());
            names.former.extend(saying.former.split(';').map(|name| name.trim().to_owned()));
        }
        names.former.remove("");
        names
    }
}
