# /// script
# dependencies = ["polars"]
# ///
import polars

assert polars.DataFrame({"a": [1, 2, 3]}).select(polars.col("a").sum()).item() == 6
