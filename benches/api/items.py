"""Cases of features: a page of a thousand parcels, and the whole layer."""

from dataclasses import dataclass
from statistics import median
from typing import Callable
from urllib.parse import quote

import drive
import servers
from city import LAYER, TABLE, City
from report import number, ratio, table

PAGE = 1_000
CLIENTS = 4
SECONDS = 8


@dataclass
class Side:
    """A server and the addresses of its items; `query` is what follows `items?`."""

    name: str
    server: servers.Server
    items: Callable[[str], str]


def sides(city: City) -> list[Side]:
    columns = city.public_columns()
    pygeoapi = servers.pygeoapi(city.folder, city.database, TABLE, columns)
    try:
        tipg = servers.tipg(city.folder, city.database, TABLE, columns)
    except BaseException:
        pygeoapi.stop()
        raise
    return [
        Side("Misto", city.misto, lambda query: f"/api/collections/{LAYER}/items?{query}"),
        Side("tipg", tipg, lambda query: f"/collections/{TABLE}/items?{query}&f=geojson"),
        Side("pygeoapi", pygeoapi, lambda query: f"/collections/{LAYER}/items?{query}&f=json"),
    ]


def items(city: City, rounds: int) -> dict:
    """Both cases of items, while all three servers run; the sides take turns in every round."""
    running = sides(city)
    try:
        agree(running)
        pages, whole = page(city, running, rounds), layer(city, running, rounds)
    finally:
        for side in running[1:]:
            side.server.stop()
    targets = [
        ["items page of 1,000 parcels, against pygeoapi", "≥ 10×", *met(pages["first"], "pygeoapi")],
        ["items page of 1,000 parcels, against tipg", "≥ 10×", *met(pages["first"], "tipg")],
        [f"whole layer of {city.count():,} parcels, against pygeoapi", "≥ 10×", *met(whole["ratios"], "pygeoapi")],
        [f"whole layer of {city.count():,} parcels, against tipg", "≥ 10×", *met(whole["ratios"], "tipg")],
    ]
    return {"targets": targets, "text": pages["text"] + whole["text"]}


def met(ratios: dict, side: str) -> list[str]:
    return [ratio(ratios[side]), "yes" if ratios[side] >= 10 else "**no**"]


def agree(running: list[Side]):
    """A bench of servers that answer different things would compare nothing."""
    query = f"bbox={quote('-180,-90,180,90', safe=',')}&limit=1"
    answers = {side.name: side.server.json(side.items(query))["features"][0] for side in running}
    fields = {name: set(feature["properties"]) - {"standing"} for name, feature in answers.items()}
    if len({frozenset(names) for names in fields.values()}) != 1:
        raise RuntimeError(f"the sides give different fields: {fields}")


def page(city: City, running: list[Side], rounds: int) -> dict:
    queries = {
        "the first page": [f"limit={PAGE}"],
        "a page of a box": [f"bbox={box}&limit={PAGE}" for box in city.boxes(40)],
    }
    rows, first = [], {}
    for case, wanted in queries.items():
        files = {side.name: city.file(f"{side.name}.txt", [side.items(query) for query in wanted]) for side in running}
        seen = {side.name: [] for side in running}
        for side in running:
            side.server.json(side.items(wanted[0]))
        for _ in range(rounds):
            for side in running:
                seen[side.name].append(drive.wrk(side.server.base, files[side.name], CLIENTS, SECONDS))
        rate = {name: median(load.per_second for load in loads) for name, loads in seen.items()}
        for name, loads in seen.items():
            rows.append([
                case, name, number(rate[name]), "–" if name == "Misto" else ratio(rate["Misto"] / rate[name]),
                number(median(load.p50 for load in loads)), number(median(load.p99 for load in loads)),
                number(median(load.bytes_per_answer for load in loads) / 1000),
            ])  # fmt: skip
        first = first or {name: rate["Misto"] / value for name, value in rate.items()}
    text = [
        f"## A page of {PAGE:,} parcels",
        f"`wrk` with {CLIENTS} connections for {SECONDS} s, no compression asked for; the load generator shares the cores. The boxes are "
        "40 places of the city with one to five thousand parcels in each.",
        table(["what", "side", "pages/s", "Misto is faster", "p50, ms", "p99, ms", "kB a page"], rows),
    ]
    return {"first": first, "text": text}


def layer(city: City, running: list[Side], rounds: int) -> dict:
    total = city.count()
    ways = {"Misto, pages of 10,000": (running[0].server, running[0].items("limit=10000"))}
    ways["Misto, one stream (export.geojson)"] = (city.misto, f"/api/collections/{LAYER}/export.geojson")
    for side in running[1:]:
        # its own best: one answer, or pages
        tried = {
            size: drive.whole(side.server.base, side.items(f"limit={size}")).seconds for size in (10_000, servers.MOST)
        }
        best = min(tried, key=tried.get)
        shape = "one answer" if best > total else f"pages of {best:,}"
        ways[f"{side.name}, {shape}"] = (side.server, side.items(f"limit={best}"))
    seen = {way: [] for way in ways}
    for _ in range(rounds):
        for way, (server, address) in ways.items():
            read = drive.whole(server.base, address)
            if read.features != total:
                raise RuntimeError(f"{way} gave {read.features} of {total} features")
            seen[way].append(read)
    seconds = {way: median(read.seconds for read in reads) for way, reads in seen.items()}
    ours = seconds["Misto, pages of 10,000"]
    stream = seconds["Misto, one stream (export.geojson)"]
    rows = [
        [way, number(seconds[way]), number(total / seconds[way]), number(median(read.first_byte for read in reads) * 1000),
         number(reads[0].bytes / 1e6), *(["–", "–"] if way.startswith("Misto") else [ratio(seconds[way] / ours), ratio(seconds[way] / stream)])]
        for way, reads in seen.items()
    ]  # fmt: skip
    headings = ["way", "seconds", "features/s", "first byte, ms", "MB", "pages of Misto are faster", "Misto’s stream is faster"]
    text = [
        f"## The whole layer, {total:,} parcels",
        "Over one connection, by `next` links where there are pages; the clock stands while the client looks for the link. Of each peer the faster of pages of 10,000 "
        "and one answer with everything, tried before.",
        table(headings, rows),
    ]
    return {"ratios": {way.split(",")[0]: value / ours for way, value in seconds.items()}, "text": text}
