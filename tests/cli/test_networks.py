import pytest

from jaxgen.cli.networks import resolve_pretrained
from jaxgen.runtime import experiment


def test_a_network_comes_from_a_workdir(tiny_workdir):
    nets = resolve_pretrained({"refine": tiny_workdir}, ())
    want = experiment.open_workdir(tiny_workdir).nets["refine"]
    assert set(nets) == {"refine"}
    assert nets["refine"]["params"].keys() == want["params"].keys()


def test_networks_and_workdirs_that_do_not_exist_are_refused(tiny_workdir, tmp_path):
    with pytest.raises(KeyError, match="'refine'"):
        resolve_pretrained({"refin": tiny_workdir}, ())
    with pytest.raises(FileNotFoundError, match="not a workdir"):
        resolve_pretrained({"refine": str(tmp_path)}, ())


def test_a_network_that_is_never_trained_needs_an_entry():
    assert resolve_pretrained({"vgg": "random"}, ("vgg",)) == {}
    with pytest.raises(KeyError, match="'vgg' is never trained"):
        resolve_pretrained({}, ("vgg",))
