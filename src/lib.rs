//! Misto: a city's registers as vector tiles, GeoJSON and OGC APIs, from one binary over PostGIS.
//!
//! The code has floors, and imports only go down (`tests/tidy.rs` holds that):
//!
//! - 4: [`app`] builds the slices and serves; [`cli`] has a file for each command.
//! - 3: slices, each with its types, rules, SQL and routes: [`tiles`], [`features`], [`opendata`], [`metadata`], [`here`], [`changes`],
//!   [`registers`] (the write door), [`verify`], [`search`], [`osm`] and [`demo`] (features for it), [`backup`], [`developers`] (their
//!   page), [`frontend`].
//! - 2: [`catalogue`] reads layer files and holds the one read door, `catalogue::select`; [`auth`] says who asks.
//! - 1: [`db`] (pools, roles, managed tables, the change feed, the private cluster), [`http`] (problems, links, middleware) and
//!   [`gdal`] (its programs within bounds).
//! - 0: [`config`], [`telemetry`], [`folder`], [`geom`], [`formats`] and [`text`]: no web framework, no database, no runtime.
pub mod app;
pub mod auth;
pub mod backup;
pub mod catalogue;
pub mod changes;
pub mod cli;
pub mod config;
pub mod db;
pub mod demo;
pub mod developers;
pub mod features;
pub mod folder;
pub mod formats;
pub mod frontend;
pub mod gdal;
pub mod geom;
pub mod here;
pub mod http;
pub mod metadata;
pub mod opendata;
pub mod osm;
pub mod registers;
pub mod search;
pub mod telemetry;
pub mod text;
pub mod tiles;
pub mod verify;
