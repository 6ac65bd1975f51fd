//! Which rules a register is looked at by: those of every register, and those that its file declares.

use super::detail::Words;
use super::query::{self, Facts};
use crate::catalogue::Catalogue;
use crate::catalogue::layer::{Bilingual, CheckRule, FieldType, GeometryKind, LinkBy, Severity};
use crate::catalogue::select::{Selection, select};

/// The register whose areas everything should lie in.
pub const BOUNDARY: &str = "boundary";

/// A rule, ready to be looked at.
pub struct Rule {
    pub name: String,
    pub severity: Severity,
    pub says: Bilingual,
    pub look: Look,
    pub words: Words,
    /// Where the other feature of a finding is; none where it is in the same register.
    pub other: Option<Selection>,
}

pub enum Look {
    /// A query of [`query::look`]'s columns.
    Sql(String),
    /// Stored values against the fields' own rules.
    Values,
    /// Why the rule cannot be looked at.
    Not(Bilingual),
}

fn rule(name: impl Into<String>, severity: Severity, says: (&str, &str), words: Words, sql: String) -> Rule {
    let says = Bilingual::new(says.0, says.1);
    Rule { name: name.into(), severity, says, look: Look::Sql(sql), words, other: None }
}

/// Every rule whose fields the selection's caller may see.
pub fn rules(catalogue: &Catalogue, selection: &Selection, facts: &Facts) -> Vec<Rule> {
    let mut rules = of_keys(selection);
    rules.extend(of_values(selection, facts));
    rules.extend(of_places(catalogue, selection, facts));
    rules.extend(dead_links(catalogue, selection));
    let declared = selection.layer.checks.iter();
    rules.extend(declared.filter_map(|check| {
        let (sql, words, other) = declared_rule(catalogue, selection, facts, &check.rule)?;
        let (name, severity, says) = (check.name.clone(), check.severity, check.says.clone());
        Some(Rule { name, severity, says, look: Look::Sql(sql), words, other })
    }));
    rules
}

fn of_keys(selection: &Selection) -> Vec<Rule> {
    let key: Vec<_> = selection.layer.key.iter().copied().filter(|index| selection.fields.contains(index)).collect();
    // a key of which the caller sees only a part may be the same without being double
    if key.len() < selection.layer.key.len() {
        return Vec::new();
    }
    vec![
        rule(
            "missing_key",
            Severity::Error,
            ("Запис не має ключа", "A record has no key"),
            Words::Nothing,
            query::missing_key(selection),
        ),
        rule(
            "duplicate_key",
            Severity::Error,
            (
                "Той самий ключ записано двічі: відрізняються лише регістр, пробіли або латинські літери замість кирилиці",
                "A key is there twice but for letter case, spaces or Latin letters that look like Cyrillic ones",
            ),
            Words::SameKey,
            query::duplicate_key(selection),
        ),
    ]
}

fn of_values(selection: &Selection, facts: &Facts) -> Vec<Rule> {
    let mut rules = vec![Rule {
        name: "values".to_owned(),
        severity: Severity::Error,
        says: Bilingual::new("Значення порушує правила поля", "A value breaks its field’s rules"),
        look: Look::Values,
        words: Words::Text,
        other: None,
    }];
    if let Some(sql) = query::term_passed(selection) {
        let says = ("Стан каже, що чинне, а строк минув", "The status says valid, and its term has passed");
        rules.push(rule("term_passed", Severity::Warning, says, Words::Passed, sql));
    }
    let codes = selection.fields.iter().filter(|&&index| selection.field(index).kind == FieldType::Katottg);
    for &index in codes {
        let field = selection.field(index);
        let says = ("Такого коду немає в КАТОТТГ", "There is no such code in КАТОТТГ");
        let name = format!("unknown_{}", field.name);
        let mut found = rule(name, Severity::Error, says, Words::Text, query::unknown_katottg(selection, index));
        if !facts.codifier {
            found.look = Look::Not(Bilingual::new(
                "кодифікатор КАТОТТГ не завантажено",
                "the codifier КАТОТТГ has not been loaded",
            ));
        }
        rules.push(found);
    }
    rules
}

fn of_places(catalogue: &Catalogue, selection: &Selection, facts: &Facts) -> Vec<Rule> {
    let mut rules = Vec::new();
    if !selection.layer.geometry_optional {
        let says = ("Запис не має місця", "A record has no place");
        rules.push(rule("no_place", Severity::Error, says, Words::Nothing, query::no_place(selection)));
    }
    if selection.layer.geometry == GeometryKind::Polygon {
        let says = ("Контур перетинає сам себе", "A polygon crosses itself");
        rules.push(rule("geometry", Severity::Warning, says, Words::Text, query::invalid(selection)));
    }
    let Some(boundary) = catalogue.layer(BOUNDARY).filter(|boundary| boundary.id != selection.layer.id) else {
        return rules;
    };
    let says = ("Лежить поза межами населеного пункту", "Lies outside the settlement");
    let sql = query::outside(selection, &select(boundary, selection.caller));
    let mut outside = rule("outside", Severity::Warning, says, Words::Nothing, sql);
    if !facts.boundary {
        outside.look =
            Look::Not(Bilingual::new("межу населеного пункту не внесено", "the settlement’s boundary is not known"));
    }
    rules.push(outside);
    rules
}

/// A value that should lead somewhere, and leads nowhere.
fn dead_links(catalogue: &Catalogue, selection: &Selection) -> Vec<Rule> {
    let keys = selection.layer.links.iter().filter_map(|link| match &link.by {
        LinkBy::Key(pairs) => Some((link, pairs.iter().map(|(own, _)| *own).collect::<Vec<_>>())),
        _ => None,
    });
    keys.filter_map(|(link, own)| {
        let target = catalogue.layer(&link.to)?;
        let says = (
            format!("Посилання «{}» нікуди не веде: такого запису в «{}» немає", link.title.uk, target.title.uk),
            format!("The link “{}” leads nowhere: there is no such record in “{}”", link.title.en, target.title.en),
        );
        let sql = query::dead_link(selection, &link.name, &own);
        Some(rule(format!("dead_{}", link.name), Severity::Warning, (&says.0, &says.1), Words::Text, sql))
    })
    .collect()
}

fn declared_rule(
    catalogue: &Catalogue,
    selection: &Selection,
    facts: &Facts,
    rule: &CheckRule,
) -> Option<(String, Words, Option<Selection>)> {
    let seen = |index: &usize| selection.fields.contains(index).then_some(*index);
    Some(match rule {
        CheckRule::Overlaps(tolerance) => (query::overlaps(selection, *tolerance, facts), Words::Overlap, None),
        CheckRule::Gaps(tolerance) => (query::gaps(selection, *tolerance, facts), Words::Gap, None),
        CheckRule::Unlinked(link) => (query::unlinked(selection, link), Words::Nothing, None),
        CheckRule::Linked(link) => {
            let to = &selection.layer.links.iter().find(|other| other.name == *link)?.to;
            let target = select(catalogue.layer(to)?, selection.caller);
            (query::linked(selection, link), Words::Linked(target.layer.title.clone()), Some(target))
        }
        CheckRule::Dangling { field, to, to_field } => {
            let target = select(catalogue.layer(to)?, selection.caller);
            target.visible(to_field)?;
            (query::dangling(selection, seen(field)?, &target, to_field), Words::Text, None)
        }
        CheckRule::Area { field, square_metres, percent } => {
            (query::area(selection, seen(field)?, *square_metres, *percent), Words::Area(*square_metres), None)
        }
        CheckRule::Empty(field) => (query::empty(selection, seen(field)?), Words::Nothing, None),
    })
}
