"""Damages weights files of every kind at random, and reads them all.

python tests/benchmarks/fuzz_readers.py --files 100000

Each must give arrays or an error of ours that is one sentence: never another error, a
hang of over two seconds, a crash, a foreign call, or much memory. Some are damaged
within a checksum that is then made right. An audit hook counts what a read may not do:
run a program, import, evaluate source, write a file. Prints one JSON line.
"""

import argparse
import codecs
import io
import json
import os
import pathlib
import pickle
import resource
import signal
import sys
import tempfile
import time
import zipfile
from collections import Counter

import numpy as np

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from jaxgen.weights import files  # noqa: E402
from tests.reference import (  # noqa: E402
    nvidia_pickle,
    tensor_bundle,
    torch_old,
    torch_zip,
)

GOLDEN = ROOT / "tests" / "golden" / "torch_files"
HANG = 2.0
MOST_MEMORY = 128 * 2**20
CHUNK = 2000
FORBIDDEN = ("os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.Popen")
FORBIDDEN += ("exec", "compile", "import", "socket.connect", "ctypes.dlopen")
FORBIDDEN += (
    "os.remove",
    "os.rename",
    "os.mkdir",
    "pickle.find_class",
    "marshal.loads",
)
STATE = {
    "net.w": np.arange(12, dtype=np.float32).reshape(3, 4),
    "net.b": np.arange(4, dtype=np.float16),
    "step": np.array(7),
}
TOKENS = (
    *(b"cos\nsystem\n", b"cbuiltins\neval\n", b"ctorch.storage\n_load_from_bytes\n"),
    *(
        b"ctorch_utils.persistence\n_reconstruct_persistent_obj\n",
        b"R",
        b"\x93",
        b"\x81",
    ),
    *(b"X\x08\x00\x00\x00touch /x", b"\x85R.", b"q\x00h\x00", b"(", b"t", b"b", b"Q"),
    *(b"\xff" * 4, b"\x7f" * 8, b"\xff" * 8, bytes(8), b"\x80\x80\x80\x80\x10"),
)


class Hang(BaseException):
    """A read took too long."""


def in_memory(write):
    """The bytes of what a function writes."""
    file = io.BytesIO()
    write(file)
    return file.getvalue()


def npz_around(record):
    with_record = io.BytesIO()
    with zipfile.ZipFile(with_record, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", record)
    return with_record.getvalue()


def torch_around(program):
    storages = [x.tobytes() for x in STATE.values()]
    return in_memory(lambda file: torch_zip.save_program(file, program, storages))


def table_around(block):
    """A table with one block of entries, its checksum right."""
    parts, handles = b"", []
    for text in (block, None, tensor_bundle.block([])):
        if text is None:
            text = tensor_bundle.block([(b"\xff", handles[0])])
        handles.append(
            tensor_bundle.varint(len(parts)) + tensor_bundle.varint(len(text))
        )
        checksum = tensor_bundle.masked(text + b"\0")
        parts += text + b"\0" + checksum.to_bytes(4, "little")
    magic = tensor_bundle.MAGIC.to_bytes(8, "little")
    return parts + (handles[2] + handles[1]).ljust(40, b"\0") + magic


def safetensors_around(header):
    numbers = b"".join(x.tobytes() for x in STATE.values())
    return len(header).to_bytes(8, "little") + header + numbers


def safetensors_header():
    header, start = {}, 0
    for (name, x), dtype in zip(STATE.items(), ("F32", "F16", "I64"), strict=True):
        place = [start, start + x.nbytes]
        header[name] = {"dtype": dtype, "shape": list(x.shape), "data_offsets": place}
        start += x.nbytes
    return json.dumps(header).encode()


def tar():
    value = b"}" + torch_old.plain("w") + torch_old.reference(7) + b"s"
    floats = np.arange(6, dtype=np.float32)
    tensors = {7: (2, (2, 2), (1, 2), 0)}
    return torch_old.tar(value, {1: floats}, views=[(2, 1, 1, 4)], tensors=tensors)


def network():
    layers = {"fc": nvidia_pickle.Network("Layer", {"w": STATE["net.w"]})}
    whole = nvidia_pickle.Network("G", {"b": STATE["net.b"]}, {}, layers, z=8)
    return nvidia_pickle.dumps({"G_ema": whole, "D": None})


def hdf5():
    try:
        import h5py
    except ModuleNotFoundError:
        return {}

    def write(file):
        with h5py.File(file, "w") as opened:
            for name, x in STATE.items():
                opened[f"model_weights/{name}"] = x
            packed = np.zeros((8, 8))
            opened.create_dataset(
                "optimizer_weights/m", data=packed, compression="gzip"
            )

    return {"hdf5": (in_memory(write), bytes)}


def bases(folder):
    """Kind -> the bytes to damage, and what makes a file of them."""
    prefix = f"{folder}/base"
    tensor_bundle.save(prefix, STATE, texts=["_GRAPH"])
    index = pathlib.Path(f"{prefix}.index").read_bytes()
    program = b"\x80\x02" + torch_zip.spelled(STATE, []) + b"."
    record = in_memory(lambda file: np.save(file, STATE["net.w"]))
    rows = [(b"", tensor_bundle.header()), (b"w", _entry(STATE["net.w"]))]
    return {
        "torch": ((GOLDEN / "nested.pth").read_bytes(), bytes),
        "torch, the pickle": (program, torch_around),
        "torch before 1.6": ((GOLDEN / "legacy.pth").read_bytes(), bytes),
        "torch before 1.6, small": (torch_old.stream({"net": STATE}), bytes),
        "torch 0.1": (tar(), bytes),
        "nvidia": ((GOLDEN / "network.pkl").read_bytes(), bytes),
        "nvidia, small": (network(), bytes),
        "pickle": (pickle.dumps({"model": STATE}, 4), bytes),
        "npz": (in_memory(lambda file: np.savez(file, **STATE)), bytes),
        "npz, a record": (record, npz_around),
        "safetensors": (safetensors_around(safetensors_header()), bytes),
        "safetensors, the header": (safetensors_header(), safetensors_around),
        "tensorflow": (index, bytes),
        "tensorflow, a block": (tensor_bundle.block(rows), table_around),
        **hdf5(),
    }


def _entry(array):
    data = array.tobytes()
    checksum = tensor_bundle.masked(data)
    return tensor_bundle.entry(1, array.shape, 0, 8, len(data), checksum)


def damaged(rng, data, others):
    """A copy with one damage or some: bits, cuts, splices, repeats, tokens."""
    found = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 3, 4])):
        size = len(found)
        if not size:
            break
        start = int(rng.integers(size))
        stop = min(size, start + int(2 ** rng.uniform(0, 7)))
        kind = rng.integers(9)
        if kind <= 2:
            found[start] ^= 1 << int(rng.integers(8))
        elif kind == 3:
            found[start] = int(rng.integers(256))
        elif kind == 4:
            del found[start:stop]
        elif kind == 5:
            found[start:start] = found[start:stop] * int(rng.integers(1, 9))
        elif kind == 6:
            other = others[rng.integers(len(others))]
            place = int(rng.integers(len(other)))
            found[start:stop] = other[place : place + stop - start]
        elif kind == 7:
            token = TOKENS[rng.integers(len(TOKENS))]
            stop = start + (len(token) if rng.random() < 0.5 else 0)
            found[start:stop] = token
        elif rng.random() < 0.2:
            del found[start:]
    return bytes(found)


class Canary:
    """Counts what the audit hook sees while a file is read."""

    def __init__(self):
        self.armed, self.seen = False, Counter()
        sys.addaudithook(self)

    def __call__(self, event, arguments):
        if not self.armed:
            return
        writes = event == "open" and arguments[2] & (
            os.O_WRONLY | os.O_RDWR | os.O_CREAT
        )
        if event in FORBIDDEN or writes:
            self.seen[f"{event} {arguments[0]}" if event == "import" else event] += 1


def read(path):
    """Reads a file and looks at both ends of every array; what came of it."""
    try:
        arrays = files.read(path).arrays
        for array in arrays.values():
            if array.size:
                array.flat[0], array.flat[-1]
        return "result"
    except (ValueError, FileNotFoundError) as error:
        said = str(error)
        return "error" if "\n" not in said and said.endswith(".") else f"said {said!r}"
    except Hang:
        return "hang"
    except BaseException as error:
        return f"{type(error).__name__}: {error}"[:200]


def chunk(seed, start, stop, kinds, folder, place):
    """Reads some files in this process; a report."""
    canary, others = Canary(), [data for data, _ in kinds.values()]
    names, report = list(kinds), Counter()
    slowest, path = (0.0, ""), f"{folder}/x.index"
    pathlib.Path(f"{folder}/x.data-00000-of-00001").write_bytes(
        bytes(8) + STATE["net.w"].tobytes()
    )
    for codec in ("raw-unicode-escape", "cp437"):  # Python imports them when asked.
        codecs.lookup(codec)
    for data, around in kinds.values():  # Imports and fills caches.
        pathlib.Path(path).write_bytes(around(data))
        read(path)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    signal.signal(signal.SIGALRM, _hang)
    for number in range(start, stop):
        place.write_text(str(number))
        rng = np.random.default_rng([seed, number])
        kind = names[number % len(names)]
        data, around = kinds[kind]
        pathlib.Path(path).write_bytes(around(damaged(rng, data, others)))
        began = time.perf_counter()
        signal.setitimer(signal.ITIMER_REAL, HANG)
        canary.armed = True
        came = read(path)
        canary.armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        slowest = max(slowest, (time.perf_counter() - began, kind))
        report[came if came in ("result", "error") else f"{number} {kind}: {came}"] += 1
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "counts": dict(report),
        "calls": dict(canary.seen),
        "slowest": slowest,
        "growth": (after - before) * 1024,
    }


def _hang(*_):
    raise Hang


def in_child(*arguments):
    """As `chunk`, in a process of its own, whose death is a finding."""
    out, into = os.pipe()
    child = os.fork()
    if not child:
        os.close(out)
        with os.fdopen(into, "w") as file:
            file.write(json.dumps(chunk(*arguments)))
        os._exit(0)
    os.close(into)
    with os.fdopen(out) as file:
        text = file.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else None


def main(count, seed):
    """Reads `count` files; the report."""
    counts, calls, slowest, growth = Counter(), Counter(), (0.0, ""), 0
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        kinds, place = bases(folder), pathlib.Path(folder, "place")
        start = 0
        while start < count:
            stop = min(start + CHUNK, count)
            found = in_child(seed, start, stop, kinds, folder, place)
            if found is None:
                stop = int(place.read_text()) + 1
                counts[f"{stop - 1}: the process died"] += 1
                found = in_child(seed, start, stop - 1, kinds, folder, place)
            counts.update(found["counts"])
            calls.update(found["calls"])
            slowest = max(slowest, tuple(found["slowest"]))
            growth, start = max(growth, found["growth"]), stop
    findings = {k: n for k, n in counts.items() if k not in ("result", "error")}
    return {
        "benchmark": "fuzz_readers",
        "files": count,
        "seed": seed,
        "kinds": len(kinds),
        "results": counts["result"],
        "errors": counts["error"],
        "findings": findings,
        "foreign_calls": dict(calls),
        "slowest_ms": round(slowest[0] * 1000, 1),
        "slowest_kind": slowest[1],
        "peak_growth_mb": round(growth / 2**20, 1),
        "seconds": round(time.perf_counter() - began, 1),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
    }


def is_clean(report):
    """Whether nothing happened that may not."""
    bad = report["findings"] or report["foreign_calls"]
    return not bad and report["peak_growth_mb"] * 2**20 < MOST_MEMORY


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    outcome = main(given.files, given.seed)
    print(json.dumps(outcome))
    sys.exit(not is_clean(outcome))
