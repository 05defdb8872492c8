"""From `config.pretrained` to networks."""

from collections.abc import Mapping

from jaxgen.core import checks
from jaxgen.core.arrays import Nets
from jaxgen.runtime import experiment


def resolve_pretrained(pretrained: Mapping[str, str]) -> Nets:
    """Reads every network that a run starts from.

    Args:
        pretrained: network -> workdir that has a network of that name.

    Raises:
        FileNotFoundError: when it is no workdir.
        KeyError: when that workdir has no such network.
    """
    return {name: _from_workdir(name, where) for name, where in pretrained.items()}


def _from_workdir(name: str, workdir: str):
    nets = experiment.open_workdir(workdir).nets
    checks.require_known(f"config.pretrained: {workdir}", "network", name, nets)
    return nets[name]
