"""The image of the container box, made once for each toolchain and kept by the engine under a tag that says of what.

Two layers of decisions: a *base* with Debian's programs, pulled by digest where a registry can be reached and else
bootstrapped from the Debian archive that this machine's apt uses; and on it the compiler and our tools.

Invariant: the same tag means the same compiler, tools and list of programs. The programs themselves are those of one
Debian release and no part of any key, as those of the host are not.
"""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from docker import APIClient
from docker.errors import APIError

from pydist.build.tools import PROGRAMS_FILE, place_tools, programs, tools_digest
from pydist.errors import EnvironmentLacking
from pydist.policy import needs, resources, targets
from pydist.policy.needs import NeedKind
from pydist.policy.toolchain import Toolchain
from pydist.progress import Reporter
from pydist.sources.debian import mirror
from pydist.store import Key, Store, digest_file

__all__ = ["BASE_IMAGES", "BOX_IMAGES", "box_image", "image_names"]

BASE_IMAGES, BOX_IMAGES = "pydist-base", "pydist-box"
"""The repositories of the images: what stands before the colon of a tag."""

_RELEASE = "bookworm"
_BASE, _BOX = "base.Dockerfile", "box.Dockerfile"
_TAIL = 5


def box_image(client: APIClient, toolchain: Toolchain, store: Store, reporter: Reporter) -> str:
    """The tag of the image, which is made if the engine does not have it (a minute or two).

    Raises `EnvironmentLacking` that says why there can be none.
    """
    base, tag = image_names(toolchain)
    with store.lock(tag.replace(":", "-")):
        if _has(client, tag):
            return tag
        reporter.step("image", "made once for each compiler")
        with tempfile.TemporaryDirectory(prefix="pydist-image-") as scratch:
            if not _has(client, base):
                _make_base(client, base, Path(scratch))
            _make_box(client, tag, base, toolchain, Path(scratch))
        reporter.finish("image", tag)
    return tag


def image_names(toolchain: Toolchain) -> tuple[str, str]:
    """The tags of the base and of the box on it that this code uses."""
    base = f"{BASE_IMAGES}:{_base_key().digest[:16]}"
    box = {
        "base": base,
        "file": digest_file(resources.containers() / _BOX),
        "tools": tools_digest(),
        "code": digest_file(Path(__file__).with_name("tools.py")),
        "toolchain": toolchain.digest,
    }
    return base, f"{BOX_IMAGES}:{Key.of('image', box).digest[:16]}"


def _base_key() -> Key:
    file = digest_file(resources.containers() / _BASE)
    return Key.of("image", {"file": file, "packages": _packages(), "release": _RELEASE})


def _packages() -> list[str]:
    """The Debian packages that building needs, and those that run what is built for any target."""
    rows = (need for need in needs.load() if need.kind is NeedKind.COMMAND and "build" in need.verbs)
    runners = (row.packages() for row in targets.load().values())
    return sorted({need.package for need in rows}.union(*runners))


def _make_base(client: APIClient, tag: str, scratch: Path) -> None:
    try:
        _build(client, tag, scratch, file=_BASE, content={}, arguments={"PACKAGES": " ".join(_packages())})
    except EnvironmentLacking as pulling:
        try:
            _bootstrap(client, tag, scratch)
        except EnvironmentLacking as error:
            raise EnvironmentLacking(
                f"the base image can be neither pulled nor made here.\n  pulling: {pulling}\n  mmdebstrap: {error}"
            ) from error


def _bootstrap(client: APIClient, tag: str, scratch: Path) -> None:
    """The same system from a Debian archive. mmdebstrap works as root and, with user namespaces, as anybody."""
    program = shutil.which("mmdebstrap")
    if program is None:
        raise EnvironmentLacking("there is no mmdebstrap; run: apt install mmdebstrap")
    tree = scratch / "base.tar"
    # Proxies and the like: mmdebstrap does not look into this machine's apt configuration.
    settings = scratch / "apt.conf"
    asked = subprocess.run(["apt-config", "dump", "Acquire"], capture_output=True, text=True, check=False)
    settings.write_text(asked.stdout, encoding="utf-8")
    command = [program, "--quiet", "--variant=minbase", f"--aptopt={settings}", f"--include={','.join(_packages())}",
               _RELEASE, str(tree), *filter(None, [mirror(_RELEASE)])]  # fmt: skip
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", check=False)  # fmt: skip
    if done.returncode != 0:
        raise EnvironmentLacking(f"{' '.join(command)} failed: {_last(done.stdout.splitlines())}")
    repository, _, name = tag.partition(":")
    answer = client.import_image_from_file(str(tree), repository=repository, tag=name)
    tree.unlink()
    if not _has(client, tag):
        raise EnvironmentLacking(f"the engine did not take the base image: {answer}")


def _make_box(client: APIClient, tag: str, base: str, toolchain: Toolchain, scratch: Path) -> None:
    tools = scratch / "path"
    tools.mkdir()
    place_tools(tools)
    listed = scratch / PROGRAMS_FILE
    listed.write_text("".join(f"{name}\n" for name in programs()), encoding="utf-8")
    content = {
        "toolchain": toolchain.folder,
        "box/path": tools,
        f"box/{PROGRAMS_FILE}": listed,
    }
    _build(client, tag, scratch, file=_BOX, content=content, arguments={"BASE": base}, network="none")


def _build(
    client: APIClient,
    tag: str,
    scratch: Path,
    *,
    file: str,
    content: Mapping[str, Path],
    arguments: Mapping[str, str],
    network: str | None = None,
) -> None:
    """Make `tag` from a Dockerfile of ours with the files and folders of `content`, by the names they have there."""
    with tempfile.TemporaryFile(dir=scratch) as context:
        with tarfile.open(fileobj=context, mode="w") as tar:
            tar.add(resources.containers() / file, "Dockerfile", filter=_plain)
            for name, path in content.items():
                tar.add(path, name, filter=_plain)
        context.seek(0)
        try:
            said = client.build(fileobj=context, custom_context=True, tag=tag, buildargs=dict(arguments), rm=True,
                                forcerm=True, network_mode=network, decode=True)  # fmt: skip
            errors = _errors(said)
        except APIError as error:
            errors = str(error)
    if errors or not _has(client, tag):
        raise EnvironmentLacking(f"the engine cannot build containers/{file}: {errors or 'it does not say why'}")


def _plain(info: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """As the wheel has it: no bytecode of this machine's Python, no owners."""
    if "__pycache__" in info.name:
        return None
    info.uid = info.gid = 0
    info.uname = info.gname = "root"
    info.mode = 0o755 if info.isdir() or info.mode & 0o100 else 0o644
    return info


def _errors(said: Iterator[Any]) -> str:
    """What went wrong in a build, with the last lines before it."""
    lines: deque[str] = deque(maxlen=_TAIL)
    for message in said:
        if "error" in message:
            return _last([*lines, str(message["error"])])
        lines += str(message.get("stream", "")).splitlines()
    return ""


def _last(lines: Iterable[str]) -> str:
    return " / ".join(line.strip() for line in deque((line for line in lines if line.strip()), maxlen=_TAIL))


def _has(client: APIClient, tag: str) -> bool:
    return bool(client.images(tag, quiet=True))
