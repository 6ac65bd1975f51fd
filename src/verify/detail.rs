//! What a finding says beyond its rule, in both languages.

use super::query::Found;
use crate::catalogue::layer::Bilingual;

/// How a rule's findings are put into words.
#[derive(Debug, Clone)]
pub enum Words {
    Nothing,
    /// The text as it is.
    Text,
    SameKey,
    /// The text is the day on which the term ended.
    Passed,
    /// Square metres in common, and per cent of the smaller.
    Overlap,
    /// Square metres.
    Gap,
    /// The other feature, of the layer of this title.
    Linked(Bilingual),
    /// The documented area, in units of so many square metres, and the true one in square metres.
    Area(f64),
}

impl Words {
    pub fn of(&self, found: &Found) -> Bilingual {
        let (first, second) = (found.first.unwrap_or_default(), found.second.unwrap_or_default());
        let other = if found.other_name.is_empty() { &found.other_key } else { &found.other_name };
        match self {
            Self::Nothing => Bilingual::default(),
            Self::Text => Bilingual::new(&found.text, &found.text),
            Self::SameKey => {
                Bilingual::new(format!("те саме, що {}", found.other_key), format!("the same as {}", found.other_key))
            }
            Self::Passed => Bilingual::new(format!("строк минув {}", found.text), format!("ended on {}", found.text)),
            Self::Overlap => Bilingual::new(
                format!("спільне з {}: {first:.1} м², {second:.1} % меншої", found.other_key),
                format!("in common with {}: {first:.1} m², {second:.1} % of the smaller", found.other_key),
            ),
            Self::Gap => Bilingual::new(format!("щілина {first:.1} м²"), format!("a gap of {first:.1} m²")),
            Self::Linked(title) => Bilingual::new(format!("{}: {other}", title.uk), format!("{}: {other}", title.en)),
            Self::Area(unit) => {
                let (uk, en) = if *unit == 1.0 { ("м²", "m²") } else { ("га", "ha") };
                let digits = if *unit == 1.0 { 1 } else { 4 };
                let (stated, true_area) = (first, second / unit);
                let percent = (stated / true_area - 1.0) * 100.0;
                Bilingual::new(
                    format!(
                        "за документом {stated:.digits$} {uk}, за координатами {true_area:.digits$} {uk} ({percent:+.1} %)"
                    ),
                    format!(
                        "{stated:.digits$} {en} by the document, {true_area:.digits$} {en} by coordinates ({percent:+.1} %)"
                    ),
                )
            }
        }
    }
}

/// Why a rule's query came to nothing; `code` is its SQLSTATE.
pub fn failed(code: Option<&str>) -> Bilingual {
    match code {
        Some("57014") => Bilingual::new(
            "перевірка тривала задовго; запустіть misto verify",
            "the check took too long; run misto verify",
        ),
        _ => Bilingual::new(
            "база даних не змогла перевірити; подробиці в журналі сервера",
            "the database could not check it; the server’s log says more",
        ),
    }
}
