import json

from jaxgen.runtime.provenance import write_provenance


def test_every_start_of_a_run_leaves_its_versions_devices_and_facts(tmp_path):
    write_provenance(str(tmp_path), {"dataset": "abc"})
    write_provenance(str(tmp_path), {"dataset": "def"})
    first, second = json.loads((tmp_path / "provenance.json").read_text())
    assert (first["dataset"], second["dataset"]) == ("abc", "def")
    assert first["device_count"] == 8
    assert {"jax", "flax", "grain"} <= first["packages"].keys()
