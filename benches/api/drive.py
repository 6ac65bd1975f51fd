"""Clients that measure: wrk for many small answers, one connection for a whole layer, and a server's memory."""

import http.client
import json
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).parent
FEATURE = re.compile(rb'"type":\s*"Feature"')
NEXT = re.compile(rb'\{[^{}]*"rel":\s*"next"[^{}]*\}')


@dataclass
class Load:
    """What wrk saw; latencies in milliseconds."""

    per_second: float
    bytes_per_answer: float
    p50: float
    p99: float
    longest: float
    failed: float


def wrk(base: str, addresses: Path, connections: int, seconds: int, may_fail: float = 0) -> Load:
    """Asks for the addresses of a file; more than the share `may_fail` of bad answers is an error."""
    threads = min(2, connections)
    command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s"]
    command += ["-s", HERE / "list.lua", base, "--", addresses]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    said = json.loads(line.removeprefix("RESULT "))
    if not said["requests"] or said["failed"] > may_fail * said["requests"]:
        raise RuntimeError(f"{base}: {said['failed']} of {said['requests']} requests failed\n{done.stdout}")
    return Load(
        said["requests"] / said["seconds"],
        said["bytes"] / said["requests"],
        said["p50"] / 1000,
        said["p99"] / 1000,
        said["longest"] / 1000,
        said["failed"] / said["requests"],
    )


@dataclass
class Whole:
    """A whole layer, read over one connection. The clock runs from a request's sending to its last byte."""

    seconds: float
    first_byte: float
    bytes: int
    features: int
    answers: int


def whole(base: str, address: str) -> Whole:
    """Follows `next` links until there are none; features are counted while the clock stands still."""
    split = urlsplit(base)
    connection = http.client.HTTPConnection(split.hostname, split.port, timeout=300)
    result = Whole(0, 0, 0, 0, 0)
    while address:
        begun = time.perf_counter()
        connection.request("GET", address, headers={"Accept": "application/geo+json, application/json"})
        answer = connection.getresponse()
        if answer.status != 200:
            raise RuntimeError(f"{base}{address}: {answer.status} {answer.read(500)!r}")
        parts = [answer.read(1)]
        first = time.perf_counter()
        while part := answer.read(1 << 20):
            parts.append(part)
        ended = time.perf_counter()
        body = b"".join(parts)
        result.first_byte = result.first_byte or first - begun
        result.seconds += ended - begun
        result.bytes += len(body)
        result.features += len(FEATURE.findall(body))
        result.answers += 1
        # links stand before or after the features
        found = NEXT.search(body[-8192:]) or NEXT.search(body[:8192])
        following = json.loads(found[0])["href"] if found else ""
        address = following.removeprefix(base) if following.startswith(base) else following and relative(following)
    connection.close()
    return result


def streamed(base: str, address: str) -> Whole:
    """Reads one answer, which is larger than this process should be, and counts its features as they come."""
    split = urlsplit(base)
    connection = http.client.HTTPConnection(split.hostname, split.port, timeout=300)
    result = Whole(0, 0, 0, 0, 1)
    begun = time.perf_counter()
    connection.request("GET", address, headers={"Accept": "application/geo+json, application/json"})
    answer = connection.getresponse()
    if answer.status != 200:
        raise RuntimeError(f"{base}{address}: {answer.status} {answer.read(500)!r}")
    rest = b""
    while part := answer.read(1 << 20):
        result.first_byte = result.first_byte or time.perf_counter() - begun
        result.bytes += len(part)
        # what begins in one part and ends in the next is counted there
        *found, last = FEATURE.split(rest + part)
        result.features += len(found)
        rest = last[-32:]
    result.seconds = time.perf_counter() - begun
    connection.close()
    return result


def settled(pid: int, seconds: int = 5):
    """Waits until a process has not grown for some seconds: mirrors and indexes are read in the background."""
    seen, same = 0.0, 0
    while same < seconds:
        now = Memory(pid).read("VmRSS")
        same = same + 1 if now <= seen + 1 else 0
        seen = max(seen, now)
        time.sleep(1)


def relative(address: str) -> str:
    split = urlsplit(address)
    return f"{split.path}?{split.query}" if split.query else split.path


class Memory:
    """A process's resident memory, in megabytes, and the most that it was since this was made."""

    def __init__(self, pid: int):
        self.status = Path(f"/proc/{pid}/status")
        # 5: forget the peak so far (proc(5))
        Path(f"/proc/{pid}/clear_refs").write_text("5")
        self.idle = self.read("VmRSS")

    def read(self, label: str) -> float:
        line = next(line for line in self.status.read_text().splitlines() if line.startswith(label))
        return int(line.split()[1]) / 1000

    def peak(self) -> float:
        return self.read("VmHWM")
