"""The city that is measured: made once under `target/bench`, served by Misto with its private database."""

import os
import random
import subprocess
from pathlib import Path

import servers

LAYER = "parcels"
TABLE = f"registers.{LAYER}"


class City:
    """A demo city in Misto's private database, which runs as long as the Misto that serves it."""

    def __init__(self, addresses: int):
        self.addresses = addresses
        self.folder = servers.ROOT / f"target/bench/api-{addresses}"
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [servers.misto_program(), "--var", self.folder / "var", "demo", "--addresses", str(addresses)]
        made = subprocess.run(command, cwd=servers.ROOT, capture_output=True, text=True)
        if made.returncode and "already holds a city" not in made.stderr:
            raise RuntimeError(f"the city was not made: {made.stderr}")
        self.misto = servers.misto(self.folder)
        pid_file = (self.folder / "var/postgres/data/postmaster.pid").read_text().splitlines()
        self.database = {"host": pid_file[4], "port": int(pid_file[3]), "user": "misto", "dbname": "postgres"}
        self.sql("vacuum analyze")

    def url(self, name: str) -> str:
        """A database of the cluster as Misto's DATABASE_URL names it."""
        database = self.database
        return f"postgres:///{name}?host={database['host']}&port={database['port']}&user={database['user']}"

    def psql(self, statement: str, name: str | None = None) -> list[str]:
        """A command that runs a statement, in this database or another of the cluster."""
        database = self.database
        command = ["psql", "-qtAX", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-h", database["host"], "-p", str(database["port"])]
        return [*command, "-U", database["user"], "-d", name or database["dbname"], "-c", statement]

    def sql(self, statement: str, name: str | None = None) -> list[str]:
        """The rows that a statement gives, columns parted by tabs."""
        done = subprocess.run(self.psql(statement, name), check=True, capture_output=True, text=True)
        return done.stdout.splitlines()

    def database_of_its_own(self, name: str) -> str:
        """The address of a new database with Misto's empty tables, in the city's cluster."""
        self.drop(name)
        self.sql(f"create database {name}")
        subprocess.run(
            [servers.misto_program(), "migrate"], check=True, cwd=servers.ROOT, capture_output=True,
            env={**os.environ, "DATABASE_URL": self.url(name)},
        )  # fmt: skip
        return self.url(name)

    def drop(self, name: str):
        self.sql(f"drop database if exists {name} with (force)")

    def copy(self, query: str, name: str, table: str):
        """Puts what a query gives into a table of another database."""
        with subprocess.Popen(self.psql(f"copy ({query}) to stdout"), stdout=subprocess.PIPE) as source:
            loading = f"set session_replication_role = replica; copy {table} from stdin"
            subprocess.run(self.psql(loading, name), check=True, stdin=source.stdout, capture_output=True)
        if source.returncode:
            raise RuntimeError(f"copying {table} ended with {source.returncode}")

    def count(self, layer: str = LAYER) -> int:
        return int(self.sql(f"select count(*) from registers.{layer}")[0])

    def public_columns(self) -> list[str]:
        """What Misto shows of the layer; the peers are told to give the same columns."""
        return [field["name"] for field in self.misto.json(f"/api/collections/{LAYER}")["misto"]["fields"]]

    def points(self, number: int) -> list[tuple[float, float]]:
        """Points in parcels taken by chance, always the same."""
        rows = self.sql(
            f"select st_x(p), st_y(p) from (select st_pointonsurface(geom) p from {TABLE} "
            f"where geom is not null order by hashint8(id) limit {number}) points"
        )
        return [tuple(map(float, row.split("\t"))) for row in rows]

    def boxes(self, number: int) -> list[str]:
        """Boxes of the city, each with some two thousand parcels, so that a page of a thousand is full."""
        west, south, east, north = (
            float(bound)
            for bound in self.sql(
                f"select st_xmin(b), st_ymin(b), st_xmax(b), st_ymax(b) from (select st_extent(geom) b from {TABLE}) e"
            )[0].split("\t")
        )
        centres, chosen, chance = self.points(number * 10), [], random.Random(1)
        share = (2_000 / self.count()) ** 0.5
        for lon, lat in centres:
            half = (east - west) * share / 2 * chance.uniform(1, 1.5), (north - south) * share / 2 * chance.uniform(1, 1.5)
            box = f"{lon - half[0]:.6f},{lat - half[1]:.6f},{lon + half[0]:.6f},{lat + half[1]:.6f}"
            if int(self.sql(f"select count(*) from {TABLE} where geom && st_makeenvelope({box}, 4326)")[0]) >= 1_000:
                chosen.append(box)
            if len(chosen) == number:
                break
        return chosen

    def file(self, name: str, lines: list[str]) -> Path:
        path = self.folder / name
        path.write_text("\n".join(lines) + "\n")
        return path

    def close(self):
        self.misto.stop()
