"""Eight CPU devices, strict ranks, and caches that live as long as the run."""

import os
import pathlib
import signal
import tempfile

_CACHE = os.environ.setdefault("JAXGEN_CACHE", tempfile.mkdtemp(prefix="jaxgen-tests-"))

import jax  # noqa: E402
import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

settings.register_profile("patient", deadline=None)  # The first example compiles.
settings.load_profile("patient")
jax.config.update("jax_num_cpu_devices", 8)
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_compilation_cache_dir", str(pathlib.Path(_CACHE) / "compiled"))
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # Of what a script starts by &.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def key():
    return jax.random.key(0)


@pytest.fixture(scope="session")
def tiny_workdir(tmp_path_factory):
    """PG2 after the four steps of its tiny config, on synthetic people."""
    from jaxgen.cli.arguments import load_config
    from jaxgen.train import train

    workdir = tmp_path_factory.mktemp("tiny") / "workdir"
    train(load_config("pg2_synthetic:tiny").lock(), str(workdir))
    return str(workdir)
