"""The case of memory: what a server takes above its idle while it streams a register of a million records."""

import drive
import servers
from city import LAYER, TABLE, City
from report import number, table

MILLION = 1_000_000
DATABASE = "bench_memory"
# of the parcels as they are in the city: how many digits of the cadastral number tell the copies apart
COPIES = 99
ATTEMPTS = 3


def memory(city: City, rounds: int) -> dict:
    """A database of its own in the city's cluster: one register with the city's parcels as often as it takes."""
    url = city.database_of_its_own(DATABASE)
    try:
        total = fill(city)
        server = servers.misto(city.folder, DATABASE_URL=url)
        try:
            rows = measured(server, total, min(rounds, ATTEMPTS))
        finally:
            server.stop()
    finally:
        city.drop(DATABASE)
    most = max(float(row[5]) for row in rows)
    targets = [[f"memory above idle while {total:,} features are streamed", "< 100 MB", f"{most:.0f} MB", "yes" if most < 100 else "**no**"]]
    text = [
        f"## Memory while a register of {total:,} features is streamed",
        f"The city’s parcels, each as often as it takes, in the register `{LAYER}` of a database of its own. Resident memory of the server’s process alone (VmRSS) before, and the most while it lasted "
        "(VmHWM, reset before); one client that reads as fast as it can.",
        table(["way", "attempt", "features", "before, MB", "at most, MB", "above, MB", "MB", "seconds"], rows),
    ]
    return {"targets": targets, "text": text}


def fill(city: City) -> int:
    """Copies of the city's parcels, each beside the last ones. Triggers would find links between them, for hours."""
    columns = ", ".join(["geom", *city.public_columns()])
    copies = min(COPIES, -(-MILLION // city.count()))
    city.copy(f"select {columns} from {TABLE} where geom is not null", DATABASE, f"{TABLE} ({columns})")
    moved = columns.replace("geom", "st_translate(geom, 0.5 * n, 0)", 1)
    moved = moved.replace("cadastral_number", "lpad(n::text, 2, '0') || substr(cadastral_number, 3)", 1)
    city.sql(
        f"set session_replication_role = replica; insert into {TABLE} ({columns}) "
        f"select {moved} from {TABLE}, generate_series(1, {copies}) n; analyze {TABLE}",
        DATABASE,
    )
    return int(city.sql(f"select count(*) from {TABLE}", DATABASE)[0])


def measured(server: servers.Server, total: int, attempts: int) -> list[list]:
    ways = {
        "one page (items?limit=1000000)": (f"/api/collections/{LAYER}/items?limit={MILLION}", min(total, MILLION)),
        "one stream (export.geojson)": (f"/api/collections/{LAYER}/export.geojson", total),
    }
    rows = []
    # whatever is made at the first request is made
    for address, _ in ways.values():
        server.json(address + ("&" if "?" in address else "?") + "bbox=0,0,0.1,0.1")
    drive.settled(server.process.pid)
    for way, (address, expected) in ways.items():
        for attempt in range(1, attempts + 1):
            watched = drive.Memory(server.process.pid)
            read = drive.streamed(server.base, address)
            if read.features != expected:
                raise RuntimeError(f"{way} gave {read.features} of {expected} features")
            peak = watched.peak()
            rows.append([
                way, attempt, f"{read.features:,}", number(watched.idle), number(peak), number(peak - watched.idle),
                number(read.bytes / 1e6), number(read.seconds),
            ])  # fmt: skip
    return rows
