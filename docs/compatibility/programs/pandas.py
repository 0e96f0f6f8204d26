# /// script
# dependencies = ["pandas"]
# ///
import io

import pandas as pd

table = pd.read_csv(io.StringIO("day,value\n2024-01-01,1\n2024-01-02,2\n"), parse_dates=["day"])
assert table.set_index("day").value.resample("ME").sum().iloc[0] == 3
assert str(table.day.dt.tz_localize("Europe/Berlin").dt.tz) == "Europe/Berlin"
