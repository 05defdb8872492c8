"""PG2's generators, forward and in training, against the same networks in PyTorch.

python tests/benchmarks/pg2.py pg2_market1501:small 8
python tests/benchmarks/pg2.py pg2_market1501:paper 2

PyTorch runs eagerly in the faster of its two layouts, with its fused Adam; its layers,
their order and the number of its parameters are ours. Our step is the one that training
runs: it also turns bytes into floats and draws pose maps. Both sides use every core
that this process may run on (`taskset` makes them fewer).

Prints one JSON line: milliseconds, minima of interleaved repeats; how many times faster
ours is; and as a bound what a bare convolution of the widest layer reaches.
"""

import json
import os
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from jaxgen import systems
from jaxgen.cli.arguments import load_config
from jaxgen.core import trees
from jaxgen.runtime import mesh as meshes
from jaxgen.runtime.optim import optimizer
from jaxgen.runtime.state import create
from jaxgen.runtime.step import make_step

REPEATS = 7
JOINTS = 18


def conv(inputs, features, kernel=3, stride=1):
    return nn.Conv2d(inputs, features, kernel, stride, padding=kernel // 2)


class Pair(nn.Module):
    def __init__(self, inputs, features, residual=False):
        super().__init__()
        self.a, self.b = conv(inputs, features), conv(features, features)
        self.residual = residual

    def forward(self, x):
        y = F.relu(self.b(F.relu(self.a(x))))
        return x + y if self.residual else y


class Coarse(nn.Module):
    """G1 for pictures of `size`, pose maps joined to the picture."""

    def __init__(self, size, width, blocks, code):
        super().__init__()
        wide = [width * (i + 1) for i in range(blocks)]
        self.stem = conv(3 + JOINTS, width)
        self.encode = nn.ModuleList(Pair(w, w, residual=True) for w in wide)
        self.down = nn.ModuleList(conv(w, w + width, stride=2) for w in wide[:-1])
        self.corner = (width, *(side >> (blocks - 1) for side in size))
        pixels = self.corner[1] * self.corner[2]
        self.into = nn.Linear(wide[-1] * pixels, code)
        self.out_of = nn.Linear(code, width * pixels)
        joined = [width + wide[-1], *(2 * w for w in reversed(wide[:-1]))]
        self.decode = nn.ModuleList(Pair(w, w, residual=True) for w in joined)
        self.up = nn.ModuleList(
            conv(w, skip, kernel=1)
            for w, skip in zip(joined, reversed(wide[:-1]), strict=False)
        )
        self.out = conv(joined[-1], 3)

    def forward(self, image, pose):
        x, skips = F.relu(self.stem(torch.cat([image, pose], 1))), []
        for i, block in enumerate(self.encode):
            skips.append(block(x))
            x = F.relu(self.down[i](skips[-1])) if i < len(self.down) else skips[-1]
        x = self.out_of(self.into(x.flatten(1))).reshape(-1, *self.corner)
        for i, block in enumerate(self.decode):
            x = block(torch.cat([x, skips.pop()], 1))
            if i < len(self.up):
                x = F.interpolate(F.relu(self.up[i](x)), scale_factor=2)
        return self.out(x)


class Refine(nn.Module):
    """G2 in the form for Market-1501: nothing is joined to its last block."""

    def __init__(self, width, blocks):
        super().__init__()
        wide = [width * (i + 1) for i in range(blocks)]
        self.stem = conv(6, width)
        self.encode = nn.ModuleList(
            Pair(w, v) for w, v in zip([width, *wide], wide, strict=False)
        )
        self.down = nn.ModuleList(conv(w, w, stride=2) for w in wide[:-1])
        joined = [2 * wide[-1], *(width + w for w in reversed(wide[1:-1])), width]
        self.decode = nn.ModuleList(Pair(w, width) for w in joined)
        self.out = conv(width, 3)

    def forward(self, coarse, image):
        x, skips = F.relu(self.stem(torch.cat([coarse, image], 1))), []
        for i, block in enumerate(self.encode):
            skips.append(block(x))
            x = F.relu(self.down[i](skips[-1])) if i < len(self.down) else skips[-1]
        for i, block in enumerate(self.decode):
            last = i == len(self.decode) - 1
            x = block(x if last else torch.cat([x, skips.pop()], 1))
            x = x if last else F.interpolate(x, scale_factor=2)
        return self.out(x)


def batch_of(system, size):
    rng = np.random.default_rng(0)
    height, width = system.image_size
    shape = (size, height, width, 3)
    images = rng.integers(0, 256, (2, *shape), np.uint8)
    points = rng.uniform(0, 1, (size, JOINTS, 2)) * [width, height]
    return {
        "source_image": images[0],
        "target_image": images[1],
        "target_keypoints": points.astype(np.float32),
    }


def forward_of_ours(system, nets, inputs):
    """G1, then G2 on what it made: a compiled call that waits, and its GFLOP."""

    def function(nets, inputs):
        coarse = system.coarse(nets, inputs)
        image = inputs["source_image"]
        return coarse + system.refine_net.apply(nets["refine"], coarse, image)

    nets = {name: nets[name] for name in ("coarse", "refine")}
    compiled = jax.jit(function)
    work = compiled.lower(nets, inputs).cost_analysis()["flops"] / 1e9
    return lambda: jax.block_until_ready(compiled(nets, inputs)), work


def step_of_ours(system, config, batch):
    """The coarse phase as training runs it, and its GFLOP."""
    mesh = meshes.make_mesh()
    optimizers = {n: optimizer(o) for n, o in config.optim.to_dict().items()}
    start = create(system, optimizers, mesh, config, {})
    alike = meshes.replicated(mesh)
    step = make_step(system, optimizers, start.shardings, alike, config)
    state, key, batch = start.state, meshes.mesh_key(0, mesh), meshes.put(batch, mesh)

    def call():
        nonlocal state
        with jax.set_mesh(mesh):
            values = step(state, start.frozen, batch, key, plan=("coarse",))
            state, _ = jax.block_until_ready(values)

    with jax.set_mesh(mesh):
        lowered = step.lower(state, start.frozen, batch, key, plan=("coarse",))
    return call, lowered.cost_analysis()["flops"] / 1e9, state.nets


def forward_of_torch(coarse, refine, image, pose):
    def call():
        with torch.inference_mode():
            first = coarse(image, pose)
            return first + refine(first, image)

    return call


def step_of_torch(coarse, options, image, pose, target, mask):
    """Forward, backward and Adam of G1, on floats that are ready."""
    adam = torch.optim.Adam(
        coarse.parameters(), options.rate, (options.get("b1", 0.9), 0.999), fused=True
    )

    def call():
        adam.zero_grad()
        loss = ((coarse(image, pose) - target).abs() * (1 + mask)).mean()
        loss.backward()
        if options.get("clip", 0):
            nn.utils.clip_grad_norm_(coarse.parameters(), options.clip)
        adam.step()

    return call


def convolution(batch, size, channels):
    """A bare 3x3 convolution of both sides, and its GFLOP."""
    rng = np.random.default_rng(0)
    image, weight = (
        rng.normal(size=s).astype(np.float32)
        for s in ((batch, *size, channels), (3, 3, channels, channels))
    )
    order = ("NHWC", "HWIO", "NHWC")
    ours = jax.jit(
        lambda x, w: jax.lax.conv_general_dilated(
            x, w, (1, 1), "SAME", dimension_numbers=order
        )
    )
    values = jnp.asarray(image), jnp.asarray(weight)
    tensors = torch.from_numpy(image.transpose(0, 3, 1, 2).copy())
    kernel = torch.from_numpy(weight.transpose(3, 2, 0, 1).copy())
    calls = {
        "ours": lambda: jax.block_until_ready(ours(*values)),
        "torch": lambda: F.conv2d(tensors, kernel, padding=1),
    }
    return calls, 2 * image.size * 9 * channels / 1e9


def fastest(calls, repeats=REPEATS):
    """Name -> seconds of the fastest repeat, after one that is not counted."""
    seconds = dict.fromkeys(calls, float("inf"))
    for repeat in range(repeats + 1):
        for name, call in calls.items():
            began = time.perf_counter()
            call()
            if repeat:
                seconds[name] = min(seconds[name], time.perf_counter() - began)
    return seconds


def compared(calls, work):
    """Milliseconds of both sides, their ratio and GFLOP per second of both."""
    seconds = fastest(calls)
    return {
        **{f"{who}_milliseconds": round(1e3 * s, 1) for who, s in seconds.items()},
        "ratio": round(seconds["torch"] / seconds["ours"], 2),
        "gflop": round(work, 1),
        **{f"{w}_gflop_per_second": round(work / s, 1) for w, s in seconds.items()},
    }


def in_faster_layout(networks, tensors):
    """Networks and tensors in that of PyTorch's layouts which is faster forward."""
    seconds = {}
    for layout in (torch.channels_last, torch.contiguous_format):
        networks = [n.to(memory_format=layout) for n in networks]
        tensors = [t.contiguous(memory_format=layout) for t in tensors]
        call = forward_of_torch(*networks, *tensors[:2])
        seconds[layout] = fastest({layout: call}, 3)[layout]
    best = min(seconds, key=seconds.get)
    networks = [n.to(memory_format=best) for n in networks]
    return networks, [t.contiguous(memory_format=best) for t in tensors], str(best)


def main(name, size):
    threads = len(os.sched_getaffinity(0))
    torch.set_num_threads(threads)
    config = load_config(name)
    system = systems.build(config.system, config.model.to_dict(), config.dtype)
    batch = batch_of(system, size)
    step, step_work, nets = step_of_ours(system, config, batch)
    inputs = jax.jit(system.inputs)({}, batch)
    names = ("source_image", "target_pose", "target_image", "target_mask")
    tensors = [
        torch.from_numpy(np.asarray(inputs[n]).transpose(0, 3, 1, 2).copy())
        for n in names
    ]
    one, two = system.coarse_net, system.refine_net
    networks = [
        Coarse(system.image_size, one.width, one.blocks, one.code),
        Refine(two.width, two.blocks),
    ]
    counts = [trees.count(nets[n]["params"]) for n in ("coarse", "refine")]
    theirs = [sum(p.numel() for p in n.parameters()) for n in networks]
    if counts != theirs:
        raise ValueError(f"pg2: PyTorch has {theirs} parameters instead of {counts}.")
    networks, tensors, layout = in_faster_layout(networks, tensors)
    # The step takes the state with it, so the forward pass has copies.
    forward, work = forward_of_ours(system, jax.tree.map(jnp.copy, nets), inputs)
    peer = forward_of_torch(*networks, *tensors[:2])
    options = config.optim.coarse
    train = step_of_torch(networks[0], options, *tensors)
    bare, bare_work = convolution(size, system.image_size, 2 * one.width)
    report = {
        "benchmark": "pg2",
        "config": name,
        "batch": size,
        "threads": threads,
        "tunables": os.environ.get("GLIBC_TUNABLES", ""),
        "load": round(os.getloadavg()[0], 1),
        "torch": torch.__version__,
        "torch_layout": layout,
        "jax": jax.__version__,
        "parameters": dict(zip(("coarse", "refine"), counts, strict=True)),
        "forward": compared({"ours": forward, "torch": peer}, work),
        "train_coarse": compared({"ours": step, "torch": train}, step_work),
        "bare_convolution": compared(bare, bare_work),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    chosen = sys.argv[1] if len(sys.argv) > 1 else "pg2_market1501:small"
    main(chosen, int(sys.argv[2]) if len(sys.argv) > 2 else 4)
