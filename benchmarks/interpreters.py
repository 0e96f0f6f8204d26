"""The page docs/benchmarks/interpreters.md, from what `interpreter.py` measured; docs/generate.py writes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["lines"]


def lines(measured: dict[str, Any]) -> Iterator[str]:
    """The page: what ran, the mean, and one row per benchmark, the fastest against the other first."""
    first, *others = measured["subjects"]
    machine = measured["machine"]
    yield "# Interpreters beside each other"
    yield ""
    yield "Made from [interpreters.json](interpreters.json) by `make gen`; do not edit."
    yield ""
    for name, version in measured["subjects"].items():
        yield f"- **{name}**: {version}"
    yield ""
    yield (
        f"{len(measured['seconds'])} benchmarks of pyperformance, {machine['processors']} processors, kernel "
        f"{machine['kernel']}, load {machine['load']:.2f} at the end. The interpreters took turns; "
        f"rounds: {measured['rounds']}, processes in a round: {measured['processes']}, values of a process: "
        f"{measured['values']}. "
        "A ratio is that of medians; above 1, the first interpreter is faster. `python benchmarks/interpreter.py "
        "NAME=PYTHON NAME=PYTHON` repeats it."
    )
    yield ""
    for name in others:
        yield f"**Geometric mean against {name}: {measured['geometric_mean'][name]:.3f}**"
    yield ""
    yield f"| benchmark | {first} | {' | '.join(f'{name} | ratio' for name in others)} |"
    yield f"|---|---:|{'---:|---:|' * len(others)}"
    for benchmark, ratios in sorted(measured["faster"].items(), key=lambda item: -item[1][others[0]]):
        seconds = measured["seconds"][benchmark]
        rest = " | ".join(f"{_shown(seconds[name])} | {ratios[name]:.2f}" for name in others)
        yield f"| {benchmark} | {_shown(seconds[first])} | {rest} |"


def _shown(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"
