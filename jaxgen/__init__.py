"""Person-image GANs in JAX: five published systems behind one train loop."""

__version__ = "0.1.0"


def load(workdir: str, checkpoint: str | int = "latest"):
    """Opens a trained workdir for use from Python: see `jaxgen.infer.load`."""
    from jaxgen import infer

    return infer.load(workdir, checkpoint)
