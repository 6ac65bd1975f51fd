"""The servers under measurement, as processes on one database: Misto, pygeoapi, tipg, addok.

The peers are installed from PyPI into `target/peers` the first time, in the versions of `peers/*.txt`.
"""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PEERS = ROOT / "target/peers"
PYTHON = "/usr/bin/python3"
WORKERS = 2
START_LIMIT = 180
# what OGC API servers may give at once; each side's whole layer is asked for in the pages that suit it best
MOST = 300_000


class Server:
    """A running server; `stop` ends it and what it started."""

    def __init__(self, name: str, command: list, ready: str, port: int, log: Path, **environment: str):
        self.name, self.port, self.base = name, port, f"http://127.0.0.1:{port}"
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "MISTO_", "DATABASE_"))}
        self.started = time.perf_counter()
        with log.open("a") as out:
            self.process = subprocess.Popen(
                [str(part) for part in command], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env={**inherited, "PATH": os.environ["PATH"], **environment},
            )  # fmt: skip
        while not self.answers(ready):
            if self.process.poll() is not None or time.perf_counter() - self.started > START_LIMIT:
                self.stop()
                raise RuntimeError(f"{name} has not started; its log: {log}")
            time.sleep(0.05)

    def answers(self, path: str) -> bool:
        try:
            with urllib.request.urlopen(self.base + path, timeout=10) as answer:
                return answer.status == 200
        except OSError:
            return False

    def json(self, path: str):
        with urllib.request.urlopen(self.base + path, timeout=300) as answer:
            return json.load(answer)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def misto_program() -> Path:
    return Path(os.environ.get("MISTO_BIN", ROOT / "target/release/misto")).resolve()


def misto(folder: Path, **environment: str) -> Server:
    """With its private database under `folder`, or on the one that DATABASE_URL names."""
    port = free_port()
    command = [misto_program(), "--var", folder / "var", "serve", "--listen", f"127.0.0.1:{port}"]
    return Server("Misto", command, "/readyz", port, folder / "misto.log", **environment)


def installed(peer: str) -> Path:
    """The folder of a peer's programs."""
    home, wanted = PEERS / peer, HERE / f"peers/{peer}.txt"
    kept = home / "requirements.txt"
    if not kept.exists() or kept.read_text() != wanted.read_text():
        print(f"installing {peer} into {home}", flush=True)
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run([PYTHON, "-m", "venv", home], check=True)
        pip = [home / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r", wanted]
        subprocess.run(pip, check=True)
        shutil.copy(wanted, kept)
    return home / "bin"


def version(peer: str) -> str:
    lines = (HERE / f"peers/{peer}.txt").read_text().splitlines()
    return next(line.split("==")[1] for line in lines if line.lower().startswith(f"{peer}=="))


def pygeoapi(folder: Path, database: dict, table: str, columns: list[str]) -> Server:
    """gunicorn with a process for each core, as its manual has it for production, logging nothing."""
    programs, port = installed("pygeoapi"), free_port()
    config, openapi = folder / "pygeoapi.yml", folder / "pygeoapi-openapi.yml"
    config.write_text(json.dumps(pygeoapi_config(port, database, table, columns)))
    environment = {"PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(openapi)}
    generate = [programs / "pygeoapi", "openapi", "generate", config, "--output-file", openapi]
    subprocess.run(generate, check=True, env={**os.environ, **environment}, capture_output=True)
    command = [programs / "gunicorn", f"--workers={WORKERS}", f"--bind=127.0.0.1:{port}", "--timeout=600"]
    command += ["--keep-alive=60", "--worker-class=gthread", "--threads=4", "pygeoapi.flask_app:APP"]
    return Server("pygeoapi", command, "/", port, folder / "pygeoapi.log", **environment)


def pygeoapi_config(port: int, database: dict, table: str, columns: list[str]) -> dict:
    schema, name = table.split(".")
    language = {"title": "t", "description": "d", "keywords": ["k"]}
    provider = {
        "type": "feature",
        "name": "PostgreSQL",
        "data": {
            "host": database["host"], "port": database["port"], "dbname": database["dbname"],
            "user": database["user"], "password": "", "search_path": [schema, "public"],
        },
        "table": name, "id_field": "id", "geom_field": "geom", "properties": columns,
        "storage_crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
    }  # fmt: skip
    resource = {
        "type": "collection", **language, "links": [], "providers": [provider],
        "extents": {"spatial": {"bbox": [20, 40, 45, 55], "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}},
    }  # fmt: skip
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": port}, "url": f"http://127.0.0.1:{port}", "mimetype": "application/json",
            "encoding": "utf-8", "gzip": False, "languages": ["en-US"], "pretty_print": False,
            "limits": {"default_items": 10, "max_items": MOST}, "map": {"url": "http://127.0.0.1/", "attribution": "a"},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {**language, "keywords_type": "theme", "terms_of_service": "x", "url": "http://127.0.0.1"},
            "license": {"name": "x", "url": "http://127.0.0.1"}, "provider": {"name": "x", "url": "http://127.0.0.1"},
            "contact": {"name": "x", "email": "x@example.org", "url": "http://127.0.0.1"},
        },
        "resources": {name: resource},
    }  # fmt: skip


def tipg(folder: Path, database: dict, table: str, columns: list[str]) -> Server:
    """uvicorn with uvloop and httptools, a process for each core."""
    programs, port = installed("tipg"), free_port()
    schema, name = table.split(".")
    environment = {
        "DATABASE_URL": f"postgresql://{database['user']}@{database['host'].replace('/', '%2F')}:{database['port']}/{database['dbname']}",
        "TIPG_DB_SCHEMAS": json.dumps([schema]), "TIPG_DB_TABLES": json.dumps([table]),
        "TIPG_MAX_FEATURES_PER_QUERY": str(MOST), "TIPG_CATALOG_TTL": "86400", "TIPG_ADD_TILES_VIEWER": "false",
        f"TIPG_TABLE_CONFIG__{schema}_{name}__PROPERTIES": json.dumps(columns),
        "DB_MIN_CONN_SIZE": "4", "DB_MAX_CONN_SIZE": "10",
    }  # fmt: skip
    command = [programs / "uvicorn", "tipg.main:app", "--host=127.0.0.1", f"--port={port}", f"--workers={WORKERS}"]
    command += ["--loop=uvloop", "--http=httptools", "--log-level=warning", "--no-access-log"]
    return Server("tipg", command, "/healthz", port, folder / "tipg.log", **environment)


class Addok:
    """addok with a Redis of its own, filled with the city's addresses; gunicorn with a process for each core."""

    def __init__(self, folder: Path, documents: list[dict]):
        programs, port, home = installed("addok"), free_port(), folder / "addok"
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        peers = HERE / "peers"
        environment = {
            "ADDOK_SOCKET": str(home / "redis.sock"), "ADDOK_FOLDER": str(home), "PYTHONPATH": str(peers),
            "ADDOK_SYNONYMS": str(peers / "addok-synonyms.txt"), "ADDOK_CONFIG_MODULE": str(peers / "addok.conf"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }  # fmt: skip
        redis = ["redis-server", "--port", "0", "--unixsocket", home / "redis.sock", "--save", "", "--dir", home]
        with (home / "redis.log").open("w") as log:
            self.redis = subprocess.Popen(redis, stdout=log, stderr=log)
        try:
            while not (home / "redis.sock").exists():
                if self.redis.poll() is not None:
                    raise RuntimeError(f"Redis has not started; its log: {home / 'redis.log'}")
                time.sleep(0.05)
            lines = home / "documents.json"
            lines.write_text("".join(json.dumps(document, ensure_ascii=False) + "\n" for document in documents))
            for command in (["batch", lines], ["ngrams"]):
                subprocess.run(
                    [programs / "addok", *command], check=True, capture_output=True, env={**os.environ, **environment}
                )
            command = [programs / "gunicorn", f"--workers={WORKERS}", f"--bind=127.0.0.1:{port}", "--keep-alive=60"]
            command += ["--worker-class=gthread", "--threads=4", "addok.http.wsgi:application"]
            self.server = Server("addok", command, "/search/?q=a", port, home / "addok.log", **environment)
        except BaseException:
            self.redis.terminate()
            raise

    def stop(self):
        self.server.stop()
        self.redis.terminate()
        self.redis.wait()
