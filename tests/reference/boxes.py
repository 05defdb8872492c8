"""Boxes one pixel at a time, in float64; see `jaxgen.ops.boxes` for the frame."""

import numpy as np


def overlap(start, stop, pixel):
    """How much of the stretch from pixel - 0.5 to pixel + 0.5 lies in [start, stop]."""
    return max(min(stop, pixel + 0.5) - max(start, pixel - 0.5), 0.0)


def mask(boxes, size):
    result = np.zeros((len(boxes), *size, 1))
    for b, y, x in np.ndindex(result.shape[:3]):
        x0, y0, x1, y1 = np.float64(boxes[b])
        result[b, y, x] = overlap(x0, x1, x) * overlap(y0, y1, y)
    return result


def line(pixels, start, stop, count):
    """[n c] -> [count c]: triangles about equal parts; the ends of `pixels` go on."""
    step = (stop - start) / count
    result = np.zeros((count, pixels.shape[1]))
    for i in range(count):
        center = min(max(start + (i + 0.5) * step, -0.5), len(pixels) - 0.5)
        total = 0.0
        for place, value in enumerate(pixels):
            weight = max(1 - abs(place - center) / max(step, 1), 0)
            result[i] += weight * value
            total += weight
        result[i] /= total
    return result


def stretched(image, box, size):
    """One image within one box, without an end."""
    x0, y0, x1, y1 = np.float64(box)
    rows = [
        line(np.float64(image[:, x]), y0, y1, size[0]) for x in range(len(image[0]))
    ]
    tall = np.stack(rows, 1)
    return np.stack([line(row, x0, x1, size[1]) for row in tall])


def shown(box, size, image_size):
    """[u v 1]: how much of each pixel of a crop the image covers."""
    x0, y0, x1, y1 = np.float64(box)
    step_x, step_y = (x1 - x0) / size[1], (y1 - y0) / size[0]
    result = np.zeros((*size, 1))
    for v, u in np.ndindex(size):
        left, top = x0 + u * step_x, y0 + v * step_y
        wide = min(left + step_x, image_size[1] - 0.5) - max(left, -0.5)
        tall = min(top + step_y, image_size[0] - 0.5) - max(top, -0.5)
        result[v, u] = max(wide / step_x, 0) * max(tall / step_y, 0)
    return result


def crop(image, boxes, size):
    return np.stack(
        [
            stretched(one, box, size) * shown(box, size, one.shape[:2])
            for one, box in zip(image, boxes, strict=True)
        ]
    )


def paste(image, inset, boxes):
    """The inset is read where each pixel of the image lies in it."""
    size = image.shape[1:3]
    result = np.float64(image)
    for b, (x0, y0, x1, y1) in enumerate(np.float64(boxes)):
        height, width = inset.shape[1:3]
        in_x, in_y = width / (x1 - x0), height / (y1 - y0)
        left, top = (-0.5 - x0) * in_x - 0.5, (-0.5 - y0) * in_y - 0.5
        whole = (left, top, left + size[1] * in_x, top + size[0] * in_y)
        covered = mask(boxes[b : b + 1], size)[0]
        read = stretched(inset[b], whole, size)
        result[b] = result[b] * (1 - covered) + covered * read
    return result


def border(image, width):
    result = np.zeros(image.shape)
    height, breadth = image.shape[1:3]
    for b, y, x in np.ndindex(image.shape[:3]):
        if min(x, y, breadth - 1 - x, height - 1 - y) < width:
            result[b, y, x] = image[b, y, x]
    return result
