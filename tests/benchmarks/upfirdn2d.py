"""The four resamplings of StyleGAN2 against PyTorch going the reference's way.

python tests/benchmarks/upfirdn2d.py

PyTorch puts in zeros, filters channel by channel with a grouped convolution and takes
transposed and strided convolutions; it runs eagerly, in the faster of its two layouts.
Both sides use every core that this process may run on (`taskset` makes them fewer).
Prints one JSON line: milliseconds, minima of interleaved repeats, and how many times
faster ours is, forward and with both gradients.
"""

import json
import os
import time

import jax
import jax.numpy as jnp
import numpy as np
import torch
import torch.nn.functional as F

from jaxgen.ops import upfirdn2d as ours

REPEATS = 9
#: Name -> which resampling, input [b, h, w, c], channels of the result.
CASES = {
    "up_convolution_16_to_32": ("up_convolution", (4, 16, 16, 256), 256),
    "up_convolution_64_to_128": ("up_convolution", (4, 64, 64, 64), 32),
    "down_convolution_32_to_16": ("down_convolution", (4, 32, 32, 256), 256),
    "down_convolution_128_to_64": ("down_convolution", (4, 128, 128, 32), 64),
    "rgb_64_to_128": ("upsample", (4, 64, 64, 3), None),
    "rgb_256_to_512": ("upsample", (2, 256, 256, 3), None),
    "skip_32_to_16": ("skip", (4, 32, 32, 256), 256),
    "skip_128_to_64": ("skip", (4, 128, 128, 32), 64),
}


def our_skip(image, weight):
    """The discriminator's skip: half the size, then a 1x1 convolution."""
    return jnp.einsum("bhwi,io->bhwo", ours.downsample(image), weight[0, 0])


def torch_fir(image, gain=1.0, up=1, down=1, padding=(0, 0)):
    """`upfirdn2d` by [1, 3, 3, 1] on [b, c, h, w]; `gain` for the sum of the taps."""
    b, c, h, w = image.shape
    if up > 1:
        zeros = F.pad(image.reshape(b, c, h, 1, w, 1), (0, up - 1, 0, 0, 0, up - 1))
        image = zeros.reshape(b, c, h * up, w * up)
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0], dtype=image.dtype) / 8
    kernel = (gain * torch.outer(taps, taps)).expand(c, 1, 4, 4)
    return F.conv2d(F.pad(image, padding * 2), kernel, stride=down, groups=c)


def torch_up_convolution(image, weight):
    """`weight` is [o, i, 3, 3] here and below, as PyTorch stores it."""
    wide = F.conv_transpose2d(image, weight.transpose(0, 1), stride=2)
    return torch_fir(wide, gain=4.0, padding=(1, 1))


def torch_down_convolution(image, weight):
    return F.conv2d(torch_fir(image, padding=(2, 2)), weight, stride=2)


def torch_upsample(image):
    return torch_fir(image, gain=4.0, up=2, padding=(2, 1))


def torch_downsample(image):
    return torch_fir(image, down=2, padding=(1, 1))


def torch_skip(image, weight):
    return F.conv2d(torch_downsample(image), weight)


def arrays(kind, shape, features):
    """A map and, for what has one, a weight [p, q, i, o]."""
    rng = np.random.default_rng(0)
    side = 1 if kind == "skip" else 3
    shapes = [shape] + ([(side, side, shape[3], features)] if features else [])
    return [rng.normal(size=s).astype(np.float32) for s in shapes]


def to_torch(array, layout=torch.contiguous_format):
    """[b, h, w, c] or [p, q, i, o] in PyTorch's order of axes."""
    axes = (3, 2, 0, 1) if array.shape[0] == array.shape[1] <= 3 else (0, 3, 1, 2)
    return torch.from_numpy(array).permute(axes).contiguous(memory_format=layout)


def our_calls(function, values):
    """Forward, and forward with the gradients of everything, as calls that wait."""

    def pulled(*values):
        out, pull = jax.vjp(function, *values)
        return pull(out)

    values = [jax.device_put(v) for v in values]
    forward, both = jax.jit(function), jax.jit(pulled)
    return {
        "forward": lambda: jax.block_until_ready(forward(*values)),
        "gradients": lambda: jax.block_until_ready(both(*values)),
    }


def torch_calls(function, values):
    def forward():
        with torch.inference_mode():
            function(*values)

    leaves = [v.clone().requires_grad_() for v in values]

    def both():
        out = function(*leaves)
        torch.autograd.grad(out, leaves, out.detach())

    return {"forward": forward, "gradients": both}


def fastest(calls):
    """Name -> seconds of the fastest repeat; each follows one that is not counted."""
    seconds = dict.fromkeys(calls, float("inf"))
    for _ in range(REPEATS):
        for name, call in calls.items():
            call()
            began = time.perf_counter()
            call()
            seconds[name] = min(seconds[name], time.perf_counter() - began)
    return seconds


def compare(kind, shape, features):
    """Milliseconds of both sides and their ratio, forward and with gradients."""
    values = arrays(kind, shape, features)
    function = our_skip if kind == "skip" else getattr(ours, kind)
    calls = {("ours", n): c for n, c in our_calls(function, values).items()}
    for layout in (torch.contiguous_format, torch.channels_last):
        tensors = [to_torch(v, layout) for v in values]
        peer = torch_calls(globals()[f"torch_{kind}"], tensors)
        calls |= {(layout, n): c for n, c in peer.items()}
    seconds, report = fastest(calls), {}
    for name in ("forward", "gradients"):
        mine = seconds["ours", name]
        peer = min(s for (who, n), s in seconds.items() if n == name and who != "ours")
        report[name] = {
            "ours": round(1e3 * mine, 2),
            "torch": round(1e3 * peer, 2),
            "ratio": round(peer / mine, 2),
        }
    return report


def main():
    threads = len(os.sched_getaffinity(0))
    torch.set_num_threads(threads)
    report = {
        "benchmark": "upfirdn2d",
        "threads": threads,
        "load": round(os.getloadavg()[0], 1),
        "torch": torch.__version__,
        "jax": jax.__version__,
    }
    print(json.dumps(report | {n: compare(*case) for n, case in CASES.items()}))


if __name__ == "__main__":
    main()
