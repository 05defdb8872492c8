"""Writes network pickles as NVIDIA's repositories do, without torch and them."""

import pickle
from collections import OrderedDict

import numpy as np

from tests.reference.torch_old import plain, stream_of
from tests.reference.torch_zip import STORAGES, named

SOURCE = "raise SystemExit('the source was run')\n"
PERSISTENT = "torch_utils.persistence._reconstruct_persistent_obj"
EASY = "dnnlib.util.EasyDict"


class Network:
    """A module: arrays and children by name, and what its class was called with."""

    def __init__(self, class_name, parameters=(), buffers=(), children=(), **given):
        self.class_name, self.given = class_name, given
        self.parameters, self.buffers = dict(parameters), dict(buffers)
        self.children = dict(children)

    def state(self):
        """What `__dict__` of a `torch.nn.Module` has, and NVIDIA's additions."""
        parameters = {k: Parameter(v) for k, v in self.parameters.items()}
        return {
            "_init_args": (),
            "_init_kwargs": Easy(self.given),
            "training": False,
            "_parameters": OrderedDict(parameters),
            "_buffers": OrderedDict(self.buffers),
            "_non_persistent_buffers_set": set(),
            "_backward_hooks": OrderedDict(),
            "_modules": OrderedDict(self.children),
            "resolution": 4,
        }

    def state_dict(self, prefix=""):
        """Arrays by the names that torch would give them."""
        found = {prefix + k: v for k, v in (self.parameters | self.buffers).items()}
        for name, child in self.children.items():
            found |= child.state_dict(f"{prefix}{name}.")
        return found


class Easy(dict):
    """A dictionary whose keys are attributes."""


class Parameter:
    """An array that is trained."""

    def __init__(self, array):
        self.array = array


def dumps(value):
    """The pickle of a value."""
    return b"\x80\x03" + spelled(value) + b"."


def spelled(value):
    """The operations that put a value on the stack."""
    if isinstance(value, Network):
        return persistent(value.class_name, value.state())
    if isinstance(value, Parameter):
        data = tensor(value.array) + b"\x88" + named("collections.OrderedDict") + b")R"
        return named("torch._utils._rebuild_parameter") + b"(" + data + b"tR"
    if isinstance(value, np.ndarray):
        return tensor(value)
    if isinstance(value, OrderedDict):
        return named("collections.OrderedDict") + b")R" + _items(value)
    if isinstance(value, Easy):
        return named(EASY) + b")\x81" + _items(value)
    if isinstance(value, dict):
        return b"}" + _items(value)
    if isinstance(value, tuple):
        return b"(" + b"".join(map(spelled, value)) + b"t"
    if isinstance(value, set):
        return named("builtins.set") + b"]\x85R"
    return plain(value)


def _items(value):
    return b"(" + b"".join(spelled(k) + spelled(v) for k, v in value.items()) + b"u"


def persistent(class_name, state, *, kind="class", source=SOURCE):
    """The operations that make an object of a class whose source comes along."""
    meta = {
        "type": kind,
        "version": 6,
        "module_src": source,
        "class_name": class_name,
        "state": state,
    }
    return named(PERSISTENT) + spelled(meta) + b"\x85R"


def tensor(array):
    """The operations for a tensor, whose storage is a file of its own."""
    shape = plain(tuple(array.shape))
    strides = plain(tuple(s // array.itemsize for s in array.strides))
    parts = storage(array) + b"K\x00" + shape + strides + b"\x89"
    parts += named("collections.OrderedDict") + b")R"
    return named("torch._utils._rebuild_tensor_v2") + b"(" + parts + b"tR"


def storage(array):
    """The operations for a storage."""
    kind = named(f"torch.{STORAGES[array.dtype]}")
    told = plain("storage") + kind + plain("0") + plain("cpu") + plain(array.size)
    return loaded(stream_of(b"\x80\x02(" + told + b"NtQ.", [array]))


def loaded(data):
    """The operations that read a file within the file."""
    return named("torch.storage._load_from_bytes") + held(data) + b"\x85R"


def held(data):
    """The operation that puts bytes on the stack, as protocol 3 has it."""
    return pickle.BINBYTES + len(data).to_bytes(4, "little") + data
