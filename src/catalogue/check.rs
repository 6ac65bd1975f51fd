//! Running the examples of a layer file: each must come out as the file says.

use geozero::ToGeo;
use geozero::wkt::Wkt;

use super::layer::{Example, Expected, Layer};
use super::reader::Mistake;
use super::rules::Rejection;

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
