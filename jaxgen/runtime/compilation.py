"""The compilation cache, shared by all runs on a machine."""

import os
import pathlib

import jax


def cache_folder() -> pathlib.Path:
    """`$JAXGEN_CACHE`, by default `~/.cache/jaxgen`."""
    default = pathlib.Path.home() / ".cache" / "jaxgen"
    return pathlib.Path(os.environ.get("JAXGEN_CACHE", default))


def enable_cache() -> None:
    """Keeps compiled programs for the next run; called before the first of them."""
    folder = cache_folder() / "compiled"
    folder.mkdir(parents=True, exist_ok=True)
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.5)
