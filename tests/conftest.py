"""Eight CPU devices, strict ranks, and caches that live as long as the run."""

import os
import pathlib
import tempfile

_CACHE = os.environ.setdefault("JAXGEN_CACHE", tempfile.mkdtemp(prefix="jaxgen-tests-"))

import jax  # noqa: E402
import pytest  # noqa: E402

jax.config.update("jax_num_cpu_devices", 8)
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_compilation_cache_dir", str(pathlib.Path(_CACHE) / "compiled"))
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)


@pytest.fixture
def key():
    return jax.random.key(0)
