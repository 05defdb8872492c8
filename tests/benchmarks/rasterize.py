"""A body of 13,776 faces to pixels: `ops.rasterize` against every face at every pixel.

PYTHONPATH=. python tests/benchmarks/rasterize.py [256 512]

Both are JAX in this one process and share its threads; calls alternate. Brute force
takes seconds a call, so it is called three times only, ours three times after each of
them and seven more. Minima count. pytorch3d's rasteriser, where it is installed, gets
as many threads; elsewhere nothing is said of it. Prints one JSON line.
"""

import functools
import json
import os
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgen.ops.rasterize import rasterize
from tests.reference import bodies

BLOCK = 8
SLOW, FAST, MORE = 3, 3, 7


@functools.partial(jax.jit, static_argnames="side")
def fast(points, faces, *, side):
    return rasterize(points, faces, size=(side, side)).face_index


@functools.partial(jax.jit, static_argnames="side")
def brute_force(points, faces, *, side):
    """The same picture: a scan over blocks of faces, each tested at all pixels."""
    padding = ((0, -len(faces) % BLOCK), (0, 0), (0, 0))
    corners = jnp.pad(points[0][faces], padding, constant_values=1)
    x, y = (c.astype(jnp.float32) for c in jnp.mgrid[:side, :side][::-1])

    def draw(best, face):
        number, corners = face
        u, v = (
            [corners[k, axis] - c for k in range(3)] for axis, c in ((0, x), (1, y))
        )
        edges = ((1, 2), (2, 0), (0, 1))
        areas = [u[j] * v[k] - u[k] * v[j] for j, k in edges]
        seen = (areas[0] <= 0) & (areas[1] <= 0) & (areas[2] <= 0)
        depth = sum(areas) / sum(area / corners[k, 2] for k, area in enumerate(areas))
        nearer = seen & (depth > 0.1) & (depth < best[0])
        return jnp.where(nearer, depth, best[0]), jnp.where(nearer, number, best[1])

    def draw_block(best, block):
        for face in zip(*block, strict=True):
            best = draw(best, face)
        return best, None

    blocks = corners.reshape(-1, BLOCK, 3, 3)
    numbers = jnp.arange(blocks.size // 9).reshape(-1, BLOCK)
    start = jnp.full((side, side), 100.0), jnp.full((side, side), -1)
    (_, face_index), _ = lax.scan(draw_block, start, (numbers, blocks))
    return face_index[None]


def seconds(function):
    began = time.perf_counter()
    jax.block_until_ready(function())
    return time.perf_counter() - began


def pytorch3d(points, faces, side):
    """Milliseconds, and the share of pixels that show the same face; None without."""
    try:
        import torch
        from pytorch3d.renderer.mesh.rasterize_meshes import rasterize_meshes
        from pytorch3d.structures import Meshes
    except ImportError:
        return None
    torch.set_num_threads(os.cpu_count())
    vertices = torch.tensor(points[0])
    vertices[:, :2] = 1 - (2 * vertices[:, :2] + 1) / side
    meshes = Meshes([vertices], [torch.tensor(faces, dtype=torch.int64)])
    options = dict(faces_per_pixel=1, cull_backfaces=True)
    draw = functools.partial(rasterize_meshes, meshes, image_size=side, **options)
    same = draw()[0][..., 0].numpy() == np.asarray(fast(points, faces, side=side))
    milliseconds = 1e3 * min(seconds(draw) for _ in range(MORE))
    return {"milliseconds": round(milliseconds, 2), "same": round(same.mean(), 5)}


def compare(side):
    points = np.float32(bodies.body(side, yaw=0.0, bend=0.0))[None]
    faces = jnp.asarray(bodies.BODY_FACES)
    ours = functools.partial(fast, points, faces, side=side)
    theirs = functools.partial(brute_force, points, faces, side=side)
    compiling = seconds(lambda: fast.lower(points, faces, side=side).compile())
    same = np.asarray(ours() == theirs()).mean()
    times = {ours: [], theirs: []}
    for _ in range(SLOW):
        times[theirs].append(seconds(theirs))
        times[ours] += [seconds(ours) for _ in range(FAST)]
    times[ours] += [seconds(ours) for _ in range(MORE)]
    spent, brute = min(times[ours]), min(times[theirs])
    return {
        "milliseconds": round(1e3 * spent, 2),
        "brute_force_milliseconds": round(1e3 * brute, 1),
        "ratio": round(brute / spent),
        "same": round(float(same), 5),
        "compile_seconds": round(compiling, 2),
        "pytorch3d": pytorch3d(points, bodies.BODY_FACES, side),
    }


def main(sides):
    report = {"benchmark": "rasterize", "faces": len(bodies.BODY_FACES)}
    report["device"], report["cores"] = jax.default_backend(), os.cpu_count()
    report["load"] = round(os.getloadavg()[0], 1)
    for side in sides:
        report[f"{side}x{side}"] = compare(side)
    print(json.dumps(report))


if __name__ == "__main__":
    main([int(side) for side in sys.argv[1:]] or [256, 512])
