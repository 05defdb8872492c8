"""The keys of a config, all of them, with the values a file may leave out."""

from ml_collections import ConfigDict

from jaxgen import systems
from jaxgen.core import checks
from jaxgen.core.arrays import Config
from jaxgen.runtime import optim

REQUIRED = ("system", "model", "steps", "batch_size", "data", "optim")


def defaults() -> dict:
    """Every optional key; made afresh, because a shared dict is one object."""
    return dict(
        seed=0,
        microbatches=1,
        ema={},
        pretrained={},
        mesh=dict(data=-1, model=1, rules=()),
        dtype="float32",
        evals={},
        best=(),
        log_every=100,
        show_every=1_000,
        eval_every=1_000,
        save_every=1_000,
        keep=3,
    )


def data_defaults() -> dict:
    """Optional keys of `config.data` that every source takes."""
    return dict(
        folder="",
        split="train",
        pairing="identity",
        flip=False,
        shuffle=True,
        repeat_batch=False,
        workers=0,
    )


def complete(config: Config) -> ConfigDict:
    """Fills in defaults, the system's included, and refuses keys that mean nothing.

    Raises:
        KeyError: for a missing or an unknown key; names the nearest.
    """
    filled = defaults()
    known = [*REQUIRED, *filled]
    for key in config:
        checks.require_known("config", "key", key, known)
    for key in REQUIRED:
        if key not in config:
            raise KeyError(f"config: the key {key!r} is missing.")
    checks.require_known("config", "dtype", config.get("dtype", "float32"), DTYPES)
    filled.update(config.to_dict())
    filled["model"] = systems.options(config.system) | filled["model"]
    filled["data"] = data_defaults() | filled["data"]
    for key in filled["mesh"]:
        checks.require_known("config.mesh", "key", key, defaults()["mesh"])
    filled["mesh"] = defaults()["mesh"] | filled["mesh"]
    filled["optim"] = {n: optim.complete(o) for n, o in filled["optim"].items()}
    return ConfigDict(filled)


DTYPES = ("float32", "bfloat16")
