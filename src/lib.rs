//! Misto.

pub mod catalogue;
