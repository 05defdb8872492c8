import numpy as np
import pytest

from jaxgen.metrics.accumulate import Rows
from jaxgen.metrics.pckh import HEAD, Metric, correct_joints


def pose(seed=0):
    """All joints there; a head 20 wide and 30 high."""
    joints = np.random.default_rng(seed).uniform(40, 100, (18, 2))
    joints[HEAD] = [(10, 10), (20, 40), (30, 10), (12, 20), (14, 20), (28, 15)]
    return joints


def compute(found, target, **options):
    return Metric(**options).compute(Rows((target,)), Rows((found,)))


def by_the_script(found, target):
    """calPCKH_market.py, with -1 for a missing joint."""
    found, target = (np.nan_to_num(v, nan=-1) for v in (found, target))
    correct = total = 0
    for (px, py), (tx, ty) in zip(
        found.swapaxes(1, 2), target.swapaxes(1, 2), strict=True
    ):
        head = [(tx[i], ty[i]) for i in HEAD if tx[i] != -1 and ty[i] != -1]
        if len(head) < 2:
            continue
        xs, ys = zip(*head, strict=True)
        width, height = max(xs) - min(xs), max(ys) - min(ys)
        total += sum(y != -1 for y in ty)
        for i in range(18):
            there = -1 not in (px[i], py[i], tx[i], ty[i])
            near = abs(px[i] - tx[i]) < width / 2 and abs(py[i] - ty[i]) < height / 2
            correct += there and near
    return correct / total


def test_the_same_pose_has_1_and_nothing_found_has_0():
    target = np.stack([pose(0), pose(1)])
    assert compute(target, target) == {"pckh": 1.0, "pckh_pairs_left_out": 0.0}
    assert compute(np.full_like(target, np.nan), target)["pckh"] == 0.0


def test_share_equals_that_of_the_script():
    rng = np.random.default_rng(0)
    target = np.stack([pose(seed) for seed in range(20)])
    target[rng.random((20, 18)) < 0.3] = np.nan
    found = target + rng.normal(0, 8, target.shape)
    found[rng.random((20, 18)) < 0.2] = np.nan
    assert compute(found, target)["pckh"] == pytest.approx(by_the_script(found, target))


@pytest.mark.parametrize(
    "step, near",
    [((9, 14), True), ((10, 0), False), ((0, 15), False), ((11, 1), False)],
)
def test_near_is_less_than_half_the_width_and_half_the_height(step, near):
    target = pose()[None]
    found = target.copy()
    found[0, 4] += step
    right, there = correct_joints(found, target)
    assert (right, there) == (17 + near, 18)


def test_joints_count_together_over_all_pairs():
    """Not as a mean of shares: the second pose has six joints, all of them right."""
    target = np.stack([pose(0), pose(1)])
    target[1, [i for i in range(18) if i not in HEAD]] = np.nan
    found = target.copy()
    found[0] += 1000
    assert compute(found, target)["pckh"] == pytest.approx(6 / 24)


def test_pairs_without_a_head_are_left_out_and_counted():
    target = np.stack([pose(0), pose(1)])
    target[1, HEAD[1:]] = np.nan
    found = compute(target + 1000, target)
    assert found == {"pckh": 0.0, "pckh_pairs_left_out": 1.0}
    assert np.isnan(compute(target[1:], target[1:])["pckh"])


def test_streams_of_other_pairs_are_refused():
    with pytest.raises(ValueError, match="hold the same pairs"):
        compute(np.zeros((2, 18, 2)), np.zeros((3, 18, 2)))
