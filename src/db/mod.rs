//! The database: connecting, checking what is there, roles, migrations, managed tables, and the private cluster.

pub mod managed;
pub mod pool;
pub mod private;
pub mod sql;
