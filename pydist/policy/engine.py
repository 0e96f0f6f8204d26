"""The Docker engine: whether one answers, and a connection to it.

Which engine is decided as for every client of it: `DOCKER_HOST` and its companions, or the machine's own socket.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from docker import APIClient
from docker.constants import DEFAULT_UNIX_SOCKET
from docker.errors import DockerException
from docker.utils import kwargs_from_env
from requests.exceptions import RequestException

from pydist.errors import EnvironmentLacking

__all__ = ["connect", "connected", "is_here", "look"]

# An engine on this machine answers in milliseconds; one at the end of a dead connection never does.
_ASKING_SECONDS = 5
_ANSWER_SECONDS = 24 * 3600  # the longest that a step may run without a word


def look() -> str | None:
    """What the engine says it is, or None where none answers."""
    try:
        client = _client(_ASKING_SECONDS)
        try:
            version = client.version()
        finally:
            client.close()
    except (DockerException, RequestException, OSError):
        return None
    return f"Docker engine {version.get('Version', '?')} at {_place()}"


def is_here() -> bool:
    """Whether the engine that would be asked is reached by a socket of this machine."""
    return _place().startswith("unix://")


def connect(*, seconds: int = _ANSWER_SECONDS) -> APIClient:
    """A connection for one thread, to be closed after use, with `seconds` for one answer.

    Raises `EnvironmentLacking` where no engine answers.
    """
    try:
        client = _client(_ASKING_SECONDS)
        client.ping()
    except (DockerException, RequestException, OSError) as error:
        raise EnvironmentLacking(
            f"no Docker engine answers at {_place()} ({error}); install and start one (apt install docker.io), "
            "name one in DOCKER_HOST, or build with --box host"
        ) from error
    client.timeout = seconds
    return client


@contextmanager
def connected(*, seconds: int = _ANSWER_SECONDS) -> Iterator[APIClient]:
    """A connection inside, whose failures are those of the environment."""
    client = connect(seconds=seconds)
    try:
        yield client
    except (DockerException, RequestException) as error:
        raise EnvironmentLacking(f"the Docker engine failed: {error}") from error
    finally:
        client.close()


def _client(seconds: int) -> APIClient:
    place = _place()
    if place.startswith("unix://"):
        # The client library does not close the socket when this fails.
        with socket.socket(socket.AF_UNIX) as trial:
            trial.settimeout(seconds)
            trial.connect(place.removeprefix("unix://"))
    return APIClient(version="auto", timeout=seconds, **kwargs_from_env())


def _place() -> str:
    return os.environ.get("DOCKER_HOST") or DEFAULT_UNIX_SOCKET.removeprefix("http+")
