# /// script
# dependencies = ["shapely"]
# ///
from shapely import Point

assert 3 < Point(0, 0).buffer(1).area < 3.2
