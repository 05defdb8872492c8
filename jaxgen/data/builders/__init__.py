"""From raw files, or from nothing, to folders of records; uses tensorflow-datasets.

The only room of `data` that may call `people`.
"""

from jaxgen.data.builders.cache import ensure

__all__ = ["ensure"]
