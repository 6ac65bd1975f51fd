//! The database: connecting, checking what is there, roles, migrations, managed tables and their history, the change feed, and
//! the private cluster.

pub mod author;
pub mod feed;
pub mod history;
pub mod managed;
pub mod pool;
pub mod private;
pub mod sql;
pub mod watch;
