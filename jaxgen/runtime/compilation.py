"""The compilation cache, shared by all runs on a machine."""

import pathlib

import jax


def enable_cache(folder: pathlib.Path) -> None:
    """Keeps compiled programs for the next run; called before the first of them.

    Args:
        folder: made when it is not there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.5)
