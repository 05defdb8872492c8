import itertools
import multiprocessing
import signal
import subprocess

import numpy as np
import pytest

from jaxgen.data import pipeline


def take(data, request, seed, count, **more):
    stream = pipeline.batches(data, request, seed, **more)
    taken = list(itertools.islice(stream, count))
    stream.close()
    return taken


def joined(batches):
    return {name: np.concatenate([b[name] for b in batches]) for name in batches[0]}


def assert_same(a, b):
    assert a.keys() == b.keys()
    for name in a:
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)


def images(sample_batches):
    return [x.tobytes() for x in joined(sample_batches)["target_image"]]


def pairs_seen(batches):
    both = joined(batches)
    sides = zip(both["source_image"], both["target_image"], strict=True)
    return [(a.tobytes(), b.tobytes()) for a, b in sides]


def test_batches_have_the_requested_names_shapes_and_dtypes(data, pair_request):
    request = pair_request(4)
    (batch,) = take(data, request, 0, 1)
    assert batch.keys() == request.keys()
    for name, spec in request.items():
        assert batch[name].shape == spec.shape and batch[name].dtype == spec.dtype


def test_position_counts_samples_over_all_processes(data, pair_request):
    stream = pipeline.batches(data, pair_request(4), 0, start=8, process=1, processes=2)
    assert stream.position == 8
    batch = next(stream)
    stream.close()
    assert stream.position == 12 and len(batch["source_image"]) == 2


@pytest.mark.parametrize("processes", [1, 2, 4])
@pytest.mark.parametrize("start", [0, 20])
def test_samples_depend_on_seed_and_position_alone(
    data, pair_request, processes, start
):
    data = data | {"flip": True}
    whole = joined(take(data, pair_request(4), 3, 11))
    parts = [
        take(data, pair_request(4), 3, 6, start=start, process=p, processes=processes)
        for p in range(processes)
    ]
    rows = [part for step in zip(*parts, strict=True) for part in step]
    assert_same(joined(rows), {k: v[start : start + 24] for k, v in whole.items()})


def test_worker_processes_change_nothing(data, pair_request):
    data = data | {"flip": True}
    threads = joined(take(data, pair_request(4), 1, 4))
    workers = joined(take(data | {"workers": 1}, pair_request(4), 1, 4))
    assert_same(threads, workers)


def test_another_batch_size_goes_on_where_the_last_one_stopped(data, pair_request):
    fours = joined(take(data, pair_request(4), 0, 6))
    twos = joined(take(data, pair_request(2), 0, 8, start=8))
    assert_same(twos, {k: v[8:] for k, v in fours.items()})


def test_a_start_far_away_is_instant_and_exact(data, pair_request):
    far = 36 * 10**9
    (batch,) = take(data, pair_request(4), 0, 1, start=far)
    later = joined(take(data, pair_request(2), 0, 2, start=far))
    assert_same(batch, later)


def test_every_epoch_is_another_permutation_of_all_pairs(data, pair_request):
    seen = pairs_seen(take(data, pair_request(4), 0, 18))
    first, second = seen[:36], seen[36:]
    assert len(set(first)) == 36 and set(first) == set(second)
    assert first != second


def test_another_seed_gives_another_order(data, pair_request):
    assert images(take(data, pair_request(4), 0, 3)) != images(
        take(data, pair_request(4), 1, 3)
    )


def test_without_shuffle_the_first_epoch_is_in_order(data, pair_request):
    ordered = data | {"shuffle": False, "pairing": "csv"}
    seen = pairs_seen(take(ordered, pair_request(4), 9, 9))
    listed = pairs_seen(
        [b for b, _ in pipeline.once(ordered, pair_request(4), split="train")]
    )
    assert seen == listed


def test_flip_mirrors_half_of_the_samples_whole(data, pair_request):
    plain = joined(take(data, pair_request(4), 0, 25))
    flipped = joined(take(data | {"flip": True}, pair_request(4), 0, 25))
    mirrored = plain["target_image"][:, :, ::-1]
    same = (flipped["target_image"] == plain["target_image"]).all((1, 2, 3))
    turned = (flipped["target_image"] == mirrored).all((1, 2, 3))
    assert (same ^ turned).all() and 30 < turned.sum() < 70
    source_turned = flipped["source_image"] == plain["source_image"][:, :, ::-1]
    np.testing.assert_array_equal(turned, source_turned.all((1, 2, 3)))


def test_repeat_batch_feeds_the_first_batch_for_ever(data, pair_request):
    repeating = data | {"repeat_batch": True, "flip": True}
    first, second, third = take(repeating, pair_request(4), 0, 3)
    assert_same(first, second)
    assert_same(first, third)
    (resumed,) = take(repeating, pair_request(4), 0, 1, start=12)
    assert_same(first, resumed)


def test_once_gives_every_listed_pair_in_the_order_of_the_list(
    data, pair_request, people_folder
):
    batches = list(pipeline.once(data, pair_request(5), split="test", pairing="csv"))
    names = [name for _, part in batches for name in part]
    with open(f"{people_folder}/pairs-test.csv") as file:
        listed = [line.strip().replace(",", "_to_") for line in file][1:]
    assert names == listed and len(names) == 24
    assert [len(part) for _, part in batches] == [5, 5, 5, 5, 4]


def test_once_pads_the_last_batch_with_its_last_sample(data, pair_request):
    *_, (batch, names) = pipeline.once(data, pair_request(5), split="test")
    assert len(names) == 4 and len(batch["target_image"]) == 5
    np.testing.assert_array_equal(batch["target_image"][3], batch["target_image"][4])


def test_once_takes_the_first_samples_and_never_changes(data, pair_request):
    def names(**more):
        stream = pipeline.once(data, pair_request(4), split="test", **more)
        return [name for _, part in stream for name in part]

    assert names(samples=6) == names()[:6]
    assert len({name[:5] for name in names(samples=6)}) == 2
    assert sorted(names()) == sorted(set(names()))


def test_once_shares_samples_between_processes(data, pair_request):
    whole = list(pipeline.once(data, pair_request(4), split="test", samples=10))
    parts = [
        list(
            pipeline.once(
                data,
                pair_request(4),
                split="test",
                samples=10,
                process=p,
                processes=2,
            )
        )
        for p in range(2)
    ]
    names = [n for step in zip(*parts, strict=True) for _, part in step for n in part]
    assert names == [n for _, part in whole for n in part]
    assert [len(part) for _, part in parts[1]] == [2, 2, 0]
    rows = [batch for step in zip(*parts, strict=True) for batch, _ in step]
    assert_same(joined(rows), joined([batch for batch, _ in whole]))


def test_strangers_change_the_source_and_keep_the_target(data, pair_request):
    def stream(**more):
        return list(pipeline.once(data, pair_request(4), split="test", **more))

    plain, strange = stream(), stream(stranger=True)
    assert_same(
        joined([b for b, _ in strange]), joined([b for b, _ in stream(stranger=True)])
    )
    pairs = [
        (n.split("_to_"), m.split("_to_"))
        for (_, a), (_, b) in zip(plain, strange, strict=True)
        for n, m in zip(a, b, strict=True)
    ]
    assert pairs
    for (_, target), (stranger, same) in pairs:
        assert same == target and stranger[:5] != target[:5]


def test_once_never_mirrors(data, pair_request):
    flip = data | {"flip": True}
    plain = [b for b, _ in pipeline.once(data, pair_request(4), split="test")]
    other = [b for b, _ in pipeline.once(flip, pair_request(4), split="test")]
    assert_same(joined(plain), joined(other))


def test_fingerprint_follows_the_samples(data):
    base = pipeline.fingerprint(data, "test")
    assert base == pipeline.fingerprint(data | {"workers": 2, "flip": True}, "test")
    assert base != pipeline.fingerprint(data, "train")
    assert base != pipeline.fingerprint(data | {"pairing": "csv"}, "test")


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"source": "markt1501"}, KeyError, "did you mean 'market1501'"),
        ({"pairing": "identty"}, KeyError, "did you mean 'identity'"),
        ({"flipp": True}, KeyError, "unknown key 'flipp'"),
        ({"split": "val"}, KeyError, "unknown split 'val'.*there is test, train"),
        ({"folder": "nowhere"}, FileNotFoundError, "prepare synthetic --help"),
        ({"pairing": "clip"}, ValueError, "finds no sample among the 12 records"),
        ({"source": "market1501"}, ValueError, "prepared as 'synthetic'"),
    ],
)
def test_wrong_data_is_named_before_the_first_sample(
    data, pair_request, change, error, message
):
    with pytest.raises(error, match=message):
        pipeline.batches(data | change, pair_request(4), 0)


def test_a_batch_that_does_not_split_is_refused(data, pair_request):
    with pytest.raises(ValueError, match="batch of 4 does not split over 3"):
        pipeline.batches(data, pair_request(4), 0, processes=3)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_worker_leaves_it_to_the_command_to_stop(data, pair_request, number):
    stream = pipeline.batches(data | {"workers": 2}, pair_request(4), 0)
    next(stream)
    workers = multiprocessing.active_children()
    assert len(workers) == 2
    for worker in workers:
        subprocess.run(["kill", f"-{number}", str(worker.pid)], check=True)
    for _ in range(100):
        next(stream)
    stream.close()


def test_a_worker_that_dies_is_an_error_of_its_own_kind(data, pair_request):
    stream = pipeline.batches(data | {"workers": 1}, pair_request(4), 0)
    next(stream)
    (worker,) = multiprocessing.active_children()
    worker.kill()
    with pytest.raises(ChildProcessError, match="config.data.workers"):
        for _ in range(1_000):
            next(stream)
    stream.close()
