"""library.hashes: hashlib computes known digests (FIPS 180-4 and 202, RFC 7693, 7914 and 6070)."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from pydist.trial.probes.say import done, expect, problem

KNOWN = {
    "md5": "900150983cd24fb0d6963f7d28e17f72",
    "sha1": "a9993e364706816aba3e25717850c26c9cd0d89d",
    "sha224": "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
    "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "sha3_256": "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
    "blake2s": "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982",
}
for name in sorted(hashlib.algorithms_guaranteed):
    try:
        made = hashlib.new(name, b"abc", usedforsecurity=False)
    except ValueError as error:
        problem("is guaranteed and not there", where=f"hashlib.{name}", found=error)
        continue
    if name in KNOWN:
        expect("digest of 'abc'", made.hexdigest(), KNOWN[name], where=f"hashlib.{name}")
expect("HMAC-SHA-256", hmac.new(b"Jefe", b"what do ya want for nothing?", "sha256").hexdigest(),
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")  # fmt: skip
expect("PBKDF2", hashlib.pbkdf2_hmac("sha1", b"password", b"salt", 2).hex(), "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957")
expect("scrypt", hashlib.scrypt(b"", salt=b"", n=16, r=1, p=1, dklen=8).hex(), "77d6576238657b20")
expect("random bytes", len(secrets.token_bytes(32)), 32)
done(f"{len(hashlib.algorithms_available)} algorithms")
