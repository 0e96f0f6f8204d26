# /// script
# dependencies = ["psutil"]
# ///
import os

import psutil

assert psutil.Process().pid == os.getpid()
assert psutil.cpu_count()
