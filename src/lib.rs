//! Misto.

pub mod catalogue;
pub mod demo;
