"""`importlib.resources` for packages inside the application's file."""

from importlib.resources.abc import TraversableResources

from _pydist.paths import ImagePath

__all__ = ["Reader"]


class Reader(TraversableResources):
    """Reads the files of one package, given the virtual path of its folder."""

    def __init__(self, folder):
        self._folder = ImagePath(folder)

    def files(self):
        return self._folder

    def resource_path(self, resource):
        """Never: there is no real file. `importlib.resources.as_file` makes a temporary one."""
        raise FileNotFoundError(resource)
