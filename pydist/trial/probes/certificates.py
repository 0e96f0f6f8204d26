"""library.certificates: a context that verifies, with the certificates of the system."""

from __future__ import annotations

import glob
import ssl

from pydist.trial.probes.say import done, expect, lacking, problem

# Where Debian, Fedora, SUSE, Alpine and FreeBSD keep them.
PLACES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
          "/etc/ssl/cert.pem", "/etc/ssl/certs/*.0")  # fmt: skip

context = ssl.create_default_context()
expect("the default context checks names", context.check_hostname, True)
expect("the default context requires a certificate", context.verify_mode, ssl.CERT_REQUIRED)
expect("OpenSSL knows TLS 1.3", ssl.HAS_TLSv1_3, True)
paths = ssl.get_default_verify_paths()
there = [place for place in PLACES if glob.glob(place)]
if not there:
    lacking("certificates of authorities; run: apt install ca-certificates")
# A folder of certificates is read when one is needed, a file at once.
loaded = len(context.get_ca_certs())
if not loaded and not glob.glob(f"{paths.capath or '/nowhere'}/*.0"):
    problem("finds no certificates", where="ssl.get_default_verify_paths()", expected=f"one of {', '.join(there)}",
            found=f"{paths.openssl_cafile}, {paths.openssl_capath}")  # fmt: skip
done(f"{ssl.OPENSSL_VERSION}, {loaded} certificates at once")
