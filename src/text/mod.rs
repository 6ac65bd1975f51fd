//! Texts as people write and type them, made comparable: letter case, apostrophes, sounds, keyboards, typing errors,
//! addresses, names that streets had, codes, coordinates.

pub mod address;
pub mod code;
pub mod coordinates;
pub mod distance;
pub mod fold;
pub mod keyboard;
pub mod renamed;
pub mod typed;
