"""Seconds from the command to the end of the first step, cold and warm.

python tests/benchmarks/startup.py pg2_synthetic:small

Runs `train` for one step three times in fresh processes: with nothing prepared, with
people drawn but nothing compiled, and with both in the cache. Prints one JSON line.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time


def seconds(name, cache, workdir):
    command = [sys.executable, "-m", "jaxgen.train", "--config", name]
    command += ["--workdir", str(workdir), "--config.steps=1", "--config.eval_every=0"]
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        env={**os.environ, "JAXGEN_CACHE": str(cache)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in process.stderr:
        if "step 1/1" in line:
            break
    spent = time.perf_counter() - began
    process.stderr.read()
    process.wait()
    return round(spent, 1)


def main(name):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        cache = folder / "cache"
        report = {"benchmark": "startup", "config": name, "cores": os.cpu_count()}
        report["load"] = round(os.getloadavg()[0], 1)
        report["nothing_prepared"] = seconds(name, cache, folder / "a")
        for path in (cache / "compiled").iterdir():
            path.unlink()
        report["cold_compilation_cache"] = seconds(name, cache, folder / "b")
        report["warm"] = seconds(name, cache, folder / "c")
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "pg2_synthetic:small")
