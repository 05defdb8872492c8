"""Changes to a whole sample at once, so that its parts keep fitting each other."""

from collections.abc import Mapping

import numpy as np

from jaxgen.data.features import Feature, Size


def mirror(
    sample: Mapping[str, np.ndarray], features: Mapping[str, Feature], size: Size
) -> dict[str, np.ndarray]:
    """The sample as a mirror shows it: pictures, label maps and points alike.

    Args:
        sample: name -> value, all of pictures of `size`.
        features: name -> the kind of that value.
        size: (height, width).
    """
    return {
        name: np.ascontiguousarray(features[name].mirror(value, size))
        for name, value in sample.items()
    }
