import jax
from jax._src.compilation_cache import compress_executable

from jaxgen.runtime import compilation


def test_the_cache_is_made_and_used(tmp_path):
    before = jax.config.jax_compilation_cache_dir
    compilation.enable_cache(tmp_path / "compiled")
    assert jax.config.jax_compilation_cache_dir == str(tmp_path / "compiled")
    assert (tmp_path / "compiled").is_dir()
    jax.config.update("jax_compilation_cache_dir", before)


def test_a_program_that_was_cut_off_is_removed_and_others_stay(tmp_path):
    whole = compress_executable(b"a program")
    (tmp_path / "whole-cache").write_bytes(whole)
    (tmp_path / "torn-cache").write_bytes(whole[:-4])
    (tmp_path / "empty-cache").touch()
    before = jax.config.jax_compilation_cache_dir
    compilation.enable_cache(tmp_path)
    jax.config.update("jax_compilation_cache_dir", before)
    assert [path.name for path in tmp_path.glob("*-cache")] == ["whole-cache"]
