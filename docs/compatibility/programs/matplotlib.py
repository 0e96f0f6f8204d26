# /// script
# dependencies = ["matplotlib"]
# ///
import io

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot

pyplot.plot([1, 2, 3])
pyplot.title("höher")
for kind in ("png", "pdf", "svg"):
    output = io.BytesIO()
    pyplot.savefig(output, format=kind)
    assert len(output.getvalue()) > 1000
