"""Draws the weights and inputs that golden outputs were made with."""

import json
import pathlib
import zlib

import numpy as np

FOLDER = pathlib.Path(__file__).parents[1] / "golden"


def _generator(text):
    return np.random.Generator(np.random.PCG64(zlib.crc32(text.encode())))


def _tensor(seed, key, entry):
    if "constant" in entry:
        return np.array(entry["constant"], entry["dtype"]).reshape(entry["shape"])
    drawn = _generator(f"{seed}:{key}").standard_normal(entry["shape"], np.float32)
    value = np.float32(entry["mean"]) + np.float32(entry["std"]) * drawn
    return np.abs(value) if entry["draw"] == "abs" else value


def _input(seed, key, entry):
    rng = _generator(f"{seed}:input:{key}")
    if entry["draw"].startswith("normal"):
        return rng.standard_normal(entry["shape"], np.float32)
    value = rng.random(entry["shape"], np.float32) * 2 - 1
    return np.sign(value) if "sign" in entry["draw"] else value


def load(name):
    """State dict, inputs and outputs of a fixture, all as the original has them."""
    fixture = json.loads((FOLDER / name / "fixture.json").read_text())
    seed = fixture["seed"]
    state = {k: _tensor(seed, k, e) for k, e in fixture["state_dict"].items()}
    inputs = {k: _input(seed, k, e) for k, e in fixture["inputs"].items()}
    outputs = dict(np.load(FOLDER / name / "outputs.npz"))
    return state, inputs, outputs
