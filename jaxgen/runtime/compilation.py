"""The compilation cache, shared by all runs on a machine."""

import pathlib

import jax
from jax._src.compilation_cache import decompress_executable


def enable_cache(folder: pathlib.Path) -> None:
    """Keeps compiled programs for the next run; called before the first of them.

    Args:
        folder: made when it is not there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _remove_torn(folder)
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.5)


def _remove_torn(folder: pathlib.Path) -> None:
    """Removes programs that were cut off while they were written.

    jax does not write them whole or not at all. It would find a torn one at every
    start, warn, compile again, and keep it. Only what is newer than the last look is
    looked at.
    """
    looked = folder / ".looked"
    since = looked.stat().st_mtime if looked.exists() else 0.0
    new = [path for path in folder.glob("*-cache") if path.stat().st_mtime >= since]
    looked.touch()
    for path in new:
        try:
            decompress_executable(path.read_bytes())
        except Exception:  # Of whichever library has packed it.
            path.unlink(missing_ok=True)
