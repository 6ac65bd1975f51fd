"""The page that the bench writes."""

import os
import platform
import subprocess


def number(value: float) -> str:
    """Three digits that say something."""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def ratio(value: float) -> str:
    return f"{number(value)}×"


def table(headings: list[str], rows: list[list]) -> str:
    line = lambda cells: "| " + " | ".join(str(cell) for cell in cells) + " |"  # noqa: E731
    return "\n".join([line(headings), line(["---"] * len(headings)), *map(line, rows)])


def said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    return (done.stdout or done.stderr).strip().splitlines()[0]


def machine() -> str:
    with open("/proc/cpuinfo") as info:
        model = next(line.split(":")[1].strip() for line in info if line.startswith("model name"))
    with open("/proc/meminfo") as info:
        memory = int(info.readline().split()[1]) / 1048576
    return f"{os.cpu_count()} × {model}, {memory:.0f} GiB of memory, Linux {platform.release()}"


def load() -> str:
    with open("/proc/loadavg") as average:
        return average.read().split()[0]
