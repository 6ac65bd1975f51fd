//! A geometry as the value of a statement's parameter.

use sqlx::encode::{Encode, IsNull};
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo};
use sqlx::{Postgres, Type};

/// EWKB that PostgreSQL takes for a value of PostGIS's type, so that it is read once and not for every row.
#[derive(Debug, Clone, Copy)]
pub struct Geometry<'b>(pub &'b [u8]);

impl Type<Postgres> for Geometry<'_> {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("geometry")
    }
}

impl<'q> Encode<'q, Postgres> for Geometry<'_> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend_from_slice(self.0);
        Ok(IsNull::No)
    }
}
