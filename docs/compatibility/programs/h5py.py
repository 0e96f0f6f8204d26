# /// script
# dependencies = ["h5py"]
# ///
import io

import h5py
import numpy as np

memory = io.BytesIO()
with h5py.File(memory, "w") as file:
    file["numbers"] = np.arange(3)
with h5py.File(memory) as file:
    assert file["numbers"][:].sum() == 3
