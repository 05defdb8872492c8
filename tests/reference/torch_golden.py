"""Writes a file with PyTorch's own `torch.save`, and what is in it.

python -m tests.reference.torch_golden FOLDER
"""

import argparse
import pathlib
import sys
from collections import OrderedDict

import numpy as np

DTYPES = (
    *("float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8"),
    *("uint64", "uint32", "uint16", "uint8", "bool", "complex64", "complex128"),
    *("float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz"),
)
#: What NumPy's own files cannot hold, and keep as float32.
FOREIGN = {name for name in DTYPES if "float8" in name or name == "bfloat16"}


def of_every_dtype(torch):
    """Five numbers of each dtype."""
    for name in DTYPES:
        values = torch.randn(5) * 3
        if "complex" in name:
            values = torch.complex(values, values.flip(0))
        elif "float" not in name:
            values = values.abs()
        yield name, values.to(getattr(torch, name))


def views(torch):
    """Tensors that share one storage, and some of unusual shapes."""
    whole = torch.arange(24, dtype=torch.float32)
    yield "whole", whole
    yield "transposed", whole.view(4, 6).t()
    yield "slice", whole.view(4, 6)[1::2, 2:5]
    yield "expanded", whole[3:4].expand(2, 3)
    yield "overlapping", whole.as_strided((4, 3), (1, 1), 5)
    yield "empty", torch.zeros(0, 4)
    yield "scalar", torch.tensor(7)
    yield "parameter", torch.nn.Parameter(torch.randn(2, 3))
    attributed = torch.nn.Parameter(torch.randn(2))
    attributed.note = "kept by torch"
    yield "attributed", attributed


def write(folder):
    """Writes `nested.pth` and its arrays as `nested.npz`."""
    import torch

    torch.manual_seed(0)
    net = torch.nn.DataParallel(
        torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2))
    )
    optimizer = torch.optim.Adam(net.parameters())
    net(torch.randn(3, 2)).pow(3).sum().backward()
    optimizer.step()
    state = OrderedDict(net.state_dict())
    for name, tensor in (*of_every_dtype(torch), *views(torch)):
        state[f"module.{name}"] = tensor
    checkpoint = {
        "epoch": 3,
        "args": argparse.Namespace(rate=0.1, device=torch.device("cpu")),
        "best": np.float64(0.5),
        "net": {"state_dict": state, "dtype": torch.float32, "size": torch.Size([2])},
        "optimizer": optimizer.state_dict(),
    }
    torch.save(checkpoint, pathlib.Path(folder) / "nested.pth")
    arrays = {}
    for name, tensor in state.items():
        name, tensor = name.removeprefix("module."), tensor.detach()
        arrays[name] = (tensor.float() if name in FOREIGN else tensor).numpy()
    np.savez_compressed(pathlib.Path(folder) / "nested.npz", **arrays)


if __name__ == "__main__":
    write(sys.argv[1])
