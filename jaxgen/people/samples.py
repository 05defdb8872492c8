"""What the rasteriser sees, sample by sample, and how samples become pixels.

A picture of H x W pixels is drawn on a grid of (H k) x (W k) samples. Arrays [m] have
one row for each sample that something covers, in float32: colour needs no more.
"""

import dataclasses
import functools

import numpy as np

from jaxgen.people import figure
from jaxgen.people.raster import raster

FAR = 9.0
"""Depth in metres where nothing is."""


@dataclasses.dataclass(frozen=True)
class Attributes:
    """What vertices and faces carry to the samples, besides position.

    Attributes:
        vertex: float32 [n, 6]: canonical point, occlusion, two extra coordinates.
        faces: [f, 3].
        material: [f].
        label: [f].
    """

    vertex: np.ndarray
    faces: np.ndarray
    material: np.ndarray
    label: np.ndarray


@dataclasses.dataclass(frozen=True)
class Samples:
    """Every covered sample.

    Attributes:
        size: (height, width) of the grid of samples.
        pixels_per_metre: of that grid.
        pixel: [m] flat place in the grid.
        depth: [m] metres, smaller is nearer.
        normal: [m, 3] unit; x right, y up, z towards the viewer.
        canonical: [m, 3] point on the mean body, metres.
        occlusion: [m] share of the sky that is seen, baked, 0 to 1.
        extra: [m, 2] see `mesh.Mesh`.
        material: [m].
        label: [m].
    """

    size: tuple[int, int]
    pixels_per_metre: float
    pixel: np.ndarray
    depth: np.ndarray
    normal: np.ndarray
    canonical: np.ndarray
    occlusion: np.ndarray
    extra: np.ndarray
    material: np.ndarray
    label: np.ndarray

    @functools.cached_property
    def depth_buffer(self) -> np.ndarray:
        """Depth [h, w] of the whole grid, `FAR` where nothing is."""
        return self.spread(self.depth, FAR)

    def spread(self, values: np.ndarray, empty: float | int) -> np.ndarray:
        """Puts values [m] into the grid [h, w], `empty` elsewhere."""
        height, width = self.size
        grid = np.full(height * width, empty, values.dtype)
        grid[self.pixel] = values
        return grid.reshape(height, width)


def take_samples(
    vertices: np.ndarray,
    points: np.ndarray,
    attributes: Attributes,
    size: tuple[int, int],
    pixels_per_metre: float,
) -> Samples:
    """Rasterises a posed mesh and blends what its corners carry.

    Args:
        vertices: [n, 3] in the camera's frame.
        points: [n, 2] their raster points on the grid of samples.
        attributes: what they carry.
        size: (height, width) of the grid.
        pixels_per_metre: of the grid.
    """
    faces = attributes.faces
    seen = raster(points, vertices[:, 2], faces, size)
    normals = figure.vertex_normals(vertices, faces) * [1.0, -1.0, -1.0]
    carried = [attributes.vertex, normals, vertices[:, 2:]]
    carried = np.concatenate(carried, 1, dtype=np.float32)
    corners = faces[seen.face_index]
    weights = seen.barycentric.astype(np.float32)
    blended = np.zeros((len(corners), carried.shape[1]), np.float32)
    for k in range(3):
        blended += carried[corners[:, k]] * weights[:, k, None]
    return Samples(
        size=size,
        pixels_per_metre=pixels_per_metre,
        pixel=seen.pixel,
        depth=blended[:, 9],
        normal=figure.unit(blended[:, 6:9]),
        canonical=blended[:, :3],
        occlusion=blended[:, 3],
        extra=blended[:, 4:6],
        material=attributes.material[seen.face_index],
        label=attributes.label[seen.face_index],
    )


def average(samples: Samples, values: np.ndarray, per_pixel: int) -> np.ndarray:
    """Averages over each pixel's samples; uncovered samples count as zero.

    Args:
        samples: on a grid of (h k, w k).
        values: [m, c].
        per_pixel: k, samples per pixel and axis.

    Returns:
        float32 [h, w, c].
    """
    height, width = (side // per_pixel for side in samples.size)
    row, column = np.divmod(samples.pixel, samples.size[1])
    pixel = row // per_pixel * width + column // per_pixel
    sums = [np.bincount(pixel, channel, height * width) for channel in values.T]
    mean = np.stack(sums, -1) / per_pixel**2
    return mean.reshape(height, width, -1).astype(np.float32)


def vote(samples: Samples, per_pixel: int) -> np.ndarray:
    """Gives each pixel the label that most of its samples have.

    A pixel is 0 unless at least half of its samples have a label above 0; on ties the
    first sample's label wins.

    Args:
        samples: on a grid of (h k, w k).
        per_pixel: k, samples per pixel and axis.

    Returns:
        uint8 [h, w].
    """
    k = per_pixel
    height, width = (side // k for side in samples.size)
    grid = samples.spread(samples.label.astype(np.uint8), 0)
    grid = grid.reshape(height, k, width, k).transpose(1, 3, 0, 2)
    stack = grid.reshape(k * k, height * width)
    result = stack[0].copy()
    mixed = np.flatnonzero((stack != result).any(0))
    result[mixed] = _majority(stack[:, mixed])
    return result.reshape(height, width)


def _majority(stack: np.ndarray) -> np.ndarray:
    """The most frequent label above 0 of each column, 0 where most are 0."""
    count = (stack[:, None] == stack[None]).sum(1) * (stack > 0)
    label = np.take_along_axis(stack, count.argmax(0)[None], 0)[0]
    belongs = 2 * (stack > 0).sum(0) >= len(stack)
    return np.where(belongs, label, 0)
