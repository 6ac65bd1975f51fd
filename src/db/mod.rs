//! The database: connecting, checking what is there, roles, migrations, managed tables with their history and links, the change
//! feed, the private cluster, and PostgreSQL's client programs.

pub mod author;
pub mod binary;
pub mod client;
pub mod feed;
pub mod geometry;
pub mod history;
pub mod links;
pub mod managed;
pub mod pool;
pub mod private;
pub mod relation;
pub mod sql;
pub mod watch;
