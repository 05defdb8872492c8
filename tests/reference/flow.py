"""Where each target pixel was in the source, from two float64 meshes."""

import numpy as np


def carried(values, faces, picture):
    """[h, w, c]: what vertices carry, at each pixel of a `rasterize.Picture`."""
    at_corners = np.asarray(values, np.float64)[faces[picture.face_index]]
    return (picture.barycentric[..., None] * at_corners).sum(-2)


def transformation_flow(source_points, faces, target):
    """[h, w, 2] source points of the target's pixels; background is -2 in units."""
    height, width = target.face_index.shape
    flow = carried(source_points[:, :2], faces, target)
    nowhere = [((-2 + 1) * width - 1) / 2, ((-2 + 1) * height - 1) / 2]
    return np.where(target.face_index[..., None] < 0, nowhere, flow)


def seen_in_source(source_points, faces, target, source, within=0.02):
    """[h, w]: whether the source shows what the target does, to 2 cm in depth."""
    height, width = source.face_index.shape
    column, row, depth = np.moveaxis(carried(source_points, faces, target), -1, 0)
    column, row = np.round(column).astype(int), np.round(row).astype(int)
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    there = source.depth[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
    return (target.face_index >= 0) & inside & (np.abs(there - depth) < within)
