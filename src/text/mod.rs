//! Texts as people write and type them, made comparable: letter case, apostrophes, sounds, keyboards, typing errors,
//! addresses, codes, coordinates.

pub mod address;
pub mod code;
pub mod coordinates;
pub mod distance;
pub mod fold;
pub mod keyboard;
pub mod typed;
