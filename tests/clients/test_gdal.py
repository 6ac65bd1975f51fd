"""GDAL: its OGC API Features, MVT, GeoJSON and GeoPackage drivers, from Debian's gdal-bin."""

import json
import os
import re
import subprocess

import pytest

# GDAL puts another system in the place of one that EPSG has deprecated; old plans are in these
ENVIRONMENT = {**os.environ, "OSR_USE_NON_DEPRECATED": "NO"}


def run(*command: str) -> str:
    """What a GDAL program says; a warning is a failure too."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=ENVIRONMENT)
    assert done.returncode == 0 and not done.stderr.strip(), f"{' '.join(command)}\n{done.stderr}{done.stdout[-2000:]}"
    return done.stdout


def read(portal, layer: str, *options: str, page: int = 5000) -> list[dict]:
    """The features that `ogr2ogr` reads from a collection through the OAPIF driver."""
    # GeoJSON has no dates
    source = ["-mapFieldType", "Date=String,DateTime=String", "-oo", f"PAGE_SIZE={page}", f"OAPIF:{portal.api}", layer]
    text = run("ogr2ogr", "-f", "GeoJSONSeq", "/vsistdout/", *source, *options)
    return [json.loads(line) for line in text.splitlines()]


def test_every_collection_is_a_layer(portal):
    listed = re.findall(r"^\d+: (\w+)", run("ogrinfo", "-ro", f"OAPIF:{portal.api}"), re.MULTILINE)
    assert set(listed) >= set(portal.collections())


def test_a_collection_is_read_whole(portal, layer):
    features = read(portal, layer)
    assert len(features) == portal.count(layer)
    with_place = sum(feature["geometry"] is not None for feature in features)
    assert with_place == portal.count(layer, "geom is not null")


def test_a_collection_alone_is_a_source(portal):
    said = run("ogrinfo", "-ro", "-so", f"OAPIF:{portal.api}/collections/kiosks", "kiosks")
    assert f"Feature Count: {portal.count('kiosks')}" in said
    assert re.search(r"^passport_until: (Date|String)", said, re.MULTILINE), said


def test_small_pages_give_the_same_features(portal):
    assert read(portal, "kiosks", page=7) == read(portal, "kiosks")


@pytest.mark.parametrize(
    ("layer_name", "where"),
    [
        ("kiosks", "passport_status = 'дійсний'"),
        ("kiosks", "area > 20"),
        ("addresses", "street like 'вулиця%'"),
    ],
)
def test_an_attribute_filter(portal, layer_name, where):
    expected = portal.count(layer_name, where)
    assert 0 < expected < portal.count(layer_name)
    assert len(read(portal, layer_name, "-where", where)) == expected


def test_a_date_is_compared_as_text_or_by_the_server(portal):
    """The developers' page says so: the driver would send a condition on a date as `datetime`, which is history here."""
    expected = portal.count("kiosks", "passport_until < '2027-01-01'")
    assert 0 < expected < portal.count("kiosks")
    as_text = read(portal, "kiosks", "-where", "cast(passport_until as character(10)) < '2027/01/01'")
    assert len(as_text) == expected
    filtered = f"{portal.api}/collections/kiosks/items?f=json&limit=1000000&filter=passport_until%3CDATE('2027-01-01')"
    assert f"Feature Count: {expected}" in run("ogrinfo", "-ro", "-al", "-so", filtered)
    command = ["ogrinfo", "-ro", "-so", f"OAPIF:{portal.api}", "kiosks", "-where", "passport_until < '2027/01/01'"]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=300, env=ENVIRONMENT)
    assert '"field":"datetime"' in refused.stderr, "GDAL has learnt to filter by dates: the page should say so"


def test_a_box(portal):
    west, south, east, north = portal.collections()["buildings"]["extent"]["spatial"]["bbox"][0]
    box = [west + (east - west) / 3, south + (north - south) / 3, east - (east - west) / 3, north - (north - south) / 3]
    expected = portal.count("buildings", f"geom && st_makeenvelope({','.join(map(str, box))}, 4326)")
    met = portal.count("buildings", f"st_intersects(geom, st_makeenvelope({','.join(map(str, box))}, 4326))")
    features = read(portal, "buildings", "-spat", *map(str, box))
    assert 0 < met <= len(features) <= expected < portal.count("buildings")


def test_a_vector_tile_is_read_with_its_attributes(portal, tmp_path):
    # the tile of zoom 14 that the first kiosk lies in
    x, y = portal.sql(
        "select floor((st_x(p) + 20037508.342789244) / 40075016.685578488 * 16384)::int || ' ' || "
        "floor((20037508.342789244 - st_y(p)) / 40075016.685578488 * 16384)::int "
        "from (select st_transform(geom, 3857) p from registers.kiosks order by id limit 1) place"
    ).split()
    # GDAL knows the place of a tile by the file's
    file = tmp_path / "14" / x / f"{y}.pbf"
    file.parent.mkdir(parents=True)
    file.write_bytes(portal.get(f"/tiles/kiosks,streets/14/{x}/{y}").content)
    said = run("ogrinfo", "-ro", "-al", "-so", str(file))
    counts = dict(re.findall(r"^Layer name: (\w+)\n(?:.*\n)*?Feature Count: (\d+)", said, re.MULTILINE))
    assert int(counts["kiosks"]) > 0 and int(counts["streets"]) > 0
    assert 'ID["EPSG",3857]' in said and re.search(r"^passport_status: String", said, re.MULTILINE)


@pytest.mark.parametrize(("ending", "driver"), [("geojson", "GeoJSON"), ("gpkg", "GPKG"), ("fgb", "FlatGeobuf")])
def test_a_download_is_opened_over_the_network(portal, ending, driver):
    said = run("ogrinfo", "-ro", "-al", "-so", f"{portal.api}/collections/kiosks/export.{ending}")
    assert f"using driver `{driver}'" in said
    assert f"Feature Count: {portal.count('kiosks')}" in said


def test_every_reference_system_has_the_coordinates_that_gdal_computes(portal):
    """Debian's GDAL cannot ask for one through OAPIF (3.7 can), so it computes them and the answers are compared."""
    collection = portal.collections()["kiosks"]
    assert len(collection["crs"]) > 5
    items = "/api/collections/kiosks/items?limit=20"
    degrees = [feature["geometry"]["coordinates"] for feature in portal.json(items)["features"]]
    for crs in collection["crs"]:
        answer = portal.get(items, params={"crs": crs})
        assert answer.headers["content-crs"] == f"<{crs}>"
        given = [feature["geometry"]["coordinates"] for feature in answer.json()["features"]]
        authority, _, code = crs.removeprefix("http://www.opengis.net/def/crs/").split("/")
        system = f"{authority}:{code}"
        axes = re.findall(r'AXIS\["[^"]*",(\w+)', run("gdalsrsinfo", "-o", "wkt2_2018", system))
        computed = transformed(degrees, system)
        if axes[0] == "north":
            computed = [(y, x) for x, y in computed]
        # a centimetre
        close = 1e-7 if "CRS84" in crs or code in ("4326", "4258", "5561") else 0.01
        for (a, b), (x, y) in zip(given, computed, strict=True):
            assert abs(a - x) < close and abs(b - y) < close, f"{crs}: {a} {b}, GDAL has {x} {y}"


def transformed(places: list, system: str) -> list[tuple[float, float]]:
    command = ["gdaltransform", "-output_xy", "-s_srs", "OGC:CRS84", "-t_srs", system]
    text = "".join(f"{lon} {lat}\n" for lon, lat in places)
    done = subprocess.run(command, input=text, check=True, capture_output=True, text=True, env=ENVIRONMENT)
    return [tuple(map(float, line.split()[:2])) for line in done.stdout.splitlines()]
