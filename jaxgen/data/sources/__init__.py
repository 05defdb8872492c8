"""Where single records come from; one module per source, found by name.

Each has `OPTIONS`, the keys of `config.data` that are its own, and
`open_source(data, split)`, which gives a `jaxgen.data.source.Source`.
"""
