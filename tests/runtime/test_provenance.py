import json

from jaxgen.runtime.provenance import write_provenance


def test_provenance_names_versions_devices_and_facts(tmp_path):
    write_provenance(str(tmp_path), {"dataset": "abc"})
    found = json.loads((tmp_path / "provenance.json").read_text())
    assert found["dataset"] == "abc" and found["device_count"] == 8
    assert {"jax", "flax", "grain"} <= found["packages"].keys()
