# /// script
# dependencies = ["requests"]
# ///
import os

import certifi
import requests

assert os.path.getsize(certifi.where()) > 100_000
try:
    requests.get("https://127.0.0.1:1/", timeout=5)
except requests.exceptions.ConnectionError as error:
    assert "refused" in str(error)
