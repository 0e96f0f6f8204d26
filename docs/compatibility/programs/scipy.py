# /// script
# dependencies = ["scipy"]
# ///
from scipy import optimize, stats

assert abs(optimize.brentq(lambda x: x * x - 2, 0, 2) - 2**0.5) < 1e-9
assert stats.norm.cdf(0) == 0.5
