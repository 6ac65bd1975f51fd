//! Names of reference systems as files and people write them.

use crate::geom::systems::{KNOWN, System};

/// What a name of a reference system means.
#[derive(Debug, PartialEq)]
pub enum Named {
    /// As PROJ takes it.
    Definition(String),
    /// One of these.
    Family(Vec<&'static System>),
    Unknown,
}

/// Reads `EPSG:5566`, `5566`, `УСК-2000`, `СК-63 X3`, `+proj=…` and WKT.
pub fn named(name: &str) -> Named {
    let name = name.trim();
    let code = name.get(..5).filter(|start| start.eq_ignore_ascii_case("epsg:")).map_or(name, |_| &name[5..]);
    if !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_digit()) {
        return Named::Definition(format!("EPSG:{code}"));
    }
    let is_wkt = name.split_once('[').is_some_and(|(word, rest)| {
        rest.ends_with(']') && !word.is_empty() && word.chars().all(|c| c.is_ascii_uppercase() || c == '_')
    });
    let is_definition = name.starts_with("+proj") || is_wkt;
    let is_authority = name.split_once(':').is_some_and(|(authority, code)| {
        authority.chars().all(|c| c.is_ascii_alphabetic()) && code.chars().all(|c| c.is_ascii_alphanumeric())
    });
    if is_definition || is_authority {
        return Named::Definition(name.to_owned());
    }
    let wanted = tokens(name);
    let systems: Vec<_> = KNOWN.iter().filter(|known| fits(&tokens(known.name), &wanted)).collect();
    match &systems[..] {
        _ if wanted.is_empty() => Named::Unknown,
        [] => Named::Unknown,
        [only] => Named::Definition(format!("EPSG:{}", only.code)),
        _ => Named::Family(systems),
    }
}

/// Whether every token that is wanted is among those of a name.
fn fits(name: &[String], wanted: &[String]) -> bool {
    wanted.iter().all(|token| name.contains(token))
}

/// Words in one spelling: Latin and Cyrillic look-alikes are the same, and so are the English abbreviations.
fn tokens(name: &str) -> Vec<String> {
    let lower: String = name.to_lowercase().chars().map(|c| if c == 'х' { 'x' } else { c }).collect();
    let words = lower.split(|c: char| !(c.is_alphanumeric() || c == '-')).filter(|word| !word.is_empty());
    let spelt = |word: &str| match word {
        "ucs-2000" | "usk-2000" | "uск-2000" | "усk-2000" | "уск2000" | "ucs2000" | "usc-2000" => {
            "уск-2000".to_owned()
        }
        "sk-63" | "cs63" | "cs-63" | "ck-63" | "ск63" | "sk63" => "ск-63".to_owned(),
        "sk-42" | "ck-42" | "ск42" | "sk42" => "ск-42".to_owned(),
        "zone" => "зона".to_owned(),
        "wgs84" | "wgs-84" => "wgs".to_owned(),
        other => other.replace("lcs-", "мск-").replace("msk-", "мск-"),
    };
    words.map(spelt).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(name: &str) -> Option<String> {
        match named(name) {
            Named::Definition(definition) => Some(definition),
            _ => None,
        }
    }

    #[test]
    fn names_lead_to_codes() {
        for (name, code) in [
            ("EPSG:5566", "EPSG:5566"),
            ("epsg:5566", "EPSG:5566"),
            ("5566", "EPSG:5566"),
            ("СК-63 X3", "EPSG:7827"),
            ("СК-63 Х3", "EPSG:7827"),
            ("CS63 X1", "EPSG:7825"),
            ("МСК-80", "EPSG:9864"),
            ("LCS-80", "EPSG:9864"),
            ("wgs84", "EPSG:4326"),
            ("ESRI:102100", "ESRI:102100"),
            ("+proj=longlat", "+proj=longlat"),
        ] {
            assert_eq!(definition(name).as_deref(), Some(code), "{name}");
        }
        assert!(matches!(named("УСК-2000"), Named::Family(systems) if systems.len() > 20));
        assert_eq!(definition("PROJCRS[\"x\"]").as_deref(), Some("PROJCRS[\"x\"]"));
        for name in ["http://a.example/[x]", "/etc/passwd", "ESRI::/tmp/a.prj"] {
            assert_eq!(named(name), Named::Unknown, "{name}");
        }
        assert_eq!(named("якась"), Named::Unknown);
        assert_eq!(named(""), Named::Unknown);
    }
}
