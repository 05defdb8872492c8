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


def require_valid(config: Config) -> None:
    """Refuses numbers that no run can have, before anything is touched.

    Raises:
        KeyError: for an unknown compute type.
        ValueError: naming the key and what it may be.
    """
    checks.require_known("config", "dtype", config.dtype, DTYPES)
    lowest = dict.fromkeys(("batch_size", "microbatches", "keep"), 1)
    lowest |= dict.fromkeys((f"{n}_every" for n in ("log", "show", "eval", "save")), 0)
    for key, least in {**lowest, "steps": 0, "seed": 0}.items():
        if config[key] < least:
            raise ValueError(
                f"config: {key} should be at least {least}, got {config[key]}."
            )
    if config.seed >= 2**32 or config.data.workers < 0:
        raise ValueError(
            "config: seed should be below 2**32 and data.workers at least 0, got "
            f"{config.seed} and {config.data.workers}."
        )


DTYPES = ("float32", "bfloat16")
