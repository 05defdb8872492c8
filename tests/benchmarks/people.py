"""Synthetic people drawn per second on one core, dressing included.

OMP_NUM_THREADS=1 python tests/benchmarks/people.py

Prints one JSON line; eight full-body frames per person, as training takes them.
"""

import json
import os
import time

from jaxgen.people.render import records

SIZES = {(128, 64): 12, (256, 256): 6}
FRAMES = 8


def rate(size, people):
    began = time.process_time()
    for person in range(people):
        for _ in records(0, person, frames=FRAMES, size=size, framing="full"):
            pass
    return people * FRAMES / (time.process_time() - began)


def main():
    report = {
        "benchmark": "people",
        "threads": os.environ.get("OMP_NUM_THREADS", "all"),
    }
    report["load"] = round(os.getloadavg()[0], 1)
    for size, people in SIZES.items():
        rate(size, 1)
        name = "x".join(map(str, size))
        report[f"pictures_per_second_{name}"] = round(rate(size, people), 1)
    print(json.dumps(report))


if __name__ == "__main__":
    main()
