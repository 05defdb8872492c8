"""Kills a training at random moments until it is through, and looks for a trace.

python tests/benchmarks/kills.py 100

Trains PG2's tiny networks for some hundred steps with a save every few, kills the
process with SIGKILL at a random moment, half of the times while it starts, from the
first import on, half while it trains and saves; starts the same command again, and so
on; then lets it finish.
Every line of `metrics.jsonl` and every array of the last checkpoint must equal those of
a run that nobody touched, bit for bit. Prints one JSON line.
"""

import argparse
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

import numpy as np
import orbax.checkpoint as ocp

QUIET = ("show", "eval")


def command(workdir, steps, save_every):
    options = [f"--config.{name}_every=0" for name in QUIET]
    options += [f"--config.steps={steps}", f"--config.model.stage1_steps={steps // 2}"]
    options += [f"--config.save_every={save_every}", "--config.log_every=1"]
    options += ["--config", "pg2_synthetic:tiny", "--workdir", str(workdir)]
    return [sys.executable, "-m", "jaxgen.train", *options]


def run(words):
    """The seconds of a life that nobody ends."""
    began = time.monotonic()
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"kills: a start failed:\n{done.stderr}")
    return time.monotonic() - began


def short_life(words, workdir, moment, seconds):
    """Whether a life was over before it was killed.

    Args:
        words: the command.
        workdir: of the run.
        moment: from 0 to 1 a kill while it starts, to 2 one while it trains.
        seconds: that starting takes, and that it may train at most.
    """
    before = begun(workdir)
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(words, stdout=said, stderr=said)
        if moment > 1:
            while begun(workdir) == before and process.poll() is None:
                time.sleep(0.02)
        time.sleep(seconds * (moment % 1))
        process.send_signal(signal.SIGKILL)
        code = process.wait()
        if code not in (0, -signal.SIGKILL):
            said.seek(0)
            raise SystemExit(f"kills: a start failed:\n{said.read().decode()}")
    return code == 0


def begun(workdir):
    """Changes when a run begins to train: then it opens `metrics.jsonl`."""
    path = workdir / "metrics.jsonl"
    return path.stat().st_ino if path.exists() else 0


def losses(workdir):
    """All lines without the speed, which no two runs share."""
    text = (workdir / "metrics.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in text]
    return [{k: v for k, v in r.items() if k != "images_per_second"} for r in rows]


def newest(workdir):
    """The step of the newest whole checkpoint, 0 if there is none."""
    folders = pathlib.Path(workdir, "checkpoints").glob("*")
    return max((int(f.name) for f in folders if f.name.isdigit()), default=0)


def state(workdir):
    """Every array of the newest checkpoint, by name."""
    folder = pathlib.Path(workdir, "checkpoints", str(newest(workdir)), "state")
    tree = ocp.PyTreeCheckpointer().restore(folder.resolve())
    return {str(path): leaf for path, leaf in _leaves(tree)}


def _leaves(tree, path=()):
    if isinstance(tree, dict):
        for name, part in tree.items():
            yield from _leaves(part, (*path, name))
    elif isinstance(tree, list | tuple):
        for name, part in enumerate(tree):
            yield from _leaves(part, (*path, name))
    else:
        yield path, np.asarray(tree)


def remains(workdir):
    """Half-written checkpoints and files."""
    found = pathlib.Path(workdir).rglob("*tmp*")
    return [path for path in found if "events" not in path.name]


def torture(workdir, words, kills, seconds, rng):
    """Kills at random moments, half of them while the run starts.

    Returns:
        How often something half-written was left, and how often the run was over
        before the kill.
    """
    torn = survived = 0
    for _ in range(kills):
        survived += short_life(words, workdir, rng.uniform(0, 2), seconds)
        torn += bool(remains(workdir))
    return torn, survived


def compare(untouched, killed):
    """Raises when the two runs differ anywhere.

    Raises:
        SystemExit: naming the first difference.
    """
    for a, b in zip(losses(untouched), losses(killed), strict=True):
        if a != b:
            raise SystemExit(f"kills: line {a} became {b}.")
    one, other = state(untouched), state(killed)
    different = [n for n in one | other if not np.array_equal(one[n], other[n])]
    if different:
        raise SystemExit(
            f"kills: {len(different)} arrays differ, {different[0]} first."
        )
    return len(losses(untouched)), len(one)


def main(kills, steps, save_every, seed):
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        untouched, killed, short = (pathlib.Path(folder, name) for name in "abc")
        run(command(untouched, steps, save_every))  # Fills the caches.
        seconds = run(command(short, 0, save_every))
        words = command(killed, steps, save_every)
        torn, survived = torture(killed, words, kills, seconds, rng)
        reached = newest(killed)
        run(words)
        left = remains(killed)
        lines, arrays = compare(untouched, killed)
    report = {"benchmark": "kills", "kills": kills - survived, "steps": steps}
    report |= {"save_every": save_every, "found_half_written": torn}
    report |= {"reached_by_the_last_kill": reached, "left_half_written": len(left)}
    report |= {"equal_lines": lines, "equal_arrays": arrays}
    report |= {"cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1)}
    print(json.dumps(report))
    return report


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("kills", type=int, nargs="?", default=100)
    parser.add_argument("--steps", type=int, default=8_000)
    parser.add_argument("--save-every", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    main(given.kills, given.steps, given.save_every, given.seed)
