"""Writes what is made from the code: `schema/`, and in `docs/reference/` everything below the line `MARK`.

`make gen` writes; `--check` changes nothing and ends with 1 when something would change.
"""

from __future__ import annotations

import argparse
import importlib
import json
import re
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydist.cli import main as command_line
from pydist.cli.schemas import DOCUMENTS
from pydist.examine.checks import load_checks
from pydist.manifest.quirks import load_quirks
from pydist.manifest.schema import schema_of
from pydist.manifest.versions import load_versions
from pydist.policy.features import compared_with, load_allowances
from pydist.trial.failures import load_failures
from pydist.validate.profiles import load_profiles
from pydist.validate.rules import Rule, load_rules
from pydist.validate.series import load_series

CHECKOUT = Path(__file__).resolve().parent.parent
INTERPRETERS = CHECKOUT / "docs" / "benchmarks" / "interpreters.json"
MARK = "<!-- made from the code by `make gen`: do not edit below -->"


def main() -> int:
    parser = argparse.ArgumentParser(prog="generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say what would change")
    check = parser.parse_args().check
    changed = [path for path, text in files() if write(path, text, check)]
    for path in changed:
        print(f"{'not up to date' if check else 'wrote'}: {path.relative_to(CHECKOUT)}")
    return 1 if check and changed else 0


def files() -> Iterator[tuple[Path, str]]:
    """Every generated file with its text."""
    made = {name: schema_of(kind, name) for name, kind in DOCUMENTS.items()}
    for name, schema in made.items():
        yield CHECKOUT / "schema" / name, json.dumps(schema, indent=2, sort_keys=True) + "\n"
    yield below_mark("cli.md", commands())
    yield below_mark("rules.md", rules())
    yield below_mark("checks.md", checks())
    yield below_mark("known-failures.md", known_failures())
    yield below_mark("features.md", features())
    yield CHECKOUT / "README.md", with_speed((CHECKOUT / "README.md").read_text(encoding="utf-8"))
    yield below_mark("builds.md", table_of_builds())
    yield below_mark("compatibility.md", table_of_applications())
    yield INTERPRETERS.with_suffix(".md"), "\n".join([*interpreters(), ""])
    yield below_mark("manifest.md", about_manifests(made["python-json-8.schema.json"]))
    yield below_mark("pydist-json.md", keys(made["pydist-json-1.schema.json"]))


def write(path: Path, text: str, check: bool) -> bool:
    """Whether `path` has another text; unless `check`, it gets this one."""
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return False
    if not check:
        path.write_text(text, encoding="utf-8")
    return True


def below_mark(name: str, lines: Iterator[str]) -> tuple[Path, str]:
    """A page of the reference: what people wrote above the mark, and `lines` below it."""
    path = CHECKOUT / "docs" / "reference" / name
    above = path.read_text(encoding="utf-8").partition(MARK)[0].rstrip()
    return path, "\n".join([above, "", MARK, "", *lines, ""])


def with_speed(readme: str) -> str:
    """The README with the figures of the newest benchmarks between the lines that mark their place."""
    lines = runpy.run_path(str(CHECKOUT / "benchmarks" / "summary.py"))["lines"]()
    before, rest = readme.split("<!-- speed -->", 1)
    after = rest.split("<!-- /speed -->", 1)[1]
    return "\n".join([f"{before}<!-- speed -->", *lines, f"<!-- /speed -->{after}"])


def interpreters() -> Iterator[str]:
    """What `benchmarks/interpreter.py` measured."""
    page = runpy.run_path(str(CHECKOUT / "benchmarks" / "interpreters.py"))
    yield from page["lines"](json.loads(INTERPRETERS.read_bytes()))


def table_of_builds() -> Iterator[str]:
    """What `make builds` built and tested."""
    yield from runpy.run_path(str(CHECKOUT / "docs" / "builds" / "table.py"))["lines"]()


def table_of_applications() -> Iterator[str]:
    """What `make compatibility` linked and used, and which tests `make suites` ran."""
    yield from runpy.run_path(str(CHECKOUT / "docs" / "compatibility" / "summary.py"))["lines"]()


def commands() -> Iterator[str]:
    """Every command with its arguments."""
    for name, meaning in command_line._COMMANDS.items():
        try:
            module = importlib.import_module(f"pydist.cli.{name}")
        except ModuleNotFoundError:
            continue
        parser = argparse.ArgumentParser(prog=f"pydist {name}")
        module.configure(parser)
        yield from command(name, meaning, parser)


def command(name: str, meaning: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    yield f"## pydist {name}"
    yield ""
    yield f"{meaning[0].upper()}{meaning[1:]}."
    yield ""
    yield from examples(parser.epilog or "")
    actions = [action for action in parser._actions if not isinstance(action, argparse._HelpAction)]
    subparsers = [action for action in actions if isinstance(action, argparse._SubParsersAction)]
    plain = [action for action in actions if action not in subparsers and action.help != argparse.SUPPRESS]
    if plain:
        yield "| argument | meaning |"
        yield "|---|---|"
        yield from (f"| {spelling(action)} | {explanation(action)} |" for action in plain)
        yield ""
    yield from targets(parser.epilog or "")
    for sub in subparsers:
        meanings = {choice.dest: choice.help or "" for choice in sub._choices_actions}
        for choice, child in sub.choices.items():
            yield from command(f"{name} {choice}", meanings.get(choice) or choice, child)


def examples(epilog: str) -> Iterator[str]:
    """The command lines of `example: …`, or of the indented lines below `examples:`."""
    found = [line.removeprefix("example: ") for line in epilog.splitlines() if line.startswith("example: ")]
    _, _, below = epilog.partition("examples:\n")
    found += [line.strip() for line in below.partition("\n\n")[0].splitlines()]
    yield from ("    " + re.sub(r"( {2,})", r"\1# ", line, count=1) for line in found)
    if found:
        yield ""


def targets(epilog: str) -> Iterator[str]:
    """The lines below `targets…:`."""
    for paragraph in epilog.split("\n\n"):
        if paragraph.startswith("targets"):
            heading, *rows = paragraph.splitlines()
            yield from (f"{heading[0].upper()}{heading[1:]}", "", *(f"  {row}" for row in rows), "")


def spelling(action: argparse.Action) -> str:
    if not action.option_strings:
        return f"`{action.metavar or action.dest}`{' …' if action.nargs in ('+', '*') else ''}"
    value = ""
    if action.nargs != 0:
        value = f" {action.metavar or '|'.join(map(str, action.choices or [action.dest.upper()]))}"
    return ", ".join(f"`{option}{value}`" for option in action.option_strings).replace("|", "\\|")


def explanation(action: argparse.Action) -> str:
    values = {**vars(action), "prog": "pydist", "default": action.default}
    return ((action.help or "") % values).replace("|", "\\|")


def rules() -> Iterator[str]:
    """The rules of `pydist validate`."""
    yield from profiles()
    yield "| rule | severity | of | profiles | what holds in a good archive | what to do otherwise |"
    yield "|---|---|---|---|---|---|"
    for rule in load_rules().values():
        targets = " ".join(f"`{pattern}`" for pattern in rule.targets) or "all"
        cells = (f"`{rule.id}`", rule.severity, targets, demanded(rule), rule.meaning, rule.fix)
        yield f"| {' | '.join(cells)} |".replace("\n", " ")


def profiles() -> Iterator[str]:
    """The profiles of `pydist validate`."""
    yield "| profile | of what |"
    yield "|---|---|"
    yield from (f"| `{profile.name}` | {profile.meaning} |" for profile in load_profiles().values())
    yield ""


def demanded(rule: Rule) -> str:
    """The profiles that demand `rule`, each with its severity where that is another than usual."""
    made = []
    for profile in load_profiles().values():
        if rule.id in profile.rules and not profile.fits:
            severity = profile.severity(rule.id, rule.severity)
            made.append(profile.name if severity is rule.severity else f"{profile.name} ({severity})")
    return ", ".join(made)


def checks() -> Iterator[str]:
    """The checks of `pydist test`."""
    yield "| check | what holds in a good distribution | promised for |"
    yield "|---|---|---|"
    for check in load_checks().values():
        kind = " ".join(filter(None, [check.linking, "" if check.only == "*" else f"`{check.only}`"])) or "all"
        yield f"| `{check.id}` | {check.promise} | {kind} |"


def known_failures() -> Iterator[str]:
    """The table of tests of CPython that fail for a reason."""
    yield "| test | reason | where |"
    yield "|---|---|---|"
    for row in load_failures().rows:
        places = [f"`{pattern}`" for pattern in row.targets if pattern != "*"]
        places += [f"+{option}" for option in row.options] + [f"Python {series}" for series in row.series]
        places += [f"depends on: {row.sometimes}"] if row.sometimes else []
        yield f"| `{row.test}` | {row.reason} | {', '.join(places) or 'everywhere'} |"


def features() -> Iterator[str]:
    """What each series is compared with, and what a distribution may lack of that."""
    yield "| Python | what is expected |"
    yield "|---|---|"
    for series in load_series():
        recorded = compared_with(series)
        both = f"what the native builds of {' and '.join(recorded)} both have"
        none = "nothing was recorded: `run.inventory` and `feature.native` are not applicable"
        yield f"| {series} | {'what its native build has' if recorded == (series,) else both if recorded else none} |"
    yield ""
    yield from allowances()


def allowances() -> Iterator[str]:
    """The table of what a distribution may lack of a native build."""
    yield "| what | of | may be missing because | where |"
    yield "|---|---|---|---|"
    for row in load_allowances():
        linking = {True: "static", False: "dynamic", None: ""}[row.static]
        where = " ".join(filter(None, ["" if row.target == "*" else f"`{row.target}`", linking])) or "everywhere"
        reason = f"{row.reason} (depends on: {row.sometimes})" if row.sometimes else row.reason
        names = ", ".join(f"`{name}`" for name in row.names)
        yield f"| {names} | {row.group} | {reason} | {where} |".replace("\n", " ")


def about_manifests(schema: dict[str, Any]) -> Iterator[str]:
    """The keys of version 8, what older versions lack, and the known oddities."""
    table = load_versions()
    yield from keys(schema)
    yield "## Versions"
    yield ""
    yield "| version | since | archives | what came with it | schema |"
    yield "|---|---|---|---|---|"
    for row in table.versions.values():
        name = f"python-json-{row.number}.schema.json"
        yield f"| {row.number} | {row.since} | {row.archives} | {row.what} | [`{name}`](../../schema/{name}) |"
    yield ""
    yield "Keys that are no longer there, all of them texts:"
    yield ""
    yield "| key | versions | read as | meaning |"
    yield "|---|---|---|---|"
    for old in table.retired.values():
        into = ", ".join(f"`{key}`" for key in old.into)
        yield f"| `{old.name}` | {old.since} to {old.until} | {into} | {old.what} |"
    yield ""
    yield "Keys that came later, and what cannot be said without them:"
    yield ""
    yield "| key | since | made of, in older versions | what its absence costs |"
    yield "|---|---|---|---|"
    for key in table.keys.values():
        made_of = ", ".join(f"`{name}`" for name in key.made_of)
        yield f"| `{key.name}` | {key.since} | {made_of} | {key.cost or 'nothing: it is optional'} |"
    yield ""
    yield "## Quirks"
    yield ""
    yield "| quirk | what is odd | archives | how it is recognised | what is done |"
    yield "|---|---|---|---|---|"
    for quirk in load_quirks().values():
        cells = (f"`{quirk.id}`", quirk.meaning, quirk.releases, quirk.recognised, quirk.done)
        yield f"| {' | '.join(cells)} |"


def keys(schema: dict[str, Any]) -> Iterator[str]:
    """The keys of a document and of every object inside it, from its schema."""
    yield from section(schema["title"], schema)
    for name, definition in schema["$defs"].items():
        yield from section(name, definition)


def section(title: str, schema: dict[str, Any]) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    yield schema["description"]
    yield ""
    yield "| key | type | | meaning |"
    yield "|---|---|---|---|"
    for key, value in schema["properties"].items():
        need = "required" if key in schema["required"] else "optional"
        yield f"| `{key}` | {type_of(value)} | {need} | {value.get('description', '')} |"
    yield ""


def type_of(value: dict[str, Any]) -> str:
    """A schema in words."""
    if "$ref" in value:
        name = value["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in value:
        return " or ".join(type_of(choice) for choice in value["anyOf"])
    if "enum" in value:
        return " or ".join(f"`{json.dumps(choice)}`" for choice in value["enum"])
    if value["type"] == "array":
        return f"list of {type_of(value['items'])}"
    if value["type"] == "object":
        return f"object: name to {type_of(value['additionalProperties'])}"
    return "digest" if "pattern" in value else str(value["type"])


if __name__ == "__main__":
    sys.exit(main())
