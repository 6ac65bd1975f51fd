"""What the tests of real clients share: the portal under test, asked directly.

`run.sh` serves the city and names it in the environment: MISTO_URL and MISTO_DATABASE.
"""

import os
import subprocess

import pytest
import requests


class Portal:
    """The portal under test and its database, to compare with what a client says of them."""

    def __init__(self, url: str, database: str):
        self.url = url
        self.api = f"{url}/api"
        self.database = database
        self.session = requests.Session()

    def get(self, path: str, **options) -> requests.Response:
        """The answer to a request that must succeed; `path` may be a whole address from a link."""
        address = path if path.startswith("http") else self.url + path
        response = self.session.get(address, timeout=60, **options)
        assert response.ok, f"{response.url}: {response.status_code} {response.text[:500]}"
        return response

    def json(self, path: str, **options):
        return self.get(path, **options).json()

    def sql(self, statement: str) -> str:
        """One value from the database, read past Misto."""
        command = ["psql", "-qtAX", "-v", "ON_ERROR_STOP=1", "-d", self.database, "-c", statement]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def collections(self) -> dict:
        """The registers by their ids; the catalogue of them is a collection too, but of records."""
        listed = self.json("/api/collections")["collections"]
        return {collection["id"]: collection for collection in listed if collection["itemType"] == "feature"}

    def count(self, layer: str, where: str = "true") -> int:
        return int(self.sql(f"select count(*) from registers.{layer} where {where}"))


def from_environment() -> Portal:
    return Portal(os.environ["MISTO_URL"], os.environ["MISTO_DATABASE"])


@pytest.fixture(scope="session")
def portal() -> Portal:
    return from_environment()


def pytest_generate_tests(metafunc):
    """A test that takes `layer` runs for every collection."""
    if "layer" in metafunc.fixturenames:
        metafunc.parametrize("layer", sorted(from_environment().collections()))
