//! Data on its way out: registers as files of many formats, and the package of open data that Resolution 835 asks for.

mod feed;
mod legal;
mod ogr;
mod order;
mod package;
mod query;
mod routes;
mod stream;
mod tables;
mod value;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::auth::Caller;
use crate::catalogue::Catalogue;
use crate::config::Publisher;
use crate::db::pool::Db;
use crate::folder::Folder;
use crate::formats::files::FileFormat;
use crate::http::problem::Problem;

pub use order::{Crs, Order, Output};
pub use routes::Description;

/// How long an export may take, the client's reading included.
pub const LONGEST: Duration = Duration::from_secs(600);
/// Bytes of the largest file that is made.
const LARGEST: u64 = 4 << 30;
/// Exports that are made at once.
const AT_ONCE: usize = 4;

/// Makes files of the catalogue's layers.
#[derive(Clone)]
pub struct Opendata {
    catalogue: Arc<Catalogue>,
    db: Db,
    publisher: Arc<Publisher>,
    permits: Arc<Semaphore>,
}

/// A file that was made.
#[derive(Debug)]
pub struct Made {
    pub path: PathBuf,
    pub records: u64,
    /// Fields with values that the format had to cut short, and how many.
    pub cut: Vec<(String, u64)>,
}

impl Opendata {
    pub fn new(catalogue: Arc<Catalogue>, db: Db, publisher: Publisher) -> Self {
        // an export holds a connection while it reads: others must find some free
        let at_once = (db.public.options().get_max_connections() as usize / 3).clamp(1, AT_ONCE);
        Self { catalogue, db, publisher: Arc::new(publisher), permits: Arc::new(Semaphore::new(at_once)) }
    }

    /// Makes the file in `folder`.
    pub async fn make(&self, order: &Order, folder: &Folder) -> Result<Made, Problem> {
        let made = async {
            match &order.output {
                Output::Legal { base } => self.package(order, base.as_deref(), folder).await,
                Output::File(format, _) if order.is_native() => self.native(order, *format, folder).await,
                Output::File(format, crs) => ogr::convert(self.open(order).await?, *format, *crs, folder).await,
            }
        };
        tokio::time::timeout(LONGEST, made).await.unwrap_or_else(|_| Err(too_long()))
    }

    async fn native(&self, order: &Order, format: FileFormat, folder: &Folder) -> Result<Made, Problem> {
        let reader = self.open(order).await?;
        let path = folder.path().join(format!("{}.{}", order.layer.id, format.about().ending));
        let file = create(&path).await?;
        let channel = tables::channel(reader.selection(), format, file).map_err(stream::Failure::from)?;
        let records = reader.run(&mut [channel]).await?;
        Ok(Made { path, records, cut: Vec::new() })
    }

    async fn open(&self, order: &Order) -> Result<query::Reader, Problem> {
        let pool = match order.caller {
            Caller::Public => &self.db.public,
            Caller::Staff => &self.db.owner,
        };
        query::Reader::open(pool, order).await
    }
}

async fn create(path: &Path) -> Result<stream::Sink, Problem> {
    let file = tokio::fs::File::create(path).await.map_err(|error| Problem::internal(&error))?;
    Ok(stream::Sink::file(file))
}

fn too_long() -> Problem {
    Problem::new(
        axum::http::StatusCode::GATEWAY_TIMEOUT,
        "Вивантаження тривало задовго. Звузьте його рамкою або умовами.",
        "The export took too long. Narrow it by a box or by conditions.",
    )
}
