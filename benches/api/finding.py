"""Cases of finding: what holds at a place, and the search with its quality, against addok on the same addresses."""

import json
import subprocess
from collections import Counter, defaultdict
from statistics import median
from urllib.parse import quote, urlencode

import drive
import servers
from city import City
from report import number, table

CLIENTS = 8
SECONDS = 5
# five kinds that the target is set for, five others
EACH = 200
USUAL = ("typo", "abbreviation", "old name", "order", "no block")


def here(city: City, rounds: int) -> dict:
    addresses = [f"/api/here?lon={lon:.6f}&lat={lat:.6f}" for lon, lat in city.points(2_000)]
    file = city.file("here.txt", addresses)
    city.misto.json(addresses[0])
    loads = [drive.wrk(city.misto.base, file, CLIENTS, SECONDS) for _ in range(rounds)]
    alone = [drive.wrk(city.misto.base, file, 1, SECONDS) for _ in range(rounds)]
    p99 = median(load.p99 for load in loads)
    rows = [
        [clients, number(median(load.per_second for load in seen)), *(number(median(getattr(load, at) for load in seen)) for at in ("p50", "p99", "longest"))]
        for clients, seen in ((CLIENTS, loads), (1, alone))
    ]  # fmt: skip
    text = [
        "## What holds at a place",
        f"`/api/here?lon=&lat=` at 2,000 places in parcels taken by chance, everything but the answer’s size left as it is; `wrk` for {SECONDS} s, "
        "which shares the cores with the server and PostgreSQL.",
        table(["clients", "answers/s", "p50, ms", "p99, ms", "longest, ms"], rows),
    ]
    return {"targets": [[f"here, p99, {CLIENTS} clients", "≤ 20 ms", f"{number(p99)} ms", "yes" if p99 <= 20 else "**no**"]], "text": text}


def search(city: City, rounds: int) -> dict:
    asked = queries(city)
    addok = servers.Addok(city.folder, streets(city))
    try:
        files = {
            "Misto": (city.misto, city.file("search-misto.txt", [ours(query) for query, _, _ in asked])),
            "addok": (addok.server, city.file("search-addok.txt", [theirs(query) for query, _, _ in asked])),
        }
        right = {"Misto": judged(asked, lambda query: first(city, query)), "addok": judged(asked, lambda query: first_of_addok(addok, query))}
        seen = defaultdict(list)
        for _ in range(rounds):
            for side, (server, file) in files.items():
                # addok answers some of the questions with an error
                seen[side].append(drive.wrk(server.base, file, CLIENTS, SECONDS, 0 if side == "Misto" else 0.05))
    finally:
        addok.stop()
    usual = [kind for _, _, kind in asked if kind in USUAL]
    share = {side: sum(kinds[kind] for kind in USUAL) / len(usual) for side, kinds in right.items()}
    p99 = median(load.p99 for load in seen["Misto"])
    text = [
        "## Search",
        f"{len(asked):,} questions made from the register of {city.count('addresses'):,} addresses, {len(usual):,} of them of the kinds that the target is set for ({', '.join(USUAL)}), whose share is given; "
        "right is an answer whose first hit is the address meant. All of them are in the load. Misto searches every register, addok the "
        f"addresses only, as documents of streets with their houses and former names, with its own processors and this city’s way of writing numbers and types of streets (benches/api/peers). `wrk` with {CLIENTS} clients for {SECONDS} s.",
        table(
            ["side", "right, %", "errors, %", "answers/s", "p50, ms", "p99, ms"],
            [
                [side, f"{share[side] * 100:.1f}", f"{median(load.failed for load in seen[side]) * 100:.1f}", *(number(median(getattr(load, at) for load in seen[side])) for at in ("per_second", "p50", "p99"))]
                for side in files
            ],
        ),
        table(
            ["kind of question", "questions", "Misto right", "addok right"],
            [[kind, count, right["Misto"][kind], right["addok"][kind]] for kind, count in sorted(Counter(kind for _, _, kind in asked).items())],
        ),
    ]  # fmt: skip
    targets = [
        [f"search p99, {CLIENTS} clients", "≤ 15 ms", f"{number(p99)} ms", "yes" if p99 <= 15 else "**no**"],
        ["search: right address first", "≥ 98 %", f"{share['Misto'] * 100:.1f} %", "yes" if share["Misto"] >= 0.98 else "**no**"],
        ["search: right address first, against addok", f"> {share['addok'] * 100:.1f} %", f"{share['Misto'] * 100:.1f} %", "yes" if share["Misto"] > share["addok"] else "**no**"],
    ]  # fmt: skip
    return {"targets": targets, "text": text}


def ours(query: str) -> str:
    return f"/api/search?q={quote(query)}"


def theirs(query: str) -> str:
    return "/search/?" + urlencode({"q": query, "limit": 5, "autocomplete": 1})


def judged(asked: list, answer) -> Counter:
    return Counter(kind for query, meant, kind in asked if answer(query) in meant)


def streets(city: City) -> list[dict]:
    """The register as addok wants it: a document for each street, its houses in it."""
    rows = city.sql(
        "select json_build_object('id', a.id, 'street', a.street, 'house', a.house, 'block', a.block, 'former', a.former_street, "
        "'city', a.settlement, 'lon', st_x(a.geom), 'lat', st_y(a.geom)) from registers.addresses a where a.geom is not null order by a.id"
    )
    found: dict[str, list[dict]] = defaultdict(list)
    for row in map(json.loads, rows):
        found[row["street"]].append(row)
    most = max(map(len, found.values()))
    return [document(name, houses, most) for name, houses in found.items()]


def document(name: str, houses: list[dict], most: int) -> dict:
    middle = houses[len(houses) // 2]
    former = {part.strip() for house in houses if house["former"] for part in house["former"].split(";")}
    numbers = {}
    for house in houses:
        place = {"id": house["id"], "lat": house["lat"], "lon": house["lon"]}
        if house["block"]:
            numbers[f"{house['house']} корпус {house['block']}"] = place
        # who leaves the block out means any of them
        numbers.setdefault(house["house"], place)
    return {
        "id": f"street-{middle['id']}", "_id": f"street-{middle['id']}", "type": "street", "name": [name, *sorted(former)],
        "city": middle["city"] or "", "lat": middle["lat"], "lon": middle["lon"], "importance": len(houses) / most, "housenumbers": numbers,
    }  # fmt: skip


def first_of_addok(addok: servers.Addok, query: str) -> int | None:
    hits = addok.server.json(theirs(query))["features"]
    known = hits[0]["properties"]["id"] if hits else None
    return known if isinstance(known, int) else None


def first(city: City, query: str) -> int | None:
    groups = city.misto.json(ours(query))["groups"]
    hit = groups[0]["hits"][0] if groups else None
    return hit["id"] if hit and hit["layer"] == "addresses" else None


def queries(city: City) -> list[tuple[str, set[int], str]]:
    """Questions, the ids that are right, and what kind of question it is."""
    program = city.folder / "questions"
    source = servers.HERE / "questions.rs"
    subprocess.run(["rustc", "--edition", "2024", "-O", "-A", "dead_code", "-o", program, source], check=True)
    addresses = city.sql(
        "select id, street, house, coalesce(block, ''), coalesce(former_street, '') from registers.addresses "
        "where geom is not null and street is not null order by id"
    )
    done = subprocess.run([program, str(EACH)], check=True, capture_output=True, text=True, input="\n".join(addresses))
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    return [(question, {int(id) for id in ids.split(",")}, kind) for kind, question, ids in lines]
