"""Applications of the package registry, linked and run: what a newcomer types first."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from pathlib import Path

import pytest

from pydist.errors import InputError
from pydist.link.app import Request
from pydist.link.dist import Distribution
from pydist.link.link import link
from pydist.policy import defaults
from pydist.progress import Silent
from pydist.store import Store

pytestmark = [pytest.mark.slow, pytest.mark.network]

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"


class Builds(Silent):
    """Counts wheels that are built."""

    count = 0

    def step(self, name: str, detail: str = "") -> None:
        self.count += name == "build"


def output(program: Path, *arguments: str) -> str:
    done = subprocess.run([str(program), *arguments], env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_httpie_runs_and_takes_pure_wheels(distribution: Distribution, store: Store, tmp_path: Path) -> None:
    report = link(Request(app="httpie", scripts=("http",), output=tmp_path / "http"), store=store)
    files = {package.name: package.file for package in report.contents.packages}
    assert files["charset-normalizer"].endswith("-none-any.whl")
    assert output(tmp_path / "http", "--version").strip() == next(
        package.version for package in report.contents.packages if package.name == "httpie"
    )
    request = output(tmp_path / "http", "--offline", "--ignore-stdin", "POST", "example.org", "a=1")
    assert request.startswith("POST / HTTP/1.1")
    assert '{"a": "1"}' in request


def test_a_script_with_dependencies_that_build_without_their_native_part(
    distribution: Distribution, store: Store, tmp_path: Path
) -> None:
    script = tmp_path / "render.py"
    script.write_text(
        "# /// script\n# dependencies = ['click', 'jinja2', 'pyyaml']\n# ///\n"
        "import click, jinja2, yaml\n"
        "@click.command()\n@click.argument('name')\n"
        "def main(name):\n"
        "    click.echo(jinja2.Template('<{{ n | e }}>').render(n=yaml.safe_load(name)))\n"
        "main()\n"
    )
    report = link(Request(app=str(script), output=tmp_path / "render"), store=store)
    assert output(tmp_path / "render", "'a & b'") == "<a &amp; b>\n"
    built_without = [note.partition(" ")[0] for note in report.notes if "without its native code" in note]
    assert built_without == ["PyYAML"]


def test_pkg_resources_knows_what_is_inside(distribution: Distribution, store: Store, tmp_path: Path) -> None:
    script = tmp_path / "shop.py"
    script.write_text(
        "# /// script\n# dependencies = ['jinja2', 'pygments', 'setuptools<81']\n# ///\n"
        "import pkg_resources as p\n"
        "print([each.project_name for each in p.require('jinja2')], p.get_distribution('pygments').location)\n"
        "print([str(each) for each in p.iter_entry_points('console_scripts', 'pygmentize')])\n"
        "print(open(p.resource_filename('pygments', 'styles/_mapping.py')).readline().split()[:3])\n"
        "print({'jinja2', 'pygments', 'setuptools'} <= {each.key for each in p.working_set})\n"
    )
    link(Request(app=str(script), output=tmp_path / "shop"), store=store)
    assert output(tmp_path / "shop").splitlines() == [
        f"['jinja2', 'markupsafe'] {tmp_path}/shop/lib/python3.14/site-packages",
        "['pygmentize = pygments.cmdline:main']",
        "['#', 'Automatically', 'generated']",
        "True",
    ]


@pytest.fixture
def _no_glibc(monkeypatch: pytest.MonkeyPatch) -> None:
    """The store has no distribution for the target that applications with native code are linked for."""
    monkeypatch.setattr(defaults, "NATIVE_TARGET", "x86_64_v4-unknown-linux-gnu")


@pytest.mark.usefixtures("_no_glibc")
def test_numpy_is_refused_by_name(distribution: Distribution, store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"numpy [\d.]+: numpy-.*linux.*\.whl"):
        link(Request(app="numpy", module="numpy", output=tmp_path / "x"), store=store)


@pytest.mark.usefixtures("_no_glibc")
def test_a_refused_package_is_shown_with_what_requires_it(
    distribution: Distribution, store: Store, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"pydantic-core [\d.]+ \(pydantic > pydantic-core\): pydantic_core-"):
        link(Request(app="pydantic", module="pydantic", output=tmp_path / "x"), store=store)


def test_an_unknown_package_is_named(distribution: Distribution, store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="pydist-no-such-package-anywhere"):
        link(Request(app="pydist-no-such-package-anywhere", output=tmp_path / "x"), store=store)


def test_the_example_project_runs(distribution: Distribution, store: Store, tmp_path: Path) -> None:
    link(Request(app=str(EXAMPLES / "elements"), output=tmp_path / "elements"), store=store)
    assert "--help" in output(tmp_path / "elements", "--help")


@pytest.mark.parametrize("backend", ["setuptools", "hatchling"])
def test_a_project_is_linked_again_after_an_edit_without_its_backend_and_as_from_nothing(
    distribution: Distribution, store: Store, tmp_path: Path, backend: str
) -> None:
    project = tmp_path / "tool"
    (project / "src/tool").mkdir(parents=True)
    (project / "pyproject.toml").write_text(
        f"[build-system]\nrequires = ['{backend}']\nbuild-backend = "
        f"'{'setuptools.build_meta' if backend == 'setuptools' else 'hatchling.build'}'\n"
        f"[project]\nname = 'tool'\nversion = '1'\ndescription = 'new to the store: {uuid.uuid4()}'\n"
        "scripts = {tool = 'tool:main'}\n"
    )
    module = project / "src/tool/__init__.py"
    builds = Builds()
    for number in range(3):
        module.write_text(f"def main():\n    print({number})\n")
        link(Request(app=str(project), output=tmp_path / "edited"), store=store, reporter=builds)
        assert output(tmp_path / "edited") == f"{number}\n"
    assert builds.count == 1
    # Another folder's name makes everything new, and is not in the result.
    shutil.copytree(project, tmp_path / "other")
    link(Request(app=str(tmp_path / "other"), output=tmp_path / "anew"), store=store, reporter=builds)
    assert builds.count == 2
    assert (tmp_path / "anew").read_bytes() == (tmp_path / "edited").read_bytes()
