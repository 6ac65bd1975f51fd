//! Words for data sets that the world's catalogues understand: themes, frequencies, licences.
//!
//! The URIs are those of the Publications Office of the European Union, which DCAT-AP asks for; the codes of ISO 19115
//! and of Resolution 835 mean the same.

use super::layer::Bilingual;

/// A theme of EU open data (<http://publications.europa.eu/resource/authority/data-theme>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// For example `TRAN`.
    pub code: &'static str,
    uk: &'static str,
    en: &'static str,
    /// The topic category of ISO 19115 that is nearest (B.5.27).
    pub topic: &'static str,
}

/// The scheme of all themes.
pub const THEMES: &str = "http://publications.europa.eu/resource/authority/data-theme";

const fn theme(code: &'static str, uk: &'static str, en: &'static str, topic: &'static str) -> (&'static str, Theme) {
    (code, Theme { code, uk, en, topic })
}

impl Theme {
    pub const ALL: [(&str, Self); 13] = [
        theme(
            "AGRI",
            "Сільське господарство, рибальство, лісництво та харчування",
            "Agriculture, fisheries, forestry and food",
            "farming",
        ),
        theme("ECON", "Економіка та фінанси", "Economy and finance", "economy"),
        theme("EDUC", "Освіта, культура та спорт", "Education, culture and sport", "society"),
        theme("ENER", "Енергетика", "Energy", "utilitiesCommunication"),
        theme("ENVI", "Довкілля", "Environment", "environment"),
        theme("GOVE", "Уряд та державний сектор", "Government and public sector", "society"),
        theme("HEAL", "Здоров’я", "Health", "health"),
        theme("INTR", "Міжнародні відносини", "International issues", "society"),
        theme(
            "JUST",
            "Правосуддя, правова система та громадська безпека",
            "Justice, legal system and public safety",
            "society",
        ),
        theme("REGI", "Регіони та міста", "Regions and cities", "planningCadastre"),
        theme("SOCI", "Населення та суспільство", "Population and society", "society"),
        theme("TECH", "Наука та технології", "Science and technology", "geoscientificInformation"),
        theme("TRAN", "Транспорт", "Transport", "transportation"),
    ];

    pub fn uri(self) -> String {
        format!("{THEMES}/{}", self.code)
    }

    pub fn title(self) -> Bilingual {
        Bilingual::new(self.uk, self.en)
    }
}

/// How often a register is brought up to date, in the words of each standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frequency {
    /// As layer files say it.
    pub word: &'static str,
    /// A code of <http://publications.europa.eu/resource/authority/frequency>.
    eu: &'static str,
    /// A code of ISO 19115's MD_MaintenanceFrequencyCode.
    pub iso: &'static str,
    /// As passports of Resolution 835 say it. Of what is brought up to date when something happens its list says nothing;
    /// the national portal's word for it is taken.
    pub uk: &'static str,
}

const fn frequency(word: &'static str, eu: &'static str, iso: &'static str, uk: &'static str) -> Frequency {
    Frequency { word, eu, iso, uk }
}

impl Frequency {
    pub const ALL: [Self; 7] = [
        frequency("continuous", "UPDATE_CONT", "continual", "Більш як один раз на день"),
        frequency("daily", "DAILY", "daily", "Щодня"),
        frequency("weekly", "WEEKLY", "weekly", "Щотижня"),
        frequency("monthly", "MONTHLY", "monthly", "Щомісяця"),
        frequency("quarterly", "QUARTERLY", "quarterly", "Щокварталу"),
        frequency("yearly", "ANNUAL", "annually", "Щороку"),
        frequency("as-needed", "IRREG", "asNeeded", "Відразу після внесення змін"),
    ];

    /// What a layer file's `updated` means.
    pub fn of(word: &str) -> Self {
        let [.., as_needed] = Self::ALL;
        Self::ALL.into_iter().find(|frequency| frequency.word == word).unwrap_or(as_needed)
    }

    pub fn uri(self) -> String {
        format!("http://publications.europa.eu/resource/authority/frequency/{}", self.eu)
    }
}

/// Where the text of a licence is, by its SPDX identifier: the licence's own page where it is of those that open data is
/// published under, otherwise that of the SPDX list.
pub fn licence_uri(spdx: &str) -> String {
    let own = match spdx {
        "CC-BY-4.0" => "https://creativecommons.org/licenses/by/4.0/",
        "CC-BY-SA-4.0" => "https://creativecommons.org/licenses/by-sa/4.0/",
        "CC0-1.0" => "https://creativecommons.org/publicdomain/zero/1.0/",
        "ODbL-1.0" => "https://opendatacommons.org/licenses/odbl/1-0/",
        "ODC-By-1.0" => "https://opendatacommons.org/licenses/by/1-0/",
        "PDDL-1.0" => "https://opendatacommons.org/licenses/pddl/1-0/",
        _ => return format!("https://spdx.org/licenses/{spdx}"),
    };
    own.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn themes_are_called_by_their_code() {
        for (name, theme) in Theme::ALL {
            assert_eq!(name, theme.code);
            assert!(theme.uri().ends_with(&format!("/data-theme/{name}")));
        }
    }

    #[test]
    fn what_a_layer_file_says_of_updates_has_a_word_everywhere() {
        assert_eq!(Frequency::of("quarterly").iso, "quarterly");
        assert_eq!(
            Frequency::of("as-needed").uri(),
            "http://publications.europa.eu/resource/authority/frequency/IRREG"
        );
        assert_eq!(Frequency::of("?").word, "as-needed");
    }
}
