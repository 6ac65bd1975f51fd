//! The API's description as OpenAPI 3.0, for clients of OGC standards that know no newer one (conformance class `oas30` of
//! OGC API – Features Part 1). It says the same as the 3.1 document that it is made from.

use serde_json::{Map, Value as Json, json};

/// Turns a description in OpenAPI 3.1 into one in 3.0.
pub fn to_3_0(mut description: Json) -> Json {
    convert(&mut description);
    description["openapi"] = json!("3.0.3");
    if let Some(top) = description.as_object_mut() {
        top.remove("jsonSchemaDialect");
        top.remove("webhooks");
    }
    if let Some(info) = description["info"].as_object_mut() {
        info.remove("summary");
    }
    if let Some(licence) = description["info"]["license"].as_object_mut() {
        licence.remove("identifier");
    }
    description
}

fn convert(json: &mut Json) {
    match json {
        Json::Array(list) => list.iter_mut().for_each(convert),
        Json::Object(map) => {
            map.values_mut().for_each(convert);
            schema(map);
            describe_responses(map);
        }
        _ => {}
    }
}

/// Every response has to have a description there.
fn describe_responses(map: &mut Map<String, Json>) {
    let responses = map.get_mut("responses").and_then(Json::as_object_mut);
    for (status, response) in responses.into_iter().flatten().filter(|(status, _)| status.parse::<u16>().is_ok()) {
        if response.get("$ref").is_none() && response.get("description").is_none() {
            response["description"] = json!(status);
        }
    }
}

/// Words of JSON Schema that 3.0 spells otherwise. They mean nothing else anywhere in a description.
fn schema(map: &mut Map<String, Json>) {
    if let Some(Json::Array(kinds)) = map.get("type") {
        let is_null = |kind: &Json| kind == "null";
        let nullable = kinds.iter().any(is_null);
        let mut others: Vec<_> = kinds.iter().filter(|kind| !is_null(kind)).cloned().collect();
        match others.len() {
            1 => drop(map.insert("type".to_owned(), others.remove(0))),
            _ => {
                map.remove("type");
                let any: Json = others.into_iter().map(|kind| json!({ "type": kind })).collect();
                map.insert("anyOf".to_owned(), any);
            }
        }
        if nullable {
            map.insert("nullable".to_owned(), json!(true));
        }
    }
    for word in ["oneOf", "anyOf"] {
        without_null(map, word);
    }
    if let Some(only) = map.remove("const") {
        map.insert("enum".to_owned(), json!([only]));
    }
    if let Some(Json::Array(mut examples)) = map.get("examples").cloned() {
        map.remove("examples");
        if !examples.is_empty() {
            map.insert("example".to_owned(), examples.remove(0));
        }
    }
    if let Some(items) = map.remove("prefixItems") {
        map.insert("items".to_owned(), json!({ "anyOf": items }));
    }
    map.remove("propertyNames");
    // beside a reference nothing else is read; a response cannot say that it is all of another and more
    if map.get("$ref").and_then(Json::as_str).is_some_and(|to| to.starts_with("#/components/responses/")) {
        map.remove("description");
    }
    if map.contains_key("$ref") && map.len() > 1 {
        let reference = map.remove("$ref").unwrap_or_default();
        map.insert("allOf".to_owned(), json!([{ "$ref": reference }]));
    }
}

/// An alternative that is null becomes a word beside the others.
fn without_null(map: &mut Map<String, Json>, word: &str) {
    let Some(Json::Array(alternatives)) = map.get_mut(word) else { return };
    let before = alternatives.len();
    alternatives.retain(|one| one["type"] != "null");
    if alternatives.len() == before {
        return;
    }
    if alternatives.len() == 1 {
        let only = alternatives.remove(0);
        map.remove(word);
        map.insert("allOf".to_owned(), json!([only]));
    }
    map.insert("nullable".to_owned(), json!(true));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_3_0_does_not_know_is_said_in_its_words() {
        let newer = json!({
            "openapi": "3.1.0",
            "info": { "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" } },
            "paths": { "/": { "get": { "responses": { "200": { "content": {} } } } } },
            "components": { "schemas": {
                "a": { "type": ["string", "null"], "examples": ["x", "y"] },
                "b": { "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/a" }] },
                "c": { "$ref": "#/components/schemas/a", "description": "c" },
                "d": { "const": "d" },
                "e": { "type": ["string", "integer", "null"] },
            } },
        });
        let older = to_3_0(newer);
        assert_eq!(
            older,
            json!({
                "openapi": "3.0.3",
                "info": { "license": { "name": "Apache-2.0" } },
                "paths": { "/": { "get": { "responses": { "200": { "content": {}, "description": "200" } } } } },
                "components": { "schemas": {
                    "a": { "type": "string", "nullable": true, "example": "x" },
                    "b": { "allOf": [{ "$ref": "#/components/schemas/a" }], "nullable": true },
                    "c": { "allOf": [{ "$ref": "#/components/schemas/a" }], "description": "c" },
                    "d": { "enum": ["d"] },
                    "e": { "anyOf": [{ "type": "string" }, { "type": "integer" }], "nullable": true },
                } },
            })
        );
    }
}
