"""Misto's API against pygeoapi, tipg and addok on one database, in one run, sides taking turns: `make bench-api`.

Arguments are the cases to run, all of them unless told: items memory here search. What a case found is kept under
`target/bench`; the page has what was found of every case, and says when. MISTO_BENCH_ADDRESSES, MISTO_BENCH_ROUNDS and
MISTO_BIN choose another city, fewer rounds, another binary; only the whole city's numbers go to benches/API.md.
"""

import json
import os
import subprocess
import sys
import time

import finding
import items
import memory
import report
import servers
from city import City

ADDRESSES = int(os.environ.get("MISTO_BENCH_ADDRESSES", 113_000))
ROUNDS = int(os.environ.get("MISTO_BENCH_ROUNDS", 5))
CASES = {"items": items.items, "memory": memory.memory, "here": finding.here, "search": finding.search}


def main():
    chosen = sys.argv[1:] or list(CASES)
    if unknown := set(chosen) - set(CASES):
        sys.exit(f"there is no case {', '.join(unknown)}; there are {', '.join(CASES)}")
    city = City(ADDRESSES)
    try:
        for case in chosen:
            measure(city, case)
    finally:
        city.close()
    whole = ADDRESSES == 113_000 and ROUNDS >= 5
    page = (servers.ROOT / "benches/API.md") if whole else (found("items").with_name("API.md"))
    page.write_text(written())
    print(page)


def found(case: str):
    return servers.ROOT / f"target/bench/api-{ADDRESSES}/{case}.json"


def measure(city: City, case: str):
    print(f"{case}…", flush=True)
    before, begun = report.load(), time.time()
    outcome = CASES[case](city, ROUNDS)
    when = time.strftime("%Y-%m-%d %H:%M", time.gmtime(begun))
    outcome["when"] = f"{case}: {when} UTC, {time.time() - begun:.0f} s, load as it began {before}, Misto {commit()}"
    outcome["city"] = f"{city.count('addresses'):,} addresses, {city.count():,} parcels"
    found(case).parent.mkdir(parents=True, exist_ok=True)
    found(case).write_text(json.dumps(outcome, ensure_ascii=False))


def commit() -> str:
    described = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=servers.ROOT, capture_output=True, text=True)
    return described.stdout.strip()


def written() -> str:
    kept = {case: json.loads(found(case).read_text()) for case in CASES if found(case).exists()}
    targets = [row for outcome in kept.values() for row in outcome["targets"]]
    versions = ", ".join(f"{peer} {servers.version(peer)}" for peer in ("pygeoapi", "tipg", "addok"))
    head = [
        "# The API: Misto against pygeoapi, tipg and addok",
        "`make bench-api` writes this page. Every ratio is of one run on one machine, clients included, sides taking turns on one "
        f"PostgreSQL, medians of {ROUNDS} rounds.",
        "\n".join([
            f"- Machine: {report.machine()}.",
            f"- Database: {report.said('psql', '--version')}, PostGIS from Debian; Misto’s private cluster for all sides.",
            *(f"- {outcome['when']}; {outcome['city']}." for outcome in kept.values()),
            f"- Peers from PyPI on {report.said(servers.PYTHON, '--version')}: {versions}, {servers.WORKERS} processes each: pygeoapi under gunicorn (gthread), tipg under uvicorn "
            "(uvloop, httptools), addok under gunicorn with a Redis of its own. They read the register’s own table and give the fields that Misto gives.",
            f"- {report.said('wrk', '-v')}.",
        ]),
        "## Targets",
        report.table(["case", "target", "measured", "met"], targets),
    ]  # fmt: skip
    return "\n\n".join(head + [part for outcome in kept.values() for part in outcome["text"]]) + "\n"


main()
