//! A register as a data set: the one description from which its passport, DCAT, CKAN, ISO 19139 and records are written.

use uuid::Uuid;

use super::layer::{Bilingual, Group, Layer};
use super::overview::Overview;
use super::vocabulary::{Frequency, Theme, licence_uri};
use crate::config::Publisher;
use crate::formats::files::FileFormat;
use crate::http::language::Language;

/// Why a register of Resolution 835 is published at all; a layer file may say more.
const PURPOSE: &str = "Постанова Кабінету Міністрів України від 21 жовтня 2015 р. № 835 «Про затвердження Положення про \
     набори даних, які підлягають оприлюдненню у формі відкритих даних»";
/// Where Resolution 835 can be read.
pub const RESOLUTION_835: &str = "https://zakon.rada.gov.ua/laws/show/835-2015-%D0%BF";

/// What is to be told of a register.
#[derive(Debug, Clone, Copy)]
pub struct Dataset<'d> {
    pub layer: &'d Layer,
    pub group: Option<&'d Group>,
    pub publisher: &'d Publisher,
    pub overview: Overview,
    /// The portal's address without a slash at its end; none where nobody knows it (on the command line).
    pub base: Option<&'d str>,
}

/// A form in which the register can be had.
#[derive(Debug)]
pub struct Distribution {
    /// Tells it apart from the register's others: `a-z`.
    pub name: &'static str,
    pub title: Bilingual,
    pub media_type: &'static str,
    /// A code of <http://publications.europa.eu/resource/authority/file-type>, where there is one.
    pub file_type: Option<&'static str>,
    pub url: String,
    pub way: Way,
}

/// How one comes to the data of a distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The address is a file.
    Download,
    /// The address is of an API, from which the data is read in parts.
    Api,
}

impl<'d> Dataset<'d> {
    fn base(&self) -> &'d str {
        self.base.unwrap_or_default()
    }

    /// What identifies it in RDF; leads to its descriptions.
    pub fn uri(&self) -> String {
        format!("{}/opendata/{}", self.base(), self.layer.id)
    }

    /// The same as a UUID, for catalogues that know data sets of many portals.
    pub fn uuid(&self) -> Uuid {
        Uuid::new_v5(&Uuid::NAMESPACE_URL, self.uri().as_bytes())
    }

    /// Its page and the beginning of its addresses in the API.
    pub fn page(&self) -> String {
        format!("{}/api/collections/{}", self.base(), self.layer.id)
    }

    /// Whoever publishes it: the city where it is named, otherwise whoever keeps the register.
    pub fn publisher_name(&self, language: Language) -> Option<&'d str> {
        let keeper = self.layer.attribution.get(language);
        self.publisher.name.as_deref().or((!keeper.is_empty()).then_some(keeper))
    }

    pub fn frequency(&self) -> Frequency {
        Frequency::of(&self.layer.updated)
    }

    /// Its own themes, otherwise its group's.
    pub fn themes(&self) -> &'d [Theme] {
        match self.group {
            Some(group) if self.layer.themes.is_empty() => &group.themes,
            _ => &self.layer.themes,
        }
    }

    pub fn licence_uri(&self) -> String {
        licence_uri(&self.layer.licence)
    }

    /// What it is found by: those of the layer file (which are in Ukrainian), otherwise its title and its group's.
    pub fn keywords(&self, language: Language) -> Vec<String> {
        let own = self.layer.legal.as_ref().map(|legal| legal.keywords.as_slice()).unwrap_or_default();
        if language == Language::Uk && !own.is_empty() {
            return own.to_vec();
        }
        let titles = [Some(&self.layer.title), self.group.map(|group| &group.title)];
        titles.into_iter().flatten().map(|title| title.get(language).to_lowercase()).collect()
    }

    /// The acts for which the register is published; in Ukrainian.
    pub fn purpose(&self) -> &'d str {
        let said = self.layer.legal.as_ref().and_then(|legal| legal.purpose.as_deref());
        said.unwrap_or(PURPOSE)
    }

    /// Every form in which the register can be had, files first.
    pub fn distributions(&self) -> Vec<Distribution> {
        let page = self.page();
        let file = |(_, about): (_, &'static crate::formats::files::About)| Distribution {
            name: about.ending.split('.').next().unwrap_or_default(),
            title: Bilingual::new(about.title, about.title),
            media_type: about.media_type.split(';').next().unwrap_or_default(),
            file_type: about.file_type,
            url: format!("{page}/export.{}", about.ending),
            way: Way::Download,
        };
        let mut distributions: Vec<_> = FileFormat::all().map(file).collect();
        if self.layer.legal.is_some() {
            distributions.push(Distribution {
                name: "legal",
                title: Bilingual::new(
                    "Пакет за Постановою 835: паспорт, структура, CSV, XLSX, JSON",
                    "Package of Resolution 835: passport, structure, CSV, XLSX, JSON",
                ),
                media_type: "application/zip",
                file_type: Some("ZIP"),
                url: format!("{page}/legal.zip"),
                way: Way::Download,
            });
        }
        let api = |name, uk: &str, en: &str, media_type, file_type, url| Distribution {
            name,
            title: Bilingual::new(uk, en),
            media_type,
            file_type,
            url,
            way: Way::Api,
        };
        distributions.extend([
            api(
                "items",
                "Об’єкти через OGC API – Features",
                "Features by OGC API – Features",
                "application/geo+json",
                Some("GEOJSON"),
                format!("{page}/items"),
            ),
            api(
                "tiles",
                "Векторні плитки через OGC API – Tiles",
                "Vector tiles by OGC API – Tiles",
                "application/vnd.mapbox-vector-tile",
                None,
                format!("{page}/tiles/WebMercatorQuad"),
            ),
        ]);
        distributions
    }
}
