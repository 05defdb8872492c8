"""Writes files with PyTorch's own `torch.save`, and what is in them.

python -m tests.reference.torch_golden FOLDER
"""

import argparse
import pathlib
import pickle
import sys
import types
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


def checkpoint(torch):
    """What a training might save, and the state dict in it."""
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
    return {
        "epoch": 3,
        "args": argparse.Namespace(rate=0.1, device=torch.device("cpu")),
        "best": np.float64(0.5),
        "net": {"state_dict": state, "dtype": torch.float32, "size": torch.Size([2])},
        "optimizer": optimizer.state_dict(),
    }, state


def write(folder):
    """Writes `nested.pth`, the same as `legacy.pth`, and the arrays as `nested.npz`."""
    import torch

    whole, state = checkpoint(torch)
    folder = pathlib.Path(folder)
    torch.save(whole, folder / "nested.pth")
    torch.save(whole, folder / "legacy.pth", _use_new_zipfile_serialization=False)
    arrays = {}
    for name, tensor in state.items():
        name, tensor = name.removeprefix("module."), tensor.detach()
        arrays[name] = (tensor.float() if name in FOREIGN else tensor).numpy()
    np.savez_compressed(folder / "nested.npz", **arrays)


SOURCE = "raise SystemExit('the source in the file was run')"


def persistent(torch):
    """A class of modules that pickle as NVIDIA's do, with a source that is a trap."""
    module = types.ModuleType("torch_utils.persistence")

    def _reconstruct_persistent_obj(meta):
        raise SystemExit("the golden file is only read by the package")

    _reconstruct_persistent_obj.__module__ = module.__name__
    _reconstruct_persistent_obj.__qualname__ = "_reconstruct_persistent_obj"
    module._reconstruct_persistent_obj = _reconstruct_persistent_obj
    sys.modules["torch_utils"] = types.ModuleType("torch_utils")
    sys.modules[module.__name__] = module

    class Persistent(torch.nn.Module):
        def __init__(self, **given):
            super().__init__()
            self._init_args, self._init_kwargs = (), given

        def __reduce__(self):
            meta = {"type": "class", "version": 6, "module_src": SOURCE}
            meta |= {"class_name": type(self).__name__, "state": self.__dict__}
            return _reconstruct_persistent_obj, (meta,), None, None, None

    return Persistent


def write_network(folder):
    """Writes `network.pkl`, as NVIDIA's training does, and `G_ema` as `network.npz`."""
    import torch

    Persistent = persistent(torch)

    class Layer(Persistent):
        def __init__(self, width, bias):
            super().__init__(width=width, bias=bias)
            self.weight = torch.nn.Parameter(torch.randn(width, width))
            self.bias = torch.nn.Parameter(torch.randn(width)) if bias else None
            self.register_buffer("resample_filter", torch.ones(4, 4).half() / 16)
            self.register_buffer("passing", torch.ones(1), persistent=False)

    class Generator(Persistent):
        def __init__(self, width):
            super().__init__(width=width, mapping_kwargs={"num_layers": 2})
            self.fc0, self.fc1 = Layer(width, True), Layer(width, False)
            self.fc1.weight = self.fc0.weight
            self.register_buffer("w_avg", torch.randn(8, width)[3].clone())

    torch.manual_seed(1)
    generator = Generator(3).eval().requires_grad_(False)
    data = {
        "training_set_kwargs": {"class_name": "training.dataset.ImageFolderDataset"},
        **{"G": Generator(3), "D": Layer(2, True), "G_ema": generator},
        "augment_pipe": None,
    }
    folder = pathlib.Path(folder)
    (folder / "network.pkl").write_bytes(pickle.dumps(data, 4))
    arrays = {name: x.numpy() for name, x in generator.state_dict().items()}
    np.savez_compressed(folder / "network.npz", **arrays)


if __name__ == "__main__":
    write(sys.argv[1])
    write_network(sys.argv[1])
