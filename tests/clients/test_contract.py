"""Schemathesis: every operation of the API's description, with all its checks, against the API."""

import os
import subprocess
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

import pytest

from conftest import from_environment

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


def operations() -> list[str]:
    paths = from_environment().json("/api/openapi.json")["paths"]
    # read by Schemathesis before anything else
    del paths["/api/openapi.json"]
    return [f"{method.upper()} {path}" for path, item in paths.items() for method in item if method in METHODS]


@pytest.fixture(scope="module")
def outcome(portal, tmp_path_factory):
    """Runs Schemathesis once and gives what it says of each operation, and all that it printed."""
    folder = tmp_path_factory.mktemp("contract")
    report = folder / "report.xml"
    command = [
        Path(sys.executable).with_name("schemathesis"),
        "--config-file", Path(__file__).with_name("schemathesis.toml"),
        "run", f"{portal.api}/openapi.json", "--url", portal.url,
        "--report", "junit", "--report-junit-path", report,
    ]  # fmt: skip
    environment = {
        **os.environ,
        "HYPOTHESIS_STORAGE_DIRECTORY": str(folder),
        "NO_COLOR": "1",
        "SCHEMATHESIS_HOOKS": str(Path(__file__).with_name("schemathesis_hooks.py")),
    }
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)
    assert report.exists(), done.stdout + done.stderr
    said: dict[str, list[str]] = {}
    for case in xml.parse(report).iter("testcase"):
        bad = [child for child in case if child.tag in ("failure", "error", "skipped")]
        said.setdefault(case.attrib["name"], []).extend(
            f"{child.tag}: {child.attrib.get('message', '')}\n{child.text or ''}" for child in bad
        )
    return done, said


@pytest.mark.parametrize("operation", operations())
def test_an_operation_keeps_its_contract(outcome, operation):
    _, said = outcome
    assert operation in said, f"not tested; there are {', '.join(said)}"
    assert not said[operation], "\n".join(said[operation])


def test_nothing_else_is_wrong(outcome):
    done, _ = outcome
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
