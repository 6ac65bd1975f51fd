//! The description that the front end's client is made from is the server's own.

#[test]
fn the_committed_description_is_the_servers() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/web/src/api/openapi.json");
    let committed: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let own = serde_json::to_value(misto::app::openapi()).unwrap();
    assert!(committed == own, "routes have changed: run make openapi and commit what it writes");
}
