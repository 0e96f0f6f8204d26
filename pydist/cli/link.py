"""`pydist link`: an application becomes one file."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.text import Text

from pydist.cli.files import write_whole
from pydist.cli.options import add_file, add_json, add_quiet
from pydist.cli.terminal import Terminal, plain
from pydist.link.app import Request
from pydist.link.link import link
from pydist.link.report import STANDARD_LIBRARY, LicenceFacts, LinkReport, SizeFacts
from pydist.manifest.convert import encode
from pydist.policy import defaults

__all__ = ["configure", "licences_line", "run"]

_EXAMPLES = """\
examples:
  pydist link hello.py                      a script, with its PEP 723 dependencies
  pydist link . -o dist/tool                a project folder with one entry in [project.scripts]
  pydist link httpie --script http -o http  a package of the registry
  pydist link . -m package.module           a module instead of a script
  pydist link . --script a --script b       both in one file, chosen by its name or by the first argument

Settings may stand in [tool.pydist] of pyproject.toml or of a script's block: python, target, script, scripts, module,
distribution, with, include, exclude, sources, optimize, allow-missing, bring, locked, strict-memory, rehearse,
fast-exit. A flag overrides the setting of the same name; lists add to it.
"""
_FEW = 4
_PARTS = {
    "interpreter": "interpreter and libraries",
    "stdlib_code": "standard library, compiled",
    "stdlib_files": "standard library, sources",
    "packages": "packages",
    "application": "application",
    "tables": "tables",
}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    parser.add_argument("app", metavar="APP", help="project folder, script, wheel, or requirement like httpie==3.2.4")
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        help="file to write (default: the script's name); folders on the way to it are made",
    )
    parser.add_argument("--dist", metavar="DIST", help="distribution: archive, folder, version (default: the store's)")
    parser.add_argument("--python", metavar="VERSION", help=f"Python version (default: {defaults.PYTHON})")
    parser.add_argument("--target", metavar="TRIPLE", help=f"target triple (default: {defaults.TARGET})")
    entry = parser.add_mutually_exclusive_group()
    entry.add_argument("--script", metavar="NAME", dest="scripts", action="append", default=[],
                       help="start at this script of a package; repeated: at the one that is called")  # fmt: skip
    entry.add_argument("-m", "--module", metavar="MODULE", help="start at this module, as python -m does")
    parser.add_argument("--with", metavar="REQ", dest="with_", action="append", default=[],
                        help="a further requirement; may be repeated")  # fmt: skip
    parser.add_argument("--allow-missing", metavar="MODULE", action="append", default=[],
                        help="link although this module is imported at start and missing; may be repeated")  # fmt: skip
    parser.add_argument("--bring", metavar="LIBRARY", action="append", default=[],
                        help="take along a library that wheels leave to the system, such as libstdc++.so.6: a name "
                        "or a path; may be repeated")  # fmt: skip
    parser.add_argument("--locked", action="store_true",
                        help="make sys.executable no Python for children, but for multiprocessing")  # fmt: skip
    parser.add_argument("--strict-memory", action="store_true",
                        help="refuse what would have to be unpacked to a disk")  # fmt: skip
    parser.add_argument("--fast-exit", action="store_true",
                        help="end the process without clearing what is in memory: what __del__ would do at its end is "
                        "not done")  # fmt: skip
    for name, what in (("include", "bring back files that rules leave out"), ("exclude", "leave out files")):
        about = f"{what}: a glob of paths below site-packages or the standard library; may be repeated"
        parser.add_argument(f"--{name}", metavar="GLOB", action="append", default=[], help=about)
    parser.add_argument("--sources", action=argparse.BooleanOptionalAction, default=None,
                        help="carry the sources of modules beside their code (default: yes)")  # fmt: skip
    parser.add_argument("--optimize", type=int, choices=(0, 1, 2), help="1: no assert, as python -O; 2: no docstrings")
    parser.add_argument("--rehearse", action=argparse.BooleanOptionalAction, default=None,
                        help="import the packages once now, so that the application does not compile patterns and "
                        "generated code at each start (default: yes)")  # fmt: skip
    add_file(parser, "--sbom", "write a bill of materials (CycloneDX)")
    parser.add_argument("--explain", action="store_true", help="say why each part was chosen")
    add_json(parser)
    add_quiet(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    request = Request(
        app=args.app, output=args.output, distribution=args.dist, python=args.python, target=args.target,
        scripts=tuple(args.scripts), module=args.module, with_=tuple(args.with_), include=tuple(args.include),
        exclude=tuple(args.exclude), sources=args.sources, optimize=args.optimize,
        allow_missing=tuple(args.allow_missing), bring=tuple(args.bring), locked=args.locked,
        strict_memory=args.strict_memory, rehearse=args.rehearse, fast_exit=args.fast_exit,
    )  # fmt: skip
    report = link(request, reporter=terminal)
    if args.sbom is not None:
        # Here, because its library is slow to load.
        from pydist.link.bill import bill_of_materials

        write_whole(args.sbom, bill_of_materials(report.contents))
    if args.json:
        terminal.result_json(encode(report))
        return 0
    for note in report.notes:
        terminal.note(note)
    if not args.quiet:
        terminal.result(Text(plain("\n".join(_lines(report, explain=args.explain)))))
    return 0


def _lines(report: LinkReport, *, explain: bool) -> list[str]:
    contents = report.contents
    packages = [f"{package.name} {package.version}" for package in contents.packages]
    lines = [
        f"{report.output}  {_megabytes(report.size)}",
        f"  distribution  {report.reasons['distribution']}",
        f"  starts  {contents.entry}",
        *(f"  {_megabytes(size):>8}  {_PARTS[name]}" for name, size in _sizes(report.sizes) if size),
        f"  packages  {', '.join(packages) or 'none'}",
        f"  licences  {licences_line(report.licences)}",
        *_left_out(report),
        f"  needs  {', '.join(report.needs) or 'nothing but a Linux kernel'}",
        *_plugin_needs(report, explain=explain),
        f"  touches the disk at run time  {', '.join(report.touches_disk) or 'nothing'}",
        f"  linked in {report.seconds:.2f} s",
    ]
    if explain:
        lines += ["why", *(f"  {name}  {reason}" for name, reason in report.reasons.items() if name != "distribution")]
        lines += [
            "left out",
            *(f"  {row.part}  {row.name}, {_megabytes(row.size)}: {row.reason}" for row in report.left_out),
        ]
    return lines


def licences_line(facts: LicenceFacts) -> str:
    """What the summary says of licences: that there is no copyleft only where all are known."""
    parts = [f"{name} ({', '.join(items)})" for name, items in facts.copyleft.items()]
    if not facts.unknown:
        return f"copyleft: {', '.join(parts)}" if parts else "no copyleft"
    return f"copyleft: {', '.join(parts) or 'none known'}; not known: {', '.join(facts.unknown)}"


def _left_out(report: LinkReport) -> list[str]:
    """What rules left out of packages, in one line."""
    sizes: dict[str, int] = {}
    for row in report.left_out:
        if row.part != STANDARD_LIBRARY:
            sizes[row.name] = sizes.get(row.name, 0) + row.size
    if not sizes:
        return []
    kinds = ", ".join(f"{name} {_megabytes(size)}" for name, size in sorted(sizes.items(), key=lambda item: -item[1]))
    return [f"  left out of packages  {kinds} (--explain: of which; --include GLOB: bring back)"]


def _plugin_needs(report: LinkReport, *, explain: bool) -> list[str]:
    """What only plugins need: shortly, or with those that do."""
    needs = report.plugin_needs
    if not needs:
        return []
    if explain:
        return ["  plugins in it need", *(f"    {name}: {', '.join(paths)}" for name, paths in needs.items())]
    shown = ", ".join(needs) if len(needs) <= _FEW else f"{len(needs)} libraries (--explain: which)"
    return [f"  plugins in it need  {shown}"]


def _sizes(sizes: SizeFacts) -> list[tuple[str, int]]:
    return [(name, getattr(sizes, name)) for name in _PARTS]


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size / 1e3:.1f} kB"
