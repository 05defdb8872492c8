"""Reads a state_dict and lays it out as a tree of ours, against PyTorch's reading.

python tests/benchmarks/read_weights.py --megabytes 400

Ours: `files.read`, then `rules.apply` with a table of convolutions and dense layers,
and every array put on JAX's device, in our layout. PyTorch's: `torch.load`, and a copy
of every tensor, in its own. Each read is in a process of its own, on one core, from a
file that the system has in memory already; the sides take turns. Prints one JSON line:
seconds, minima; how many times longer ours takes; and by how many times the size of the
file each side grew at its peak, with its copies, and ours before them.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).parents[2]
REPEATS = 7
CONV, DENSE = (512, 512, 3, 3), (2048, 2048)

COMMON = """
import json, os, re, sys, time
os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
import numpy as np
def memory(kind):
    text = open("/proc/self/status").read()
    return int(re.search(kind + r":\\s+(\\d+) kB", text)[1]) * 1024
path = sys.argv[1]
"""
OURS = (
    COMMON
    + """
import jax
from jaxgen.weights import files, rules
jax.block_until_ready(jax.device_put(np.zeros((2, 3), np.float32).T))
shapes = json.loads(sys.argv[2])
layouts = {4: rules.CONV, 2: rules.DENSE, 1: rules.SAME}
entries, like = [], {}
for name, shape in shapes.items():
    layout = layouts[len(shape)]
    target = name.replace(".", "/")
    entries.append(rules.Entry(name, target, layout))
    layer, _, leaf = target.partition("/")
    ours = layout.ours(np.broadcast_to(np.float32(0), shape))
    like.setdefault(layer, {})[leaf] = ours
table = rules.Table(entries)
start, before = time.perf_counter(), memory("VmRSS")
tree, _ = rules.apply(table, files.read(path).arrays, like)
mapped = memory("VmHWM") - before
tree = jax.block_until_ready(jax.device_put(tree))
spent = time.perf_counter() - start
anonymous = memory("RssAnon")
print(json.dumps([spent, memory("VmHWM") - before, mapped, anonymous]))
"""
)
THEIRS = (
    COMMON
    + """
import torch
torch.set_num_threads(1)
torch.load(sys.argv[2], weights_only=True)
start, before = time.perf_counter(), memory("VmRSS")
state = torch.load(path, weights_only=True)
copies = {name: tensor.clone() for name, tensor in state.items()}
spent = time.perf_counter() - start
print(json.dumps([spent, memory("VmHWM") - before, 0, memory("RssAnon")]))
"""
)


def shapes_of(megabytes):
    """Layers, convolutions and dense ones in turn, up to a size."""
    found, size = {}, 0
    while size < megabytes * 2**20:
        number = len(found) // 2
        shape = CONV if number % 2 else DENSE
        found |= {f"layer{number}.kernel": shape, f"layer{number}.bias": shape[:1]}
        size += 4 * (int(np.prod(shape)) + shape[0])
    return found


def write(path, shapes):
    import torch

    torch.manual_seed(0)
    torch.save({name: torch.randn(shape) for name, shape in shapes.items()}, path)


def run(code, *arguments):
    """Seconds, peak growth, growth before copies, and anonymous memory at the end."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment |= {"OMP_NUM_THREADS": "1", "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return json.loads(subprocess.check_output(command, env=environment))


def main(megabytes, repeats):
    shapes, ours, theirs = shapes_of(megabytes), [], []
    with tempfile.TemporaryDirectory() as folder:
        path, small = f"{folder}/net.pth", f"{folder}/small.pth"
        write(path, shapes)
        write(small, {"w": (1,)})
        size = os.path.getsize(path)
        for _ in range(repeats):
            pathlib.Path(path).read_bytes()
            ours.append(run(OURS, path, json.dumps(shapes)))
            theirs.append(run(THEIRS, path, small))
    first, second = min(o[0] for o in ours), min(t[0] for t in theirs)
    report = {"benchmark": "read_weights", "megabytes": round(size / 2**20)}
    report |= {"arrays": len(shapes), "ours_s": round(first, 3)}
    report |= {"torch_s": round(second, 3), "ratio": round(first / second, 2)}
    report |= {"ours_peak": round(min(o[1] for o in ours) / size, 2)}
    report |= {"ours_peak_before_copies": round(min(o[2] for o in ours) / size, 2)}
    report |= {"torch_peak": round(min(t[1] for t in theirs) / size, 2)}
    report |= {"cores_used": 1, "repeats": repeats}
    report |= {"cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1)}
    print(json.dumps(report))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--megabytes", type=int, default=400)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    given = parser.parse_args()
    main(given.megabytes, given.repeats)
