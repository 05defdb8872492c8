"""From `config.pretrained` to networks."""

from collections.abc import Mapping, Sequence

from jaxgen.core import checks
from jaxgen.core.arrays import Nets
from jaxgen.runtime import experiment


def resolve_pretrained(pretrained: Mapping[str, str], frozen: Sequence[str]) -> Nets:
    """Reads every network that a run starts from.

    Args:
        pretrained: network -> workdir that has a network of that name, or `random`
            for the system's own drawing.
        frozen: networks that nothing trains: each needs an entry.

    Raises:
        FileNotFoundError: when it is no workdir.
        KeyError: when that workdir has no such network, or an entry is missing.
    """
    for name in frozen:
        if name not in pretrained:
            raise KeyError(
                f"config.pretrained: {name!r} is never trained, so it needs an "
                "entry: a workdir, or 'random' to try things out."
            )
    return {
        name: _from_workdir(name, where)
        for name, where in pretrained.items()
        if where != "random"
    }


def _from_workdir(name: str, workdir: str):
    nets = experiment.open_workdir(workdir).nets
    checks.require_known(f"config.pretrained: {workdir}", "network", name, nets)
    return nets[name]
