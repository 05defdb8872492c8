"""Features of Inception v3 per second against the same network in PyTorch.

python tests/benchmarks/inception.py

Eight pictures of 299x299 up to `pool3`. PyTorch runs eagerly in inference mode, in the
fastest of four ways: either memory layout, with batch norms as layers, as pytorch-fid
has them, or folded into the convolutions. Both sides use every core that this process
may run on (`taskset` makes them fewer). Prints one JSON line: pictures per second from
minima of interleaved repeats, and how many times faster ours is.
"""

import json
import os
import time

import jax
import jax.numpy as jnp
import numpy as np
import torch
import torch.nn.functional as F

from jaxgen.nets import inception, inception_blocks

REPEATS = 7
BATCH = 8


def folded(unit, stats):
    """A unit's weight and bias with the batch norm multiplied in."""
    gain = unit["norm"]["scale"] / np.sqrt(stats["norm"]["var"] + 1e-3)
    bias = unit["norm"]["bias"] - stats["norm"]["mean"] * gain
    return unit["conv"]["kernel"] * gain, bias


def to_torch(array, layout=torch.contiguous_format):
    array = torch.from_numpy(np.array(array))
    if array.ndim == 4:
        return array.permute(3, 2, 0, 1).contiguous(memory_format=layout)
    return array


class Network:
    """The network of pytorch-fid on our weights."""

    def __init__(self, net, layout, fold):
        self.net, self.layout, self.fold, self.units = net, layout, fold, {}

    def unit(self, path, conv, x):
        if path not in self.units:
            self.units[path] = self.arrays(path)
        weight, bias, *norm = self.units[path]
        sides = 0 if conv.valid else tuple(k // 2 for k in conv.kernel)
        x = F.conv2d(x, weight, bias, conv.stride, sides)
        return F.relu_(F.batch_norm(x, *norm, eps=1e-3) if norm else x)

    def arrays(self, path):
        params, stats = self.net["params"], self.net["batch_stats"]
        for name in path:
            params, stats = params[name], stats[name]
        if self.fold:
            weight, bias = folded(params, stats)
            return to_torch(weight, self.layout), to_torch(bias)
        norm = params["norm"] | stats["norm"]
        order = [to_torch(norm[n]) for n in ("mean", "var", "scale", "bias")]
        return to_torch(params["conv"]["kernel"], self.layout), None, *order

    def block(self, name, branches, x):
        return torch.cat([p for b in branches for p in self.parts(name, b, x)], 1)

    def parts(self, name, branch, x):
        if branch.pool == "mean":
            x = F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
        if branch.pool == "last":
            x = F.max_pool2d(x, 3, 1, 1)
        if branch.pool == "half":
            x = F.max_pool2d(x, 3, 2)
        for conv in branch.row:
            x = self.unit((name, conv.name), conv, x)
        return [self.unit((name, c.name), c, x) for c in branch.ends] or [x]

    def __call__(self, x):
        for row in (inception_blocks.STEM, inception_blocks.STEM_AFTER_POOL):
            for conv in row:
                x = self.unit((conv.name,), conv, x)
            x = F.max_pool2d(x, 3, 2)
        blocks = inception_blocks.BLOCKS | inception_blocks.BLOCKS_AFTER_AUX
        for name, branches in blocks.items():
            x = self.block(name, branches, x)
        return x.mean((2, 3))


def torch_calls(net, image):
    calls = {}
    for layout in (torch.contiguous_format, torch.channels_last):
        x = torch.from_numpy(image).permute(0, 3, 1, 2).contiguous(memory_format=layout)
        for fold in (False, True):
            network = Network(net, layout, fold)
            calls[str(layout).rpartition(".")[2], fold] = lambda network=network, x=x: (
                network(x).numpy()
            )
    return calls


def our_call(module, net, image):
    features = jax.jit(lambda net, image: module.apply(net, image)["pool3"])
    net, image = jax.device_put((net, image))
    return lambda: np.asarray(features(net, image))


def drawn(module):
    """Weights as at the start of training, with statistics that are no identity."""
    net = jax.jit(module.init)(jax.random.key(0), jnp.zeros((1, 299, 299, 3)))
    rng = np.random.default_rng(0)
    noisy = {
        "batch_stats": jax.tree.map(
            lambda x: np.float32(x + 0.1 * rng.random(x.shape)), net["batch_stats"]
        )
    }
    return jax.tree.map(np.asarray, net) | noisy


def fastest(calls):
    """Name -> seconds of the fastest repeat, and what each call gave."""
    results = {name: call() for name, call in calls.items()}
    seconds = dict.fromkeys(calls, float("inf"))
    for _ in range(REPEATS):
        for name, call in calls.items():
            began = time.perf_counter()
            call()
            seconds[name] = min(seconds[name], time.perf_counter() - began)
    return seconds, results


def main():
    threads = len(os.sched_getaffinity(0))
    torch.set_num_threads(threads)
    module = inception.Inception()
    net = drawn(module)
    image = np.random.default_rng(1).uniform(-1, 1, (BATCH, 299, 299, 3))
    image = image.astype(np.float32)
    calls = {"ours": our_call(module, net, image), **torch_calls(net, image)}
    with torch.inference_mode():
        seconds, results = fastest(calls)
    want = results["contiguous_format", False]
    ours = seconds.pop("ours")
    way = min(seconds, key=seconds.__getitem__)
    report = {
        "benchmark": "inception",
        "threads": threads,
        "load": round(os.getloadavg()[0], 1),
        "torch": torch.__version__,
        "jax": jax.__version__,
        "batch": BATCH,
        "ours": round(BATCH / ours, 2),
        "pytorch": round(BATCH / seconds[way], 2),
        "pytorch_way": f"{way[0]}, batch norms {'folded' if way[1] else 'as layers'}",
        "ratio": round(seconds[way] / ours, 2),
        "ratio_to_pytorch_fid": round(seconds["contiguous_format", False] / ours, 2),
        "relative_difference": float(
            np.linalg.norm(results["ours"] - want) / np.linalg.norm(want)
        ),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
