//! A table of addresses in, the same with their places out, row by row.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use csv::{ReaderBuilder, StringRecord, Writer, WriterBuilder};
use futures_util::stream::{self, StreamExt};
use serde::Deserialize;
use tokio::sync::mpsc;
use utoipa::IntoParams;

use super::book::Fitness;
use super::shard::metres;
use super::{Engine, View, explain};
use crate::formats::encoded::{self, Utf8, by_beginning, delimiter};
use crate::http::language::Language;
use crate::http::problem::Problem;

/// Rows of one table.
const MOST_ROWS: usize = 50_000;
/// Characters of an address that are looked at.
const LONGEST: usize = 300;
/// Rows that are looked for before edits have their turn.
const TURN: usize = 64;
/// From this score on an address is found, and below the other one it is none.
const FOUND: f32 = 0.85;
const WEAK: f32 = 0.5;
/// Places of equal score further apart than this, in metres, are different answers.
const APART: f64 = 100.0;
const ADDED: [&str; 6] = ["lon", "lat", "matched_address", "matched_id", "score", "result"];
/// What columns of a whole address, of a street, of a house and of a block are called.
const WHOLE: [&str; 8] =
    ["address", "адреса", "addr", "адрес", "full_address", "повна адреса", "місцезнаходження", "q"];
const STREET: [&str; 5] = ["street", "вулиця", "addr:street", "улица", "addressthoroughfare"];
const HOUSE: [&str; 8] =
    ["house", "number", "будинок", "номер", "номер будинку", "addr:housenumber", "дом", "addresslocatordesignator"];
const BLOCK: [&str; 5] = ["block", "корпус", "corps", "корп", "addresslocatorbuilding"];

/// Where the addresses are in the table.
#[derive(Debug, Default, Deserialize, IntoParams)]
pub struct Columns {
    /// The column with whole addresses; otherwise it is known by its name (`address`, `адреса`), or the columns of street
    /// and house are (`street`, `вулиця`; `house`, `будинок`; `block`, `корпус`)
    address: Option<String>,
    /// The encoding, where it is not recognised: `windows-1251`
    encoding: Option<String>,
}

/// Numbers of columns whose texts together make an address.
struct Wanted(Vec<usize>);

pub async fn answer(engine: Arc<Engine>, columns: Columns, body: Bytes) -> Result<Response, Problem> {
    let turn = engine.batches.clone().try_acquire_owned().map_err(|_| Problem::busy())?;
    let text = decoded(&body, columns.encoding.as_deref())?;
    drop(body);
    let separator = delimiter(&text);
    let mut reader = ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| unreadable(&error))?.clone();
    let wanted = Wanted::of(&header, columns.address.as_deref())?;
    let rows: Vec<StringRecord> =
        reader.records().take(MOST_ROWS + 1).collect::<Result<_, _>>().map_err(|error| unreadable(&error))?;
    if rows.len() > MOST_ROWS {
        return Err(Problem::bad_request(
            "body",
            format!("У таблиці понад {MOST_ROWS} рядків. Розділіть її."),
            format!("The table has more than {MOST_ROWS} rows. Split it."),
        ));
    }
    let (send, receive) = mpsc::channel::<Result<Bytes, std::io::Error>>(4);
    tokio::task::spawn_blocking(move || {
        let _turn = turn;
        write(&engine, &header, &rows, &wanted, separator, &send);
    });
    let chunks = stream::unfold(receive, |mut receive| async move { Some((receive.recv().await?, receive)) });
    let kind = (CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    // who compresses it asks once more after its end
    Ok(([kind], Body::from_stream(chunks.fuse())).into_response())
}

fn unreadable(error: &csv::Error) -> Problem {
    Problem::bad_request(
        "body",
        format!("Таблицю CSV не прочитано: {error}"),
        format!("The CSV table cannot be read: {error}"),
    )
}

fn decoded(body: &[u8], named: Option<&str>) -> Result<String, Problem> {
    let encoding = match named {
        Some(name) => encoded::find(name),
        None => by_beginning(body).map_or_else(
            || {
                let mut tally = Utf8::default();
                tally.take(body);
                tally.verdict()
            },
            Ok,
        ),
    };
    let encoding = encoding.map_err(|error| {
        Problem::bad_request(
            "encoding",
            "Кодування не розпізнано. Вкажіть його, наприклад encoding=windows-1251",
            format!("The encoding is not known: {error}. Say which it is, for example encoding=windows-1251"),
        )
    })?;
    Ok(encoding.decode(body).0.into_owned())
}

impl Wanted {
    fn of(header: &StringRecord, named: Option<&str>) -> Result<Self, Problem> {
        let names: Vec<String> = header.iter().map(|name| name.trim().to_lowercase()).collect();
        let place = |wanted: &str| names.iter().position(|name| name == wanted);
        let any = |known: &[&str]| known.iter().find_map(|name| place(name));
        let known = names.join(", ");
        if let Some(named) = named {
            let found = place(&named.trim().to_lowercase()).map(|place| Self(vec![place]));
            return found.ok_or_else(|| {
                Problem::bad_request(
                    "address",
                    format!("Стовпця «{named}» немає. Є: {known}"),
                    format!("There is no column “{named}”. There are: {known}"),
                )
            });
        }
        let parts = || Some([Some(any(&STREET)?), Some(any(&HOUSE)?), any(&BLOCK)].into_iter().flatten().collect());
        let only = || (names.len() == 1).then(|| vec![0]);
        any(&WHOLE).map(|place| vec![place]).or_else(parts).or_else(only).map(Self).ok_or_else(|| {
            Problem::bad_request(
                "address",
                format!("Не видно, де адреси: назвіть стовпець параметром address. Є: {known}"),
                format!("It is not clear where the addresses are: name the column by address. There are: {known}"),
            )
        })
    }

    /// `вулиця Соборна, 12, корп. 2`
    fn address(&self, row: &StringRecord) -> String {
        let parts = self.0.iter().enumerate().filter_map(|(place, &column)| {
            let text = row.get(column).map(str::trim).filter(|text| !text.is_empty())?;
            Some(if place == 2 { format!("корп. {text}") } else { text.to_owned() })
        });
        parts.collect::<Vec<_>>().join(", ").chars().take(LONGEST).collect()
    }
}

/// Stops where nobody takes what is written.
fn write(
    engine: &Engine,
    header: &StringRecord,
    rows: &[StringRecord],
    wanted: &Wanted,
    separator: u8,
    send: &mpsc::Sender<Result<Bytes, std::io::Error>>,
) {
    let new = || WriterBuilder::new().delimiter(separator).flexible(true).from_writer(Vec::new());
    let mut writer: Writer<Vec<u8>> = new();
    // a vector takes everything
    let _ = writer.write_record(header.iter().chain(ADDED));
    for rows in rows.chunks(TURN) {
        // the same address often stands in many rows
        let mut known: HashMap<String, [String; 6]> = HashMap::new();
        let view = engine.view();
        for row in rows {
            let address = wanted.address(row);
            let added = known.entry(address).or_insert_with_key(|address| located(&view, address));
            let empty = header.len().saturating_sub(row.len());
            let own = row.iter().chain(std::iter::repeat_n("", empty));
            let _ = writer.write_record(own.chain(added.iter().map(String::as_str)));
        }
        drop(view);
        let bytes = std::mem::replace(&mut writer, new()).into_inner().unwrap_or_default();
        if send.blocking_send(Ok(bytes.into())).is_err() {
            return;
        }
    }
    let bytes = writer.into_inner().unwrap_or_default();
    if !bytes.is_empty() {
        // a table without rows is its header
        let _ = send.blocking_send(Ok(bytes.into()));
    }
}

/// What is added to a row.
fn located(view: &View<'_>, address: &str) -> [String; 6] {
    let none = |result: &str| {
        let mut added: [String; 6] = Default::default();
        added[5] = result.to_owned();
        added
    };
    let all = view.locate(address);
    let Some((plan, best)) = all.first().filter(|(_, best)| best.score >= WEAK) else { return none("unknown") };
    let shard = &view.shards[*plan];
    let Some(doc) = shard.get(best.doc) else { return none("unknown") };
    let rivals = all.iter().skip(1).filter(|(_, other)| other.score >= best.score - 0.001);
    let is_ambiguous = rivals
        .filter_map(|(plan, other)| view.shards[*plan].get(other.doc)?.point)
        .any(|other| doc.point.is_none_or(|point| metres(point, other) > APART));
    let result = match best.house {
        _ if is_ambiguous => "ambiguous",
        Fitness::Exact if best.score >= FOUND => "found",
        _ => "weak",
    };
    let point = doc.point.map(explain::degrees);
    let coordinate = |axis: usize| point.map_or(String::new(), |point| point[axis].to_string());
    [
        coordinate(0),
        coordinate(1),
        explain::title(view, *plan, doc, Language::Uk),
        doc.id.to_string(),
        format!("{:.3}", best.score.clamp(0.0, 1.0)),
        result.to_owned(),
    ]
}
