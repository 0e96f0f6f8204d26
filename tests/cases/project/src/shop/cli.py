import importlib.metadata
import importlib.resources
import pkgutil
import sys

import shop
from shop.plugins.hello import GREETING


def main() -> int:
    print("goods:", importlib.resources.files("shop").joinpath("data/goods.txt").read_text().strip())
    print("below a folder:", importlib.resources.files("shop.data").joinpath("goods.txt").is_file())
    print("version:", importlib.metadata.version("Shop.Tool"))
    print("scripts:", sorted(e.name for e in importlib.metadata.entry_points(group="console_scripts")))
    print("files:", len(importlib.metadata.files("shop-tool") or ()))
    print("modules:", sorted(module.name for module in pkgutil.walk_packages(shop.__path__, "shop.")))
    print(GREETING)
    print("arguments:", sys.argv[1:])
    return 7


def stock() -> None:
    raise RuntimeError("sold out")
