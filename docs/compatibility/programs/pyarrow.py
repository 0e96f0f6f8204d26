# /// script
# dependencies = ["pyarrow"]
# ///
import pyarrow
from pyarrow import compute, parquet

table = pyarrow.table({"a": [1, 2]})
buffer = pyarrow.BufferOutputStream()
parquet.write_table(table, buffer)
assert compute.sum(parquet.read_table(pyarrow.BufferReader(buffer.getvalue()))["a"]).as_py() == 3
