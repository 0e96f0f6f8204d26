import sys

import parts

space = {name for name in globals() if name.startswith("__")}
print(__name__, __package__, __spec__.name, __file__, __cached__, sorted(space - {"__annotations__"}))
print(sys.argv, parts.__name__, sys.modules["__main__"].__dict__ is globals(), __loader__ is __spec__.loader)
raise LookupError("from a module")
