"""The code signature of a Mach-O file: who signed it, and whether its pages are still those that were signed.

Invariant: the certificate is not judged, only whether there is one; digests are made of bytes of the slice alone.
Source: xnu, osfmk/kern/cs_blobs.h (a super blob of blobs, big endian).
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

from pydist.binary.fat import MachOInvalid
from pydist.binary.span import Budget, Span

__all__ = ["Signature", "read_signature", "signature_matches"]

_SUPER_BLOB, _CODE_DIRECTORY, _CMS = 0xFADE0CC0, 0xFADE0C02, 0xFADE0B01
_AD_HOC, _HARDENED, _LINKER_SIGNED = 0x2, 0x10000, 0x20000
_HASHES = {1: "sha1", 2: "sha256", 3: "sha256", 4: "sha384"}
_TEAM_SINCE = 0x20200
_BLOBS = 64  # a signature has about five
_SMALLEST, _LARGEST = 1 << 12, 1 << 24  # bytes of a page; real ones have 4 or 16 KiB


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A code signature. `ad_hoc`: digests without a certificate; `linker_signed`: by a linker, for the same.

    `certified` tells whether there is a certificate, `hash` the digests' name, None for one that is not known.
    `code_limit` is how many bytes are signed, `page_size` 0 where they are one page; `digests_at` is the place of the
    digests in the slice, `digests` their number.
    """

    identifier: str
    team: str | None
    ad_hoc: bool
    linker_signed: bool
    hardened_runtime: bool
    certified: bool
    hash: str | None
    code_limit: int
    page_size: int
    digests_at: int
    digests: int
    digest_size: int


def read_signature(whole: Span, offset: int, size: int, budget: Budget) -> Signature:
    """The signature in the `size` bytes at `offset` of a slice. Raises `MachOInvalid`."""
    span = whole.part(offset, size, "the code signature")
    magic, _, count = span.unpack(struct.Struct(">III"), 0, "the code signature")
    if magic != _SUPER_BLOB or count > _BLOBS:
        raise MachOInvalid(f"a code signature with magic {magic:#x} and {count} parts")
    directories, certified = [], False
    for _, at in span.rows(struct.Struct(">II"), 12, count, "the parts of the code signature"):
        kind, length = span.unpack(struct.Struct(">II"), at, "a part of the code signature")
        if kind == _CODE_DIRECTORY:
            directories.append((offset + at, span.part(at, length, "the code directory")))
        certified |= kind == _CMS and length > 8
    if not directories:
        raise MachOInvalid("a code signature without a code directory")
    # Later directories repeat the first with stronger digests; signers put the oldest first.
    return _directory(*directories[-1], budget, certified=certified)


def _directory(place: int, span: Span, budget: Budget, *, certified: bool) -> Signature:
    form = struct.Struct(">IIIIIIIIIBBBB")
    _, _, version, flags, digests_at, identifier, _, slots, limit, size, kind, _, page = span.unpack(
        form, 0, "the code directory"
    )
    team = span.unpack(struct.Struct(">I"), 48, "the team")[0] if version >= _TEAM_SINCE else 0
    page_size = 1 << page if page else 0
    if page and not _SMALLEST <= page_size <= _LARGEST:
        raise MachOInvalid(f"a code signature of pages of 2**{page} bytes")
    span.part(digests_at, slots * size, "the digests of the code signature")
    return Signature(
        identifier=span.text(identifier, budget, "the signature's identifier"),
        team=span.text(team, budget, "the signature's team") if team else None,
        ad_hoc=bool(flags & _AD_HOC),
        linker_signed=bool(flags & _LINKER_SIGNED),
        hardened_runtime=bool(flags & _HARDENED),
        certified=certified,
        hash=_HASHES.get(kind),
        code_limit=limit,
        page_size=page_size,
        digests_at=place + digests_at,
        digests=slots,
        digest_size=size,
    )


def signature_matches(span: Span, signature: Signature) -> bool:
    """Whether all signed pages of the slice `span` are there and have the digests of `signature`."""
    limit, step, size = signature.code_limit, signature.page_size or signature.code_limit, signature.digest_size
    if signature.hash is None or not size or not 0 < limit <= len(span) or signature.digests != -(-limit // step):
        return False
    digests = span.part(signature.digests_at, signature.digests * size, "the digests of the code signature").view
    for number, start in enumerate(range(0, limit, step)):
        made = hashlib.new(signature.hash, span.view[start : min(start + step, limit)], usedforsecurity=False)
        if made.digest()[:size] != digests[number * size : (number + 1) * size]:
            return False
    return True
