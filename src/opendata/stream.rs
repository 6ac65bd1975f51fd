//! From rows to bytes to where they go: a writer makes bytes in memory, and a sink takes them before there are many.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::http::StatusCode;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use tokio::process::ChildStdin;
use tokio::sync::mpsc;

use super::LARGEST;
use crate::catalogue::select::SelectedRow;
use crate::http::problem::Problem;

/// Bytes that are gathered before they are passed on.
const CHUNK: usize = 64 << 10;

/// Makes the bytes of a format.
pub trait Writer: Send {
    fn row(&mut self, row: &SelectedRow) -> io::Result<()>;

    /// Writes what comes after the last row. Nothing is written afterwards.
    fn end(&mut self) -> io::Result<()>;
}

/// Bytes between a writer and its sink; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Where bytes go.
pub enum Sink {
    /// The body of a response.
    Body(mpsc::Sender<io::Result<Bytes>>),
    File {
        file: File,
        written: u64,
    },
    Child(ChildStdin),
}

impl Sink {
    pub fn file(file: File) -> Self {
        Self::File { file, written: 0 }
    }

    async fn write(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        match self {
            Self::Body(body) => body.send(Ok(bytes.into())).await.map_err(|_| io::ErrorKind::BrokenPipe.into()),
            Self::File { file, written } => {
                *written += bytes.len() as u64;
                if *written > LARGEST {
                    return Err(io::Error::new(io::ErrorKind::FileTooLarge, "the file grows too large"));
                }
                file.write_all(&bytes).await
            }
            Self::Child(stdin) => stdin.write_all(&bytes).await,
        }
    }

    async fn end(&mut self) -> io::Result<()> {
        match self {
            Self::Body(_) => Ok(()),
            Self::File { file, .. } => file.flush().await,
            Self::Child(stdin) => stdin.shutdown().await,
        }
    }
}

/// A writer and where its bytes go.
pub struct Channel {
    writer: Box<dyn Writer>,
    buffer: Buffer,
    sink: Sink,
}

impl Channel {
    /// `writer` must write into a clone of `buffer`.
    pub fn new(writer: impl Writer + 'static, buffer: Buffer, sink: Sink) -> Self {
        Self { writer: Box::new(writer), buffer, sink }
    }

    pub async fn row(&mut self, row: &SelectedRow) -> io::Result<()> {
        self.writer.row(row)?;
        if self.buffer.len() >= CHUNK {
            self.sink.write(self.buffer.take()).await?;
        }
        Ok(())
    }

    pub async fn end(&mut self) -> io::Result<()> {
        self.writer.end()?;
        self.sink.write(self.buffer.take()).await?;
        self.sink.end().await
    }
}

/// Why a file is not made.
#[derive(Debug)]
pub enum Failure {
    Database(sqlx::Error),
    Output(io::Error),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// What a caller is told.
impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Database(error) => error.into(),
            Failure::Output(error) if error.kind() == io::ErrorKind::InvalidInput => Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                format!("Дані не вміщаються в цей формат: {error}. Виберіть інший."),
                format!("The data does not fit into this format: {error}. Choose another."),
            ),
            Failure::Output(error) if error.kind() == io::ErrorKind::FileTooLarge => too_large(),
            Failure::Output(error) => Problem::internal(&error),
        }
    }
}

/// An export that the server does not take upon itself.
pub fn too_large() -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "Вивантаження завелике. Звузьте його рамкою або умовами.",
        "The export is too large. Narrow it by a box or by conditions.",
    )
}
