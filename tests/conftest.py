"""What tests share: where pydist comes from, their order, and results that take minutes to make.

Invariant: a run leaves nothing on the machine. Its store is private to it, unless `PYDIST_CACHE` names one.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import pydist
from pydist.archive.extract import extract
from pydist.link.dist import Distribution, choose_distribution
from pydist.progress import Silent
from pydist.store import Store
from pydist.target import Target

CHECKOUT = Path(__file__).resolve().parent.parent
PYTHON = "3.14"
TARGET = "x86_64-unknown-linux-musl"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--installed", action="store_true", help="refuse to run unless pydist is an installed wheel")


def pytest_configure(config: pytest.Config) -> None:
    """Make sure that the tests and the processes they start import the same pydist, wherever they run."""
    # A shell without job control starts what runs in the background (`.ci/run &`) deaf to this, and all its children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    package = Path(pydist.__file__).resolve().parent
    if not config.getoption("--installed"):
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(package.parent), os.environ.get("PYTHONPATH")]))
    elif package == CHECKOUT / "pydist":
        raise pytest.UsageError(f"--installed: pydist was imported from the checkout, {package}")
    else:
        # Without it `python -m pydist`, started in the checkout, takes the folder beside it.
        os.environ["PYTHONSAFEPATH"] = "1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Fast tests first: a mistake shows in seconds and not after a build."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)


@pytest.fixture(scope="session")
def installed(pytestconfig: pytest.Config) -> Path:
    """The folder of the installed package; tests that need it are skipped when run from the checkout."""
    if not pytestconfig.getoption("--installed"):
        pytest.skip("needs the installed wheel: make test")
    return Path(pydist.__file__).resolve().parent


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store for all tests of the run; child processes find it through the environment."""
    before = os.environ.get("PYDIST_CACHE")
    if before is None:
        os.environ["PYDIST_CACHE"] = str(tmp_path_factory.mktemp("store"))
    yield Store.default()
    if before is None:
        del os.environ["PYDIST_CACHE"]


@pytest.fixture(scope="session")
def distribution(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Distribution:
    """The distribution of Python 3.14 for static musl that this pydist builds; what the store has is not made again."""
    _built(TARGET, tmp_path_factory.mktemp("dist"))
    return choose_distribution(None, PYTHON, Target.parse(TARGET), store, Silent())


@pytest.fixture(scope="session")
def tree(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A function: where the distribution of a target (and of options, if not the target's own) is unpacked."""
    made: dict[tuple[str, ...], Path] = {}

    def unpacked(target: str, *options: str) -> Path:
        if (target, *options) not in made:
            folder = tmp_path_factory.mktemp("tree")
            archive = _built(target, folder, *(f"--options={words}" for words in options))
            extract(archive, folder)
            made[target, *options] = folder / "python"
        return made[target, *options]

    return unpacked


def _built(target: str, output: Path, *options: str) -> Path:
    command = [sys.executable, "-m", "pydist", "build", "--json", "--python", PYTHON, "--target", target, *options]
    done = subprocess.run([*command, "--output", output], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    return Path(json.loads(done.stdout)["full"]["path"])
