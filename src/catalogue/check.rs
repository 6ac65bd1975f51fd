//! What can be seen only with whole layers in hand: examples must come out as their file says, and links and checks must
//! name layers and fields that there are.

use std::sync::Arc;

use geozero::ToGeo;
use geozero::wkt::Wkt;

use super::layer::{CheckRule, Example, Expected, Layer, LinkBy};
use super::reader::Mistake;
use super::rules::Rejection;
use crate::auth::Access;

/// Every example that does not come out as it should.
pub fn examples(layer: &Layer) -> Vec<Mistake> {
    layer
        .examples
        .iter()
        .filter_map(|example| {
            let text = outcome(layer, example).err()?;
            let text = format!("the example “{}” {text}", example.says);
            Some(Mistake { file: format!("layers/{}.toml", layer.id), line: example.line, text })
        })
        .collect()
}

/// Links and checks that lead to layers or fields that there are not.
pub fn relations(layers: &[Arc<Layer>]) -> Vec<Mistake> {
    let public = |layer: &str, field: &str| {
        let layer = layers.iter().find(|other| other.id == layer);
        layer.and_then(|layer| layer.field(field)).is_some_and(|(_, field)| field.access == Access::Public)
    };
    let mut mistakes = Vec::new();
    for layer in layers {
        let mut mistake = |text: String| {
            mistakes.push(Mistake { file: format!("layers/{}.toml", layer.id), line: 0, text });
        };
        for link in &layer.links {
            if !layers.iter().any(|other| other.id == link.to) {
                mistake(format!("the link `{}` leads to `{}`, which is no layer", link.name, link.to));
                continue;
            }
            let LinkBy::Key(pairs) = &link.by else { continue };
            for (_, field) in pairs.iter().filter(|(_, field)| !public(&link.to, field)) {
                mistake(format!("the link `{}` needs `{field}`, which is no public field of `{}`", link.name, link.to));
            }
        }
        for check in &layer.checks {
            let CheckRule::Dangling { to, to_field, .. } = &check.rule else { continue };
            if !public(to, to_field) {
                mistake(format!("the check `{}` needs `{to_field}`, which is no public field of `{to}`", check.name));
            }
        }
    }
    mistakes
}

fn outcome(layer: &Layer, example: &Example) -> Result<(), String> {
    let result = run(layer, example)?;
    match (&example.expected, result) {
        (Expected::Accepted(wanted), Ok(standing)) => {
            if wanted.is_some() && standing != *wanted {
                let name =
                    |standing: Option<_>| standing.map_or("none".to_owned(), |s: super::layer::Standing| s.to_string());
                return Err(format!("has the standing {}, expected {}", name(standing), name(*wanted)));
            }
            Ok(())
        }
        (Expected::Rejected(field), Err(rejections)) if rejections.iter().all(|r| r.field == *field) => Ok(()),
        (Expected::Rejected(field), Ok(_)) => Err(format!("is accepted, but its `{field}` should be refused")),
        (_, Err(rejections)) => Err(format!("is refused: {}", list(&rejections))),
    }
}

type Run = Result<Option<super::layer::Standing>, Vec<Rejection>>;

fn run(layer: &Layer, example: &Example) -> Result<Run, String> {
    let geometry = match &example.geometry {
        Some(text) => {
            let geometry = Wkt(text.as_str()).to_geo().map_err(|error| format!("has no readable WKT: {error}"))?;
            layer.check_geometry(Some(geometry)).map(|_| ())
        }
        // an example need not have a geometry
        None => Ok(()),
    };
    let mut rejections: Vec<_> = geometry.err().into_iter().collect();
    match layer.check(&example.feature) {
        Ok(values) if rejections.is_empty() => Ok(Ok(layer.standing(&values, example.on))),
        Ok(_) => Ok(Err(rejections)),
        Err(found) => {
            rejections.extend(found);
            Ok(Err(rejections))
        }
    }
}

fn list(rejections: &[Rejection]) -> String {
    rejections.iter().map(|r| format!("{}: {}", r.field, r.reason.en)).collect::<Vec<_>>().join("; ")
}
