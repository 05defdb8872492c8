"""Bilinear warp against torch's `grid_sample`, forward and backward, in one run.

PYTHONPATH=. python tests/benchmarks/warp.py [cores]

Prints one JSON line: milliseconds as minima of interleaved repeats, and how many times
faster than torch. The process is pinned to its cores (2 by default) before either
library starts, and both take one thread for each. Each side has the layout it likes:
torch NCHW, ours NHWC. Points are those of a picture turned by 0.3 radians, every pixel
shaken by about two pixels, a fifth of them far outside as a flow's background is.
Backward includes its forward on both sides. Under GLIBC_TUNABLES=glibc.malloc.hugetlb=1
both write to large pages; without it new pages are most of our time at 64 channels.
`memory` is what the program needs besides arguments and results, by the compiler.
"""

import json
import os
import sys
import time

CORES = int(sys.argv[1]) if len(sys.argv) > 1 else 2
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
os.environ["OMP_NUM_THREADS"] = str(CORES)
os.environ["OMP_WAIT_POLICY"] = "passive"  # Or they spin while ours is timed.

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402

from jaxgen.ops.warp import warp  # noqa: E402

SIZES = [(4, 256, 256, 64), (4, 32, 32, 512), (4, 256, 256, 3)]
KINDS = ("forward", "backward_image", "backward_image_and_points")
REPEATS = 9


def arrays(shape):
    """Image, points in pixels, and a cotangent."""
    b, h, w, c = shape
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:h, :w] - np.array([h / 2, w / 2])[:, None, None]
    turned = (np.cos(0.3) * x - np.sin(0.3) * y, np.sin(0.3) * x + np.cos(0.3) * y)
    points = np.stack(turned, -1) + np.array([w / 2, h / 2])
    points = points + 2 * rng.standard_normal((b, h, w, 2))
    points[rng.random((b, h, w)) < 0.2] = -2 * w
    image, cotangent = rng.standard_normal((2, *shape))
    return [np.float32(a) for a in (image, points, cotangent)]


def ours(image, points, cotangent):
    """A function to time for each kind, and the memory each needs."""

    def by_image(image, points, cotangent):
        result, back = jax.vjp(lambda image: warp(image, points), image)
        return result, back(cotangent)

    def by_both(image, points, cotangent):
        result, back = jax.vjp(warp, image, points)
        return result, back(cotangent)

    def forward(image, points, cotangent):
        return warp(image, points)

    given = [jnp.asarray(a) for a in (image, points, cotangent)]
    programs = [
        jax.jit(f).lower(*given).compile() for f in (forward, by_image, by_both)
    ]
    timed = [lambda p=p: jax.block_until_ready(p(*given)) for p in programs]
    memory = [p.memory_analysis().temp_size_in_bytes for p in programs]
    return timed, memory


def theirs(image, points, cotangent):
    h, w = image.shape[1:3]
    units = np.float32((2 * points + 1) / np.array([w, h]) - 1)
    image, cotangent = (
        torch.tensor(np.ascontiguousarray(a.transpose(0, 3, 1, 2)))
        for a in (image, cotangent)
    )
    grid = torch.tensor(units)

    def sample(image, grid):
        return torch.nn.functional.grid_sample(image, grid, align_corners=False)

    def forward():
        with torch.no_grad():
            return sample(image, grid)

    def backward(points):
        leaves = image.detach().requires_grad_(), grid.detach().requires_grad_(points)
        sample(*leaves).backward(cotangent)

    return [forward, lambda: backward(False), lambda: backward(True)]


def milliseconds(functions):
    """The fastest of some interleaved repeats of each, the first left out."""
    times = [[] for _ in functions]
    for _ in range(REPEATS + 1):
        for function, spent in zip(functions, times, strict=True):
            began = time.perf_counter()
            function()
            spent.append(1e3 * (time.perf_counter() - began))
    return [min(spent[1:]) for spent in times]


def main():
    torch.set_num_threads(CORES)
    report = {"benchmark": "warp", "peer": f"torch {torch.__version__} grid_sample"}
    report |= {"cores": CORES, "threads": CORES, "repeats": REPEATS}
    report["load"] = round(os.getloadavg()[0], 1)
    report["tunables"] = os.environ.get("GLIBC_TUNABLES", "")
    for shape in SIZES:
        inputs = arrays(shape)
        timed, memory = ours(*inputs)
        pairs = zip(timed, theirs(*inputs), strict=True)
        times = milliseconds([function for pair in pairs for function in pair])
        report["x".join(map(str, shape))] = {
            kind: {
                "ours": round(times[2 * i], 2),
                "torch": round(times[2 * i + 1], 2),
                "times_faster": round(times[2 * i + 1] / times[2 * i], 2),
                "memory_mb": round(memory[i] / 1e6),
            }
            for i, kind in enumerate(KINDS)
        }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
