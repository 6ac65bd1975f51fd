//! Reference systems that files of Ukrainian cities come in.

/// A system of EPSG.
#[derive(Debug, PartialEq)]
pub struct Known {
    pub code: u32,
    pub name: &'static str,
    pub is_degrees: bool,
}

const fn degrees(code: u32, name: &'static str) -> Known {
    Known { code, name, is_degrees: true }
}

const fn metres(code: u32, name: &'static str) -> Known {
    Known { code, name, is_degrees: false }
}

/// Of systems that fit equally the first is the likeliest.
pub const KNOWN: [Known; 81] = [
    degrees(4326, "WGS 84"),
    metres(3857, "Web Mercator"),
    degrees(5561, "УСК-2000"),
    metres(5566, "УСК-2000, 21°"),
    metres(5567, "УСК-2000, 27°"),
    metres(5568, "УСК-2000, 33°"),
    metres(5569, "УСК-2000, 39°"),
    metres(5562, "УСК-2000, зона 4"),
    metres(5563, "УСК-2000, зона 5"),
    metres(5564, "УСК-2000, зона 6"),
    metres(5565, "УСК-2000, зона 7"),
    metres(6381, "УСК-2000, TM 7"),
    metres(6382, "УСК-2000, TM 8"),
    metres(6383, "УСК-2000, TM 9"),
    metres(6384, "УСК-2000, TM 10"),
    metres(6385, "УСК-2000, TM 11"),
    metres(6386, "УСК-2000, TM 12"),
    metres(6387, "УСК-2000, TM 13"),
    metres(9821, "МСК-32, Київська область"),
    metres(9831, "МСК-01, Крим"),
    metres(9832, "МСК-05, Вінницька область"),
    metres(9833, "МСК-07, Волинська область"),
    metres(9834, "МСК-12, Дніпропетровська область"),
    metres(9835, "МСК-14, Донецька область"),
    metres(9836, "МСК-18, Житомирська область"),
    metres(9837, "МСК-21, Закарпатська область"),
    metres(9838, "МСК-23, Запорізька область"),
    metres(9839, "МСК-26, Івано-Франківська область"),
    metres(9840, "МСК-35, Кіровоградська область"),
    metres(9841, "МСК-44, Луганська область"),
    metres(9851, "МСК-46, Львівська область"),
    metres(9852, "МСК-48, Миколаївська область"),
    metres(9853, "МСК-51, Одеська область"),
    metres(9854, "МСК-53, Полтавська область"),
    metres(9855, "МСК-56, Рівненська область"),
    metres(9856, "МСК-59, Сумська область"),
    metres(9857, "МСК-61, Тернопільська область"),
    metres(9858, "МСК-63, Харківська область"),
    metres(9859, "МСК-65, Херсонська область"),
    metres(9860, "МСК-68, Хмельницька область"),
    metres(9861, "МСК-71, Черкаська область"),
    metres(9862, "МСК-73, Чернівецька область"),
    metres(9863, "МСК-74, Чернігівська область"),
    metres(9864, "МСК-80, Київ"),
    metres(9865, "МСК-85, Севастополь"),
    metres(7825, "СК-63, X1"),
    metres(7826, "СК-63, X2"),
    metres(7827, "СК-63, X3"),
    metres(7828, "СК-63, X4"),
    metres(7829, "СК-63, X5"),
    metres(7830, "СК-63, X6"),
    metres(7831, "СК-63, X7"),
    metres(5570, "УСК-2000, 3°, зона 7"),
    metres(5571, "УСК-2000, 3°, зона 8"),
    metres(5572, "УСК-2000, 3°, зона 9"),
    metres(5573, "УСК-2000, 3°, зона 10"),
    metres(5574, "УСК-2000, 3°, зона 11"),
    metres(5575, "УСК-2000, 3°, зона 12"),
    metres(5576, "УСК-2000, 3°, зона 13"),
    metres(5577, "УСК-2000, 3°, 21°"),
    metres(5578, "УСК-2000, 3°, 24°"),
    metres(5579, "УСК-2000, 3°, 27°"),
    metres(5580, "УСК-2000, 3°, 30°"),
    metres(5581, "УСК-2000, 3°, 33°"),
    metres(5582, "УСК-2000, 3°, 36°"),
    metres(5583, "УСК-2000, 3°, 39°"),
    metres(28404, "СК-42, зона 4"),
    metres(28405, "СК-42, зона 5"),
    metres(28406, "СК-42, зона 6"),
    metres(28407, "СК-42, зона 7"),
    metres(28464, "СК-42, 21°"),
    metres(28465, "СК-42, 27°"),
    metres(28466, "СК-42, 33°"),
    metres(28467, "СК-42, 39°"),
    degrees(4284, "СК-42"),
    metres(32634, "UTM 34N"),
    metres(32635, "UTM 35N"),
    metres(32636, "UTM 36N"),
    metres(32637, "UTM 37N"),
    degrees(4258, "ETRS89"),
    metres(3035, "ETRS89 LAEA"),
];

/// What a name of a reference system means.
#[derive(Debug, PartialEq)]
pub enum Named {
    /// As PROJ takes it.
    Definition(String),
    /// One of these.
    Family(Vec<&'static Known>),
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
