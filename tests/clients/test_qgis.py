"""QGIS 3.22 from Debian: an OGC API Features layer and a vector tile layer with the portal's style are drawn."""

import json
import subprocess
from pathlib import Path

import pytest

LAYER = "buildings"


@pytest.fixture(scope="module")
def seen(portal, tmp_path_factory):
    folder = tmp_path_factory.mktemp("qgis")
    west, south, east, north = portal.collections()[LAYER]["extent"]["spatial"]["bbox"][0]
    centre, width, height = ((west + east) / 2, (south + north) / 2), 0.02, 0.01
    order = {
        "url": portal.url,
        "layer": LAYER,
        "subset": "\"levels\" > 4",
        "tiles": "buildings,streets,water,green",
        "box": [centre[0] - width / 2, centre[1] - height / 2, centre[0] + width / 2, centre[1] + height / 2],
        "style": portal.json("/styles/light.json"),
        "folder": str(folder),
    }
    command = ["/usr/bin/python3", str(Path(__file__).with_name("qgis_look.py")), json.dumps(order)]
    environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin", "NO_PROXY": "127.0.0.1", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)
    assert done.returncode == 0, done.stderr
    return {**json.loads(done.stdout.splitlines()[-1]), "log": done.stderr}


def test_a_collection_is_a_layer_with_all_its_features(portal, seen):
    layer = seen["features"]
    assert layer["valid"], layer
    assert layer["count"] == portal.count(LAYER)
    public = {field["name"] for field in portal.collections()[LAYER]["misto"]["fields"]}
    assert public <= set(layer["fields"])


def test_a_layer_is_drawn(seen):
    image = seen["features"]["image"]
    assert image["errors"] == []
    assert image["drawn"] > 10_000 and image["colours"] > 1, image


def test_a_layer_is_filtered_by_an_attribute(portal, seen):
    layer = seen["features"]
    expected = portal.count(LAYER, "levels > 4")
    assert layer["subset_accepted"] and 0 < expected < layer["count"]
    assert layer["subset"] == expected


def test_vector_tiles_are_drawn(seen):
    tiles = seen["tiles"]
    assert tiles["valid"], tiles
    assert tiles["plain"]["errors"] == []
    assert tiles["plain"]["drawn"] > 10_000, tiles["plain"]


def test_vector_tiles_are_drawn_with_the_portals_style(seen):
    tiles = seen["tiles"]
    assert tiles["converted"], tiles["why"]
    assert tiles["styled"]["drawn"] > 10_000 and tiles["styled"]["colours"] > 20, tiles["styled"]
    assert tiles["styled"] != tiles["plain"]
