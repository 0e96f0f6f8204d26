"""Run CPython's own test-suite with the distribution that this file stands in.

usage: python/install/bin/python3 python/build/run_tests.py [arguments of `python -m test`]
"""

import subprocess
import sys

sys.exit(subprocess.call([sys.executable, "-m", "test", *sys.argv[1:]]))
