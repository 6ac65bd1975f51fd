//! Misto: a city's registers as vector tiles, GeoJSON and OGC APIs, from one binary over PostGIS.
pub mod auth;
pub mod catalogue;
pub mod db;
pub mod formats;
pub mod geom;
