# /// script
# requires-python = ">=3.12"
# dependencies = []
#
# [tool.pydist]
# include = ["words.py", "texts/*.txt"]
# ///
"""A script with a module and a text beside it, which its block names."""

import sys
from pathlib import Path

from words import count

text = Path(__file__).with_name("texts") / "poem.txt"
source = __loader__.get_data(str(text)).decode()
print(count(source), __name__, Path(__file__).name, sys.argv[1:])
