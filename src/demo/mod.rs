//! x
mod codes; mod lots; mod mesh; mod names; mod plan; mod shape; mod streets;
