"""The results of a run: as JSON for programs, as a page with charts for people."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from measure import Summary
from plot import bars

__all__ = ["Report", "machine", "write"]

LINKED = "linked by pydist"


@dataclass(slots=True, kw_only=True)
class Report:
    """Everything one run measured. Keys of the mappings are names of subjects; `docs/benchmarks/results.json`."""

    format_version: int = 1
    date: str
    command: str
    machine: dict[str, str | int | float]
    pydist: str
    python: str
    modules: int = 0
    start_up: dict[str, Summary] = field(default_factory=dict)
    imports: dict[str, Summary] = field(default_factory=dict)
    link_seconds: dict[str, float] = field(default_factory=dict)
    size_mb: dict[str, float] = field(default_factory=dict)
    peak_memory_mb: dict[str, float] = field(default_factory=dict)
    private_memory_mb: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def machine() -> dict[str, str | int | float]:
    """What the numbers depend on, and nothing that names the machine."""
    cpuinfo = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    release = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    model = next((line.partition(":")[2].strip() for line in cpuinfo if line.startswith("model name")), "unknown")
    system = next((line.partition("=")[2].strip('"') for line in release if line.startswith("PRETTY_NAME")), "unknown")
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "cpu": model,
        "cores": os.cpu_count() or 0,
        "memory_gb": round(pages / 1e9, 1),
        "system": system,
        "kernel": platform.release(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def write(report: Report, folder: Path) -> None:
    """Write `results.json`, `README.md` and the charts into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(asdict(report), indent=2) + "\n", encoding="utf-8")
    charts = {
        "start-up.svg": ("Start-up of hello, median", walls(report.start_up), "ms"),
        "imports.svg": (f"Import of {report.modules} standard modules, median", walls(report.imports), "ms"),
        "size.svg": ("Size of hello", report.size_mb, "MB"),
        "memory.svg": ("Peak memory of hello", report.peak_memory_mb, "MB"),
        "link.svg": ("Making the file", report.link_seconds, "s"),
    }
    for name, (title, values, unit) in charts.items():
        (folder / name).write_text(bars(title, values, unit, LINKED), encoding="utf-8")
    (folder / "README.md").write_text(page(report), encoding="utf-8")


def walls(summaries: Mapping[str, Summary]) -> dict[str, float]:
    return {name: round(summary.wall_ms, 1) for name, summary in summaries.items()}


def page(report: Report) -> str:
    facts = report.machine
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`; do not edit. The numbers are also in [results.json](results.json).",
        "",
        f"{report.date}, {facts['cpu']}, {facts['cores']} cores, {facts['memory_gb']} GB, {facts['system']}, "
        f"load {facts['load_before']} before the run. pydist {report.pydist}, Python {report.python}.",
        "",
        "The programs of a table ran in turns (A B C A B C …). A ratio is the median of the rounds' ratios "
        "to the first line of its table, with quartiles; below 1 is faster.",
        "",
        "## Start-up of hello",
        "",
        *table(report.start_up),
        "",
        "![start-up](start-up.svg)",
        "",
        f"## Import of {report.modules} modules of the standard library",
        "",
        "Those of the standard library that import without an error in this interpreter, one after the other.",
        "The interpreter reads them from warm `.pyc` files.",
        "",
        *table(report.imports),
        "",
        "![imports](imports.svg)",
        "",
        "## Size, memory, making",
        "",
        "Peak memory counts every page of a file that was touched; such pages are shared and given back at need.",
        "Private memory is what a process has for itself.",
        "",
        "| | size of hello | peak memory | private memory | time to make |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| {name} | {cell(report.size_mb, name, 'MB')} | {cell(report.peak_memory_mb, name, 'MB')} "
            f"| {cell(report.private_memory_mb, name, 'MB')} | {cell(report.link_seconds, name, 's')} |"
            for name in dict.fromkeys([*report.size_mb, *report.peak_memory_mb, *report.link_seconds])
        ),
        "",
        "![size](size.svg)",
        "![memory](memory.svg)",
        "![link](link.svg)",
        "",
        *(f"- {note}" for note in report.notes),
        "",
    ]
    return "\n".join(lines)


def table(summaries: Mapping[str, Summary]) -> list[str]:
    return [
        "| | rounds | wall | CPU | ratio of wall (quartiles) | ratio of CPU |",
        "|---|---:|---:|---:|---:|---:|",
        *(
            f"| {name} | {row.n} | {row.wall_ms:.1f} ms | {row.cpu_ms:.1f} ms "
            f"| {row.wall_ratio:.2f} ({row.wall_ratio_quartiles[0]:.2f}-{row.wall_ratio_quartiles[1]:.2f}) "
            f"| {row.cpu_ratio:.2f} |"
            for name, row in summaries.items()
        ),
    ]


def cell(values: Mapping[str, float], name: str, unit: str) -> str:
    return f"{values[name]:g} {unit}" if name in values else ""
