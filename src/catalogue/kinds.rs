//! Field types: one definition of each, for validation, forms, imports, the API's description and search alike.

use serde::Serialize;
use utoipa::ToSchema;

use super::codes;

/// A field's type; docs/layers.md says what each accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    Text,
    Integer,
    Number,
    Money,
    Boolean,
    Date,
    Datetime,
    Term,
    Url,
    Phone,
    Email,
    Edrpou,
    Katottg,
    CadastralNumber,
    LandUse,
    BuildingClass,
    Kekv,
    Tpkvkmb,
    Dk021,
    TenderId,
    Person,
    TaxNumber,
    PersonalPhone,
    PersonalEmail,
    PersonalAddress,
}

/// What holds of every value of a type.
#[derive(Debug)]
pub struct About {
    /// As layer files and the API spell it.
    pub name: &'static str,
    /// Column type of a managed register, as PostgreSQL's `format_type` spells it.
    pub column: &'static str,
    /// The form of a value as text, where one regular expression tells it; forms check it while a person types.
    pub pattern: Option<&'static str>,
    pub example: &'static str,
    /// What is needed, in the end of a sentence.
    pub uk: &'static str,
    pub en: &'static str,
    /// Whether a value names something exactly, so that search looks for all of it or its beginning.
    pub is_code: bool,
    /// Whether values are of natural persons: such fields are for staff only, whatever the layer file says.
    pub is_personal: bool,
}

const fn plain(
    name: &'static str,
    column: &'static str,
    example: &'static str,
    uk: &'static str,
    en: &'static str,
) -> About {
    About { name, column, pattern: None, example, uk, en, is_code: false, is_personal: false }
}

const fn code(
    name: &'static str,
    pattern: &'static str,
    example: &'static str,
    uk: &'static str,
    en: &'static str,
) -> About {
    About { name, column: "text", pattern: Some(pattern), example, uk, en, is_code: true, is_personal: false }
}

const fn personal(about: About) -> About {
    About { is_personal: true, is_code: false, ..about }
}

const PHONE: About = code(
    "phone",
    r"\+380\d{9}",
    "+380441234567",
    "потрібен телефон +380 і 9 цифр",
    "a phone is needed: +380 and 9 digits",
);
const EMAIL: About = code(
    "email",
    r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+",
    "kanc@city.example",
    "потрібна адреса пошти",
    "an e-mail address is needed",
);

const ABOUT: [(FieldType, About); 25] = [
    (
        FieldType::Text,
        plain(
            "text",
            "text",
            "Кава",
            "текст не може містити керівних символів",
            "a text cannot hold control characters",
        ),
    ),
    (FieldType::Integer, plain("integer", "bigint", "12", "потрібне ціле число", "a whole number is needed")),
    (FieldType::Number, plain("number", "double precision", "1.5", "потрібне число", "a number is needed")),
    (
        FieldType::Money,
        plain("money", "numeric(18,2)", "1234.50", "потрібна сума у гривнях", "a sum in hryvnias is needed"),
    ),
    (FieldType::Boolean, plain("boolean", "boolean", "true", "потрібно «так» або «ні»", "“yes” or “no” is needed")),
    (
        FieldType::Date,
        plain(
            "date",
            "date",
            "2026-11-22",
            "потрібна дата рррр-мм-дд або дд.мм.рррр",
            "a date yyyy-mm-dd or dd.mm.yyyy is needed",
        ),
    ),
    (
        FieldType::Datetime,
        plain(
            "datetime",
            "timestamp with time zone",
            "2026-11-22T10:45:00+02:00",
            "потрібні дата й час за ISO 8601",
            "a date and time of ISO 8601 is needed",
        ),
    ),
    (
        FieldType::Term,
        plain(
            "term",
            "text",
            "P10Y",
            "потрібен строк: «10 років», «6 місяців», «30 днів» або P10Y",
            "a length of time is needed: “10 years”, “6 months”, “30 days” or P10Y",
        ),
    ),
    (
        FieldType::Url,
        plain(
            "url",
            "text",
            "https://city.example/act.pdf",
            "адреса має починатися з http:// або https://",
            "an address must begin with http:// or https://",
        ),
    ),
    (FieldType::Phone, PHONE),
    (FieldType::Email, EMAIL),
    (
        FieldType::Edrpou,
        code(
            "edrpou",
            r"\d{8}",
            "04059243",
            "потрібен код ЄДРПОУ: 8 цифр із правильною контрольною",
            "a ЄДРПОУ code is needed: 8 digits with a right check digit",
        ),
    ),
    (
        FieldType::Katottg,
        code(
            "katottg",
            r"UA\d{17}",
            "UA32140050010021659",
            "потрібен код КАТОТТГ: UA і 17 цифр",
            "a КАТОТТГ code is needed: UA and 17 digits",
        ),
    ),
    (
        FieldType::CadastralNumber,
        code(
            "cadastral_number",
            r"\d{10}:\d{2}:\d{3}:\d{4}",
            "0510600000:07:006:0202",
            "потрібен кадастровий номер 1234567890:12:123:1234",
            "a cadastral number 1234567890:12:123:1234 is needed",
        ),
    ),
    (
        FieldType::LandUse,
        code(
            "land_use",
            r"\d{2}\.\d{2}",
            "03.07",
            "потрібен код цільового призначення (КВЦПЗ), наприклад 03.07",
            "a code of land use (КВЦПЗ) is needed, for example 03.07",
        ),
    ),
    (
        FieldType::BuildingClass,
        code(
            "building_class",
            r"\d{3,4}(\.\d{1,2})?",
            "1242.1",
            "потрібен клас будівлі за НК 018, наприклад 1242.1",
            "a class of НК 018 is needed, for example 1242.1",
        ),
    ),
    (
        FieldType::Kekv,
        code("kekv", r"[123489]\d{3}", "3132", "потрібен код КЕКВ: 4 цифри", "a КЕКВ code is needed: 4 digits"),
    ),
    (
        FieldType::Tpkvkmb,
        code("tpkvkmb", r"\d{4}", "7461", "потрібен код ТПКВКМБ: 4 цифри", "a ТПКВКМБ code is needed: 4 digits"),
    ),
    (
        FieldType::Dk021,
        code(
            "dk021",
            r"\d{8}-\d",
            "45233142-6",
            "потрібен код ДК 021: 8 цифр, риска й цифра",
            "a ДК 021 code is needed: 8 digits, a dash and a digit",
        ),
    ),
    (
        FieldType::TenderId,
        code(
            "tender_id",
            r"UA-\d{4}-\d{2}-\d{2}-\d{6}(-[a-z])?|[0-9a-f]{32}",
            "UA-2026-03-12-001234-a",
            "потрібен номер закупівлі UA-рррр-мм-дд-000000-a або 32 шістнадцяткові цифри",
            "a tender’s id UA-yyyy-mm-dd-000000-a or 32 hexadecimal digits is needed",
        ),
    ),
    (
        FieldType::Person,
        personal(plain(
            "person",
            "text",
            "Коваль Марія Петрівна",
            "текст не може містити керівних символів",
            "a text cannot hold control characters",
        )),
    ),
    (
        FieldType::TaxNumber,
        personal(code(
            "tax_number",
            r"\d{10}|[А-ЯІЇЄҐ]{2}\d{6}|\d{9}",
            "1759013776",
            "потрібен РНОКПП: 10 цифр із правильною контрольною, або паспорт",
            "a taxpayer number is needed: 10 digits with a right check digit, or a passport",
        )),
    ),
    (FieldType::PersonalPhone, personal(About { name: "personal_phone", ..PHONE })),
    (FieldType::PersonalEmail, personal(About { name: "personal_email", ..EMAIL })),
    (
        FieldType::PersonalAddress,
        personal(plain(
            "personal_address",
            "text",
            "вулиця Соборна, 15, кв. 3",
            "текст не може містити керівних символів",
            "a text cannot hold control characters",
        )),
    ),
];

impl FieldType {
    /// Every type by the name that layer files use.
    pub fn all() -> [(&'static str, Self); 25] {
        ABOUT.each_ref().map(|(kind, about)| (about.name, *kind))
    }

    pub fn about(self) -> &'static About {
        // the table is in the order of the enumeration; a test compares them
        &ABOUT[self as usize].1
    }

    /// The column type of a managed register, as PostgreSQL's `format_type` spells it.
    pub fn column_type(self) -> &'static str {
        self.about().column
    }

    /// Whether values are compared as numbers (so that `min` and `max` make sense).
    pub fn is_numeric(self) -> bool {
        matches!(self, Self::Integer | Self::Number | Self::Money)
    }

    /// Whether `text`, already trimmed and not empty, is a value of a type that is kept as text and whose form
    /// [`About::pattern`] and check digits tell.
    pub fn is_code(self, text: &str) -> bool {
        match self {
            Self::Phone | Self::PersonalPhone => codes::is_phone(text),
            Self::Email | Self::PersonalEmail => codes::is_email(text),
            Self::Edrpou => codes::is_edrpou(text),
            Self::Katottg => codes::is_katottg(text),
            Self::CadastralNumber => codes::is_cadastral_number(text),
            Self::LandUse => codes::is_land_use(text),
            Self::BuildingClass => codes::is_building_class(text),
            Self::Kekv => codes::is_kekv(text),
            Self::Tpkvkmb => codes::is_digits(text, 4),
            Self::Dk021 => codes::is_dk021(text),
            Self::TenderId => codes::is_tender_id(text),
            Self::TaxNumber => codes::is_tax_number(text),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;
    use crate::catalogue::rules::typed;

    #[test]
    fn the_table_is_in_the_order_of_the_types_and_its_examples_are_values() {
        for (place, (kind, about)) in ABOUT.iter().enumerate() {
            assert_eq!(*kind as usize, place, "{}", about.name);
            assert_eq!(serde_json::to_value(kind).unwrap(), about.name);
            assert!(typed(*kind, about.example).is_ok(), "{}: {}", about.name, about.example);
            if let Some(pattern) = about.pattern {
                assert!(Regex::new(&format!("^(?:{pattern})$")).unwrap().is_match(about.example), "{}", about.name);
                assert!(typed(*kind, "?").is_err(), "{}", about.name);
            }
        }
    }
}
