//! The database: connecting, checking what is there, roles, migrations, managed tables, links, the change feed, and the private
//! cluster.

pub mod feed;
pub mod links;
pub mod managed;
pub mod pool;
pub mod private;
pub mod sql;
pub mod watch;
