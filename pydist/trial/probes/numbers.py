"""library.numbers: known values of functions, and arithmetic of many digits."""

from __future__ import annotations

import cmath
import decimal
import fractions
import math
import random
import statistics

from pydist.trial.probes.say import done, expect

KNOWN = {
    "math.log2(1e-308)": -1023.1538532253076,
    "math.log2(2.0**-1065)": -1065.0,
    "math.exp(1)": 2.718281828459045,
    "math.sin(1e22)": -0.8522008497671888,
    "math.tan(math.pi / 4)": 0.9999999999999999,
    "math.hypot(3, 4)": 5.0,
    "math.pow(10, 22)": 1e22,
    "math.sqrt(2)": 1.4142135623730951,
    "math.fsum([.1] * 10)": 1.0,
    "float('1e-320') * 0.5": 5e-321,
    "2.5e-324": 5e-324,
    "cmath.exp(1j * math.pi).real": -1.0,
    "statistics.stdev([1, 2, 3, 4])": 1.2909944487358056,
    "random.Random(42).random()": 0.6394267984578837,
}
names = {"math": math, "cmath": cmath, "statistics": statistics, "random": random}
for text, value in KNOWN.items():
    expect(text, eval(text, names), value)
# Their last digits are nobody's promise.
for text, value in {"math.gamma(10.5)": 1133278.3889487856, "math.erf(0.5)": 0.5204998778130465}.items():
    expect(f"{text} to 14 digits", math.isclose(eval(text, names), value, rel_tol=1e-14), True)
with decimal.localcontext() as context:
    context.prec = 50
    expect("decimal, 50 digits", str(decimal.Decimal(2).sqrt()), "1.4142135623730950488016887242096980785696718753769")
expect("decimal is the one in C", decimal.__name__ == "decimal" and hasattr(decimal, "HAVE_CONTEXTVAR"), True)
expect("fractions", fractions.Fraction(1, 3) + fractions.Fraction(1, 6), fractions.Fraction(1, 2))
expect("powers of large numbers", pow(3, 10**5, 10**9 + 7), pow(pow(3, 10**2, 10**9 + 7), 10**3, 10**9 + 7))
expect("repr of a float is the shortest", repr(0.1 + 0.2), "0.30000000000000004")
done(f"libmpdec {getattr(decimal, '__libmpdec_version__', 'none')}")
