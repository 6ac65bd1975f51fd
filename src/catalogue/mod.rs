//! The layer catalogue: what registers there are, what they hold and who may see it.

pub mod record;
