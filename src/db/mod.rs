//! The database: connecting, checking what is there, roles, migrations, managed tables, the change feed, the private
//! cluster, and PostgreSQL's client programs.

pub mod client;
pub mod feed;
pub mod managed;
pub mod pool;
pub mod private;
pub mod sql;
pub mod watch;
