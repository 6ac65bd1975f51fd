"""OWSLib: OGC API Features as a Python programmer or a harvester reads it."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from owslib.ogcapi.features import Features


@pytest.fixture(scope="module")
def features(portal) -> Features:
    return Features(f"{portal.api}/")


def pages(features: Features, layer: str, **query):
    """All features of a collection, page after page by the links."""
    while True:
        page = features.collection_items(layer, **query)
        yield from page["features"]
        onward = [link["href"] for link in page["links"] if link["rel"] == "next"]
        if not onward:
            return
        query = dict(parse_qsl(urlsplit(onward[0]).query))


def test_the_landing_page_leads_to_everything(features):
    relations = {link["rel"] for link in features.links}
    assert {"self", "service-desc", "conformance", "data"} <= relations


def test_the_description_of_the_api_is_found(features):
    described = features.api()
    assert described["openapi"].startswith("3.")
    assert any(path.endswith("/items") for path in described["paths"])


def test_conformance_names_the_parts_of_the_standard(features):
    classes = features.conformance()["conformsTo"]
    for needed in (
        "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
        "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
        "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
        "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
        "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
        "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
        "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
        "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
    ):
        assert needed in classes


def test_every_register_is_a_collection_of_features(portal, features):
    assert set(features.feature_collections()) == set(portal.collections())


def test_a_collection_says_what_it_is(features):
    kiosks = features.collection("kiosks")
    assert kiosks["id"] == "kiosks" and kiosks["title"] and kiosks["extent"]["spatial"]["bbox"]
    assert "http://www.opengis.net/def/crs/OGC/1.3/CRS84" in kiosks["crs"]


def test_a_collection_is_read_page_by_page(portal, features):
    read = list(pages(features, "kiosks", limit=100))
    assert len({feature["id"] for feature in read}) == len(read) == portal.count("kiosks")


def test_how_many_match_is_told(portal, features):
    assert features.collection_items("kiosks", limit=1)["numberMatched"] == portal.count("kiosks")


def test_one_feature_is_read_by_its_id(features):
    first = features.collection_items("kiosks", limit=1)["features"][0]
    assert features.collection_item("kiosks", first["id"])["properties"] == first["properties"]


def test_a_box_and_a_date(portal, features):
    west, south, east, north = features.collection("kiosks")["extent"]["spatial"]["bbox"][0]
    box = [west, south, (west + east) / 2, north]
    expected = portal.count("kiosks", f"geom && st_makeenvelope({','.join(map(str, box))}, 4326)")
    found = features.collection_items("kiosks", bbox=box, limit=10_000)
    assert 0 < expected < portal.count("kiosks") and len(found["features"]) == expected
    long_ago = features.collection_items("kiosks", datetime_="1991-08-24T00:00:00Z", limit=1)
    assert long_ago["features"] == []


def test_queryables_are_what_a_filter_may_name(features):
    named = features.collection_queryables("kiosks")
    assert named["type"] == "object" and "passport_status" in named["properties"]
    returned = features.collection_items("kiosks", limit=1)["features"][0]["properties"]
    schema = features.collection_schema("kiosks")["properties"]
    assert set(returned) <= set(schema)


@pytest.mark.parametrize(
    ("cql", "where"),
    [
        ("passport_status = 'дійсний'", "passport_status = 'дійсний'"),
        ("passport_status <> 'дійсний' AND passport_until < DATE('2027-01-01')",
         "passport_status <> 'дійсний' and passport_until < '2027-01-01'"),
        ("title LIKE 'К%'", "title like 'К%'"),
        ("passport_status IN ('анульований', 'призупинений')", "passport_status in ('анульований', 'призупинений')"),
        ("passport_until BETWEEN DATE('2025-01-01') AND DATE('2026-12-31')",
         "passport_until between '2025-01-01' and '2026-12-31'"),
        ("NOT (owner_code IS NULL)", "owner_code is not null"),
    ],
)
def test_a_filter_in_cql2_text(portal, features, cql, where):
    expected = portal.count("kiosks", where)
    found = list(pages(features, "kiosks", filter=cql, limit=100))
    assert 0 < expected < portal.count("kiosks")
    assert len({feature["id"] for feature in found}) == len(found) == expected


def test_a_spatial_filter(portal, features):
    west, south, east, north = features.collection("kiosks")["extent"]["spatial"]["bbox"][0]
    triangle = f"POLYGON(({west} {south}, {east} {south}, {west} {north}, {west} {south}))"
    expected = portal.count("kiosks", f"st_intersects(geom, st_geomfromtext('{triangle}', 4326))")
    found = features.collection_items("kiosks", filter=f"S_INTERSECTS(geometry, {triangle})", limit=10_000)
    assert 0 < expected < portal.count("kiosks") and len(found["features"]) == expected


def test_an_order(features):
    titles = [
        feature["properties"]["passport_until"] or ""
        for feature in features.collection_items("kiosks", sortby=("passport_until", "desc"), limit=200)["features"]
    ]
    dated = [title for title in titles if title]
    assert len(set(dated)) > 10 and dated == sorted(dated, reverse=True)


def test_a_mistake_in_a_filter_is_a_problem_in_words(portal, features):
    with pytest.raises(RuntimeError, match="filter"):
        features.collection_items("kiosks", filter="passport_status = ")
