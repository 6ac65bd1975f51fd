//! `/api/collections/{layer}/export.…` and `/api/collections/{layer}/legal.zip`.

use std::io;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream::{self, StreamExt};
use tokio::io::AsyncReadExt;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::Instant;
use utoipa::OpenApi;

use super::order::{Crs, Order, Output};
use super::stream::{Failure, Sink};
use super::{LONGEST, Made, Opendata, tables};
use crate::auth::Caller;
use crate::folder::Folder;
use crate::formats::files::FileFormat;
use crate::http::links::BaseUrl;
use crate::http::problem::{Problem, ProblemBody};

/// The part of the API's description that is about files.
#[derive(OpenApi)]
#[openapi(paths(export, legal))]
pub struct Description;

/// Pieces of a body that wait for a slow client.
const WAITING: usize = 4;
const PIECE: usize = 64 << 10;

type Parameters = Query<Vec<(String, String)>>;

impl Opendata {
    pub fn routes(self) -> Router {
        let mut routes = Router::new().route("/api/collections/{layer}/legal.zip", get(legal));
        for (format, about) in FileFormat::all() {
            let handler =
                async move |State(opendata): State<Self>, Path(layer): Path<String>, parameters: Parameters| {
                    export(opendata, layer, format, parameters).await
                };
            routes = routes.route(&format!("/api/collections/{{layer}}/export.{}", about.ending), get(handler));
        }
        routes.with_state(self)
    }

    /// An order of the public.
    fn order(&self, layer: &str, output: Output, parameters: Parameters) -> Result<Order, Problem> {
        let layer = self.catalogue.layer(layer).ok_or_else(|| {
            Problem::not_found(
                format!("Набору «{layer}» немає. Перелік: /api/collections"),
                format!("There is no collection “{layer}”. The list: /api/collections"),
            )
        })?;
        Order::read(layer, Caller::Public, output, parameters.0)
    }

    fn permit(&self) -> Result<OwnedSemaphorePermit, Problem> {
        self.permits.clone().try_acquire_owned().map_err(|_| Problem::busy())
    }

    /// Makes the file, and sends it; its place on the disk is free once it is sent or nobody wants it any more.
    async fn send(&self, order: &Order, media_type: &'static str) -> Result<Response, Problem> {
        let (permit, deadline) = (self.permit()?, Instant::now() + LONGEST);
        let folder = Folder::new(&std::env::temp_dir()).map_err(|error| Problem::internal(&error))?;
        let Made { path, .. } = self.make(order, &folder).await?;
        let file = tokio::fs::File::open(path).await.map_err(|error| Problem::internal(&error))?;
        let length = file.metadata().await.map_err(|error| Problem::internal(&error))?.len();
        // an open file is there until it is closed, also when the process is killed
        drop(folder);
        let body = stream::unfold((file, permit), move |(mut file, permit)| async move {
            let mut piece = Vec::with_capacity(PIECE);
            let read = tokio::time::timeout_at(deadline, file.read_buf(&mut piece)).await;
            match read.unwrap_or(Err(io::ErrorKind::TimedOut.into())) {
                Ok(0) => None,
                Ok(_) => Some((Ok(Bytes::from(piece)), (file, permit))),
                Err(error) => Some((Err(error), (file, permit))),
            }
        });
        let mut response = attachment(order, media_type, Body::from_stream(body.fuse()));
        response.headers_mut().insert(CONTENT_LENGTH, length.into());
        Ok(response)
    }

    /// Sends rows as they are read.
    async fn stream(&self, order: &Order, format: FileFormat) -> Result<Response, Problem> {
        let permit = self.permit()?;
        let reader = self.open(order).await?;
        let (sender, receiver) = mpsc::channel::<io::Result<Bytes>>(WAITING);
        let mut channels =
            [tables::channel(reader.selection(), format, Sink::Body(sender.clone())).map_err(Failure::from)?];
        let layer = order.layer.id.clone();
        tokio::spawn(async move {
            let _permit = permit;
            let failure = match tokio::time::timeout(LONGEST, reader.run(&mut channels)).await {
                Ok(Ok(_)) => return,
                Ok(Err(failure)) => failure,
                Err(_) => Failure::Output(io::ErrorKind::TimedOut.into()),
            };
            if sender.is_closed() {
                tracing::debug!(layer, "a client left before its export ended");
                return;
            }
            tracing::warn!(layer, ?failure, "an export broke off");
            // the client sees that the body is not whole; where it has not taken what waits for it, its connection ends
            let _ = sender.try_send(Err(io::Error::other("the export broke off")));
        });
        let body = stream::unfold(receiver, |mut receiver| async move { Some((receiver.recv().await?, receiver)) });
        // who compresses it asks once more after its end
        Ok(attachment(order, format.about().media_type, Body::from_stream(body.fuse())))
    }
}

fn attachment(order: &Order, media_type: &'static str, body: Body) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // ids of layers are a-z, 0-9 and _
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{}\"", order.file_name())) {
        headers.insert(CONTENT_DISPOSITION, name);
    }
    (headers, body).into_response()
}

/// A register as a file, with its public fields: geojson, csv, xlsx, gpkg, shp.zip, gdb.zip, fgb, kml or dxf. Any public
/// field, and `standing`, may be given as a parameter with the value that it must have.
#[utoipa::path(get, path = "/api/collections/{layer}/export.{format}", tag = "opendata",
    params(
        ("layer" = String, Path),
        ("format" = String, Path, description = "geojson, csv, xlsx, gpkg, shp.zip, gdb.zip, fgb, kml or dxf"),
        ("bbox" = Option<String>, Query, description = "west,south,east,north in degrees"),
        ("filter" = Option<String>, Query, description = "a CQL2 expression, text or JSON, as of items"),
        ("crs" = Option<String>, Query,
            description = "EPSG:5564 and the like; longitude and latitude unless told. Not for xlsx and kml"),
        ("datetime" = Option<String>, Query, description = "the moment as of which the register is read (RFC 3339), or a day, which means its end in Kyiv")),
    responses((status = 200, content((serde_json::Value = "application/geo+json"), (String = "text/csv"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            (Vec<u8> = "application/geopackage+sqlite3"), (Vec<u8> = "application/zip"),
            (Vec<u8> = "application/flatgeobuf"), (Vec<u8> = "application/vnd.google-earth.kml+xml"),
            (Vec<u8> = "image/vnd.dxf"))),
        (status = 400, body = ProblemBody), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody),
        (status = 503, body = ProblemBody, description = "Enough exports are being made already; come again")))]
async fn export(
    opendata: Opendata,
    layer: String,
    format: FileFormat,
    parameters: Parameters,
) -> Result<Response, Problem> {
    let order = opendata.order(&layer, Output::File(format, Crs::Crs84), parameters)?;
    if order.is_native() && format != FileFormat::Xlsx {
        return opendata.stream(&order, format).await;
    }
    opendata.send(&order, format.about().media_type).await
}

/// A register as Resolution 835 wants it: passport, structure, and the data as CSV, XLSX and JSON in the legal columns.
/// Rows may be narrowed as in exports.
#[utoipa::path(get, path = "/api/collections/{layer}/legal.zip", tag = "opendata",
    params(
        ("layer" = String, Path),
        ("bbox" = Option<String>, Query, description = "west,south,east,north in degrees"),
        ("datetime" = Option<String>, Query, description = "the moment as of which the register is read (RFC 3339), or a day, which means its end in Kyiv")),
    responses((status = 200, content_type = "application/zip", body = Vec<u8>),
        (status = 400, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 503, body = ProblemBody, description = "Enough exports are being made already; come again")))]
async fn legal(
    State(opendata): State<Opendata>,
    Path(layer): Path<String>,
    base: BaseUrl,
    parameters: Parameters,
) -> Result<Response, Problem> {
    let order = opendata.order(&layer, Output::Legal { base: Some(base.0) }, parameters)?;
    opendata.send(&order, "application/zip").await
}
