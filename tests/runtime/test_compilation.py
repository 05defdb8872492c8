import jax

from jaxgen.runtime import compilation


def test_the_cache_is_made_and_used(tmp_path):
    before = jax.config.jax_compilation_cache_dir
    compilation.enable_cache(tmp_path / "compiled")
    assert jax.config.jax_compilation_cache_dir == str(tmp_path / "compiled")
    assert (tmp_path / "compiled").is_dir()
    jax.config.update("jax_compilation_cache_dir", before)
