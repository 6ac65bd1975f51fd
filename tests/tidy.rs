//! The shape of the code: floors, module headers, file sizes, and where SQL and the web framework may stand.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders and files of src/ by floor. A file may import its own module, floors below, and what `SIDEWAYS` lists.
const FLOORS: [&[&str]; 5] = [
    &["config", "telemetry", "folder", "geom", "formats", "text"],
    &["db", "http", "gdal"],
    &["catalogue", "auth"],
    &[
        "tiles",
        "features",
        "opendata",
        "metadata",
        "here",
        "changes",
        "registers",
        "verify",
        "search",
        "osm",
        "demo",
        "backup",
        "developers",
        "frontend",
    ],
    &["app", "cli"],
];
/// Imports within a floor that are meant, from → to.
const SIDEWAYS: [(&str, &str); 4] =
    [("formats", "geom"), ("telemetry", "config"), ("catalogue", "auth"), ("cli", "app")];
/// What floor 0 must not know, and what only the database's modules may.
const FLOOR_0_FORBIDS: [&str; 4] = ["axum", "sqlx", "tokio", "tower"];
const LONGEST_FILE: usize = 500;

struct Source {
    path: PathBuf,
    /// `tiles` for src/tiles/query.rs, `app` for src/app.rs.
    module: String,
    text: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(&root).unwrap();
                let first = inside.components().next().unwrap().as_os_str().to_string_lossy();
                let module = first.trim_end_matches(".rs").to_owned();
                found.push(Source { module, text: fs::read_to_string(&path).unwrap(), path });
            }
        }
    }
    assert!(found.len() > 30, "the sources were not found");
    found
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

/// Code without comment lines.
fn code(source: &Source) -> impl Iterator<Item = (usize, &str)> {
    source.text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[test]
fn imports_go_down_the_floors() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.module != "main" && source.module != "lib") {
        let own = floor(&source.module).unwrap_or_else(|| panic!("src/{} is on no floor", source.module));
        for (number, line) in code(source) {
            for part in line.split("crate::").skip(1) {
                let target: String = part.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                let Some(other) = floor(&target) else { continue };
                let sideways = SIDEWAYS.contains(&(source.module.as_str(), target.as_str()));
                if target != source.module && other >= own && !sideways {
                    wrong.push(format!("{}:{}: {} imports {target}", source.path.display(), number + 1, source.module));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn imports_name_their_module_where_the_floors_can_be_read() {
    for source in sources() {
        assert!(!source.text.contains("use crate::{"), "{}: write one use for each module", source.path.display());
    }
}

#[test]
fn floor_0_knows_neither_web_nor_database_nor_runtime() {
    for source in sources().iter().filter(|source| floor(&source.module) == Some(0)) {
        for (number, line) in code(source) {
            for forbidden in FLOOR_0_FORBIDS {
                assert!(
                    !line.contains(&format!("{forbidden}::")) && !line.contains(&format!("use {forbidden}")),
                    "{}:{}: {forbidden} on floor 0",
                    source.path.display(),
                    number + 1
                );
            }
        }
    }
}

#[test]
fn sql_stands_only_where_sql_belongs() {
    let allowed = ["query.rs", "select.rs", "overview.rs", "loader.rs", "bulk.rs"];
    for source in sources() {
        let name = source.path.file_name().unwrap().to_string_lossy().into_owned();
        if source.module == "db" || allowed.contains(&name.as_str()) {
            continue;
        }
        for (number, line) in code(&source) {
            let lower = line.to_lowercase();
            let sql = ["\"select ", "\"insert ", "\"update ", "\"delete ", "\"copy ", "\"create ", "\"alter "];
            let probe = lower.contains("\"select 1\"");
            assert!(
                probe || !sql.iter().any(|start| lower.contains(start)),
                "{}:{}: SQL outside of its files",
                source.path.display(),
                number + 1
            );
        }
    }
}

#[test]
fn every_module_says_what_it_is() {
    for source in sources() {
        assert!(source.text.starts_with("//! "), "{} has no header", source.path.display());
    }
}

#[test]
fn no_source_file_is_longer_than_500_lines() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src"), root.join("tests"), root.join("web/src"), root.join("migrations")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let ending = path.extension().unwrap_or_default().to_string_lossy().into_owned();
            let generated = path.file_name().is_some_and(|name| name.to_string_lossy().contains(".gen."));
            if ["rs", "ts", "svelte", "css", "sql"].contains(&ending.as_str()) && !generated {
                let lines = fs::read_to_string(&path).unwrap().lines().count();
                assert!(lines <= LONGEST_FILE, "{} has {lines} lines", path.display());
            }
        }
    }
}

#[test]
fn nothing_is_left_open() {
    let marks = ["TO", "FIX"].map(|start| format!("{start}{}", if start == "TO" { "DO" } else { "ME" }));
    for source in sources() {
        for mark in &marks {
            assert!(!source.text.contains(mark.as_str()), "{} has a {mark}", source.path.display());
        }
        assert!(!source.text.contains("todo!("), "{} has a todo!", source.path.display());
    }
}
