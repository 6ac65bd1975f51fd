"""The examples of the developers' page, run as they stand there by the programs that they are for."""

import re
import subprocess
import sys
from html import unescape

import pytest

SECTION = re.compile(r'<(?:section|h2)[^>]* id="([^"]+)".*?(?=<(?:section|h2)[^>]* id="|</main>)', re.DOTALL)
CODE = re.compile(r'<pre[^>]* aria-label="([^"]+)"[^>]*><code>(.*?)</code></pre>', re.DOTALL)


def examples(portal) -> dict[str, list[tuple[str, str]]]:
    """Of each section the programs and what they are given."""
    page = portal.get("/developers?lang=en").text
    return {
        section[1]: [(program, unescape(code)) for program, code in CODE.findall(section[0])]
        for section in SECTION.finditer(page)
    }


def of(portal, section: str, program: str) -> str:
    found = examples(portal)
    assert section in found, list(found)
    return "\n".join(code for name, code in found[section] if name == program)


def test_the_examples_of_gdal(portal, tmp_path):
    for line in of(portal, "gdal", "sh").splitlines():
        done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0 and not done.stderr.strip(), f"{line}\n{done.stderr}"
    assert all(file.stat().st_size > 10_000 for file in tmp_path.iterdir()) and list(tmp_path.iterdir())


def test_the_examples_of_curl(portal):
    lines = [
        line
        for section, codes in examples(portal).items()
        for program, code in codes
        if program == "curl" and section != "changes"  # a stream that never ends
        for line in code.splitlines()
    ]
    assert len(lines) > 5
    for line in lines:
        # the example, and the status that it ends with
        command = f"{line} --silent --fail --show-error --output /dev/null"
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{line}\n{done.stderr}"


def test_a_table_of_addresses_is_looked_up(portal):
    line = of(portal, "search", "sh")
    done = subprocess.run(["bash", "-c", f"{line} --silent --fail"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and done.stdout.startswith("address,lon,lat,matched_address"), done


def test_the_stream_of_changes_begins(portal):
    line = of(portal, "changes", "curl")
    done = subprocess.run(["bash", "-c", f"{line} --silent --max-time 3"], capture_output=True, text=True)
    # 28: the time is over, and not the stream
    assert done.returncode == 28 and "event: hello" in done.stdout, done


def test_the_example_of_python(portal):
    code = of(portal, "python", "python")
    # GeoPandas is the one program of the page that is too heavy for a test; it reads through GDAL
    parts = [part for part in code.split("\n\n") if "geopandas" not in part]
    assert len(parts) >= 2
    done = subprocess.run([sys.executable, "-c", "\n\n".join(parts)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{code}\n{done.stderr}"
    assert len(done.stdout.splitlines()) > 1


@pytest.mark.parametrize("section", ["map", "tiles", "qgis", "here", "search"])
def test_a_section_is_there(portal, section):
    assert examples(portal)[section]
