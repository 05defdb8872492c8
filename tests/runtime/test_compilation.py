import jax

from jaxgen.runtime import compilation


def test_the_cache_lies_where_the_environment_says(tmp_path, monkeypatch):
    before = jax.config.jax_compilation_cache_dir
    monkeypatch.setenv("JAXGEN_CACHE", str(tmp_path))
    compilation.enable_cache()
    assert jax.config.jax_compilation_cache_dir == str(tmp_path / "compiled")
    assert (tmp_path / "compiled").is_dir()
    jax.config.update("jax_compilation_cache_dir", before)
