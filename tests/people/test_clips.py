import dataclasses

import numpy as np
import pytest

from jaxgen.people import clips, figure
from jaxgen.people.anatomy import HARD_LIMITS, smpl_pose

MOMENTS = np.linspace(0, 1, 41)


def angles(pose):
    values = dataclasses.asdict(pose)
    return np.concatenate([np.atleast_1d(values[name]) for name in HARD_LIMITS])


def assert_within_limits(pose):
    for name, (low, high) in HARD_LIMITS.items():
        values = np.atleast_1d(getattr(pose, name))
        assert low <= values.min() and values.max() <= high, (pose.kind, name, values)


@pytest.mark.parametrize("kind", clips.CLIPS)
def test_clips_keep_the_hard_limits(kind):
    for t in MOMENTS:
        assert_within_limits(clips.clip_pose(kind, t, yaw=30.0))


@pytest.mark.parametrize("kind", clips.CLIPS)
def test_a_clip_ends_where_it_began(kind):
    first, last = (clips.clip_pose(kind, t, yaw=20.0) for t in (0.0, 1.0))
    np.testing.assert_allclose(angles(first), angles(last), atol=1e-9)
    assert np.cos(np.radians(last.yaw - first.yaw)) == pytest.approx(1)


def test_walking_at_zero_and_one_is_the_same():
    np.testing.assert_allclose(
        smpl_pose(clips.walk(0.0)), smpl_pose(clips.walk(1.0)), atol=1e-6
    )


@pytest.mark.parametrize("kind", clips.CLIPS)
def test_no_joint_jumps_during_a_clip(kind):
    def joints(t):
        pose = smpl_pose(clips.clip_pose(kind, t)).reshape(24, 3)
        rest = figure.joints(figure.asset().v_template)
        return figure.forward(rest, figure.rotation_matrices(pose))[1]

    step = 1e-3
    moved = [np.abs(joints(t + step) - joints(t)).max() for t in np.arange(0, 1, 0.02)]
    assert max(moved) / step < 12  # Metres in a period: a wrist circles the body twice.


def test_the_legs_take_turns_in_walking():
    now, later = clips.walk(0.2), clips.walk(0.7)
    assert now.hip_flex == pytest.approx(later.hip_flex[::-1])
    assert now.knee == pytest.approx(later.knee[::-1])


def test_an_unknown_clip_is_refused_with_what_there_is():
    with pytest.raises(KeyError, match="no clip 'jump'; there are walk"):
        clips.clip_pose("jump", 0.0)
