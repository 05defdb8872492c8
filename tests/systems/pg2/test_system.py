"""What PG2 minimises and when; values from an instance that is as small as can be."""

from dataclasses import replace
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.core.skeleton import MASK_LIMBS
from jaxgen.systems.base import Context, System
from jaxgen.systems.pg2.system import PG2, VARIANTS
from tests.reference import posemap as reference

SIZE = (32, 16)
FULL, ONE_STAGE = "G1+G2+D", "G1+D"
KEY = jax.random.key(0)
CONTEXT = Context(KEY, 0, {})


def tiny(**options):
    small = dict(image_size=SIZE, width=8, code=8, discriminator_width=8, l1_weight=7.0)
    return PG2(**small | options)


@cache
def raw_batch():
    rng = np.random.default_rng(0)
    keypoints = rng.uniform(0, 1, (4, 18, 2)) * np.array(SIZE[::-1])
    keypoints[0, 5] = np.nan
    images = rng.integers(0, 256, (2, 4, *SIZE, 3), dtype=np.uint8)
    return {
        "source_image": jnp.asarray(images[0]),
        "target_image": jnp.asarray(images[1]),
        "target_keypoints": jnp.asarray(keypoints, jnp.float32),
    }


@cache
def random_nets(system):
    """Every network with NumPy's numbers: drawing them with jax takes longer."""
    rng = np.random.default_rng(0)
    shapes = jax.eval_shape(system.init, KEY)
    return jax.tree.map(lambda x: np.float32(0.1 * rng.normal(size=x.shape)), shapes)


@cache
def forward(system):
    """A batch of `inputs`, the answers, the logits, and the result of every phase."""

    @jax.jit
    def everything(nets, batch):
        batch, outputs = answered(system, nets, batch)
        results = {k: p.objective(nets, batch, CONTEXT) for k, p in phases.items()}
        judged = "discriminator" in nets
        logits = system.judge(nets, batch, outputs)[0] if judged else {}
        return batch, outputs, logits, results

    phases = system.phases()
    return everything(random_nets(system), raw_batch())


@cache
def gradients(system):
    """Of the loss of every phase, towards every network."""

    def loss(params, objective, nets, batch):
        nets = {name: net | {"params": params[name]} for name, net in nets.items()}
        return objective(nets, system.inputs(nets, batch), CONTEXT).loss

    @jax.jit
    def differentiate(nets, batch):
        params = {name: net["params"] for name, net in nets.items()}
        return {
            name: jax.grad(loss)(params, phase.objective, nets, batch)
            for name, phase in system.phases().items()
        }

    return differentiate(random_nets(system), raw_batch())


def answered(system, nets, batch):
    batch = system.inputs(nets, batch)
    return batch, system.predict(nets, batch, KEY)


def moved(gradients):
    """The networks that any gradient reaches."""
    return {n for n, g in gradients.items() if any(x.any() for x in jax.tree.leaves(g))}


# Shapes and choices


def test_it_is_a_system():
    assert isinstance(tiny(), System)


@pytest.mark.parametrize(
    "size, variant", [((256, 256), FULL), *(((128, 64), v) for v in VARIANTS)]
)
def test_answers_have_the_size_of_the_picture(size, variant):
    system = PG2(image_size=size, variant=variant)

    def answer():
        nets = system.init(KEY)
        zeros = {k: jnp.zeros(s.shape, s.dtype) for k, s in spec.items()}
        batch, outputs = answered(system, nets, zeros)
        return outputs, system.panels(batch, outputs)

    spec = system.batch_spec(2)
    outputs, panels = jax.eval_shape(answer)
    for picture in (*outputs.values(), *panels.values()):
        assert (picture.shape, picture.dtype) == ((2, *size, 3), jnp.float32)


@pytest.mark.parametrize(
    "size, options, totals",
    [
        (
            (128, 64),
            dict(top_skip=False),
            dict(coarse=70_795_075, refine=6_058_883, discriminator=4_324_737),
        ),
        (
            (256, 256),
            {},
            dict(coarse=122_103_235, refine=12_696_067, discriminator=10_896_257),
        ),
    ],
)
def test_defaults_at_both_sizes_have_the_published_sizes(size, options, totals):
    nets = jax.eval_shape(PG2(image_size=size, **options).init, KEY)
    found = {
        name: sum(x.size for x in jax.tree.leaves(net)) for name, net in nets.items()
    }
    assert found == totals


@pytest.mark.parametrize(
    "variant, nets, phases",
    [
        (FULL, "coarse refine discriminator", "coarse refine discriminate"),
        (ONE_STAGE, "coarse discriminator", "coarse discriminate"),
        ("G1-poseMaskLoss", "coarse", "coarse"),
        ("G1-L1", "coarse", "coarse"),
        ("G1-CE-L1", "coarse", "coarse"),
        ("G1-HME-L1", "coarse", "coarse"),
    ],
)
def test_a_variant_has_its_networks_and_phases(variant, nets, phases):
    system = tiny(variant=variant)
    assert set(jax.eval_shape(system.init, KEY)) == set(nets.split())
    assert list(system.phases()) == phases.split()
    trained = [n for phase in system.phases().values() for n in phase.trains]
    assert trained == nets.split()
    assert system.frozen() == ()


@pytest.mark.parametrize(
    "variant, step, plan",
    [
        (FULL, 0, "coarse"),
        (FULL, 9, "coarse"),
        (FULL, 10, "discriminate"),
        (FULL, 12, "discriminate"),
        (FULL, 13, "refine discriminate"),
        (FULL, 1_000, "refine discriminate"),
        (ONE_STAGE, 0, "coarse discriminate"),
        (ONE_STAGE, 1_000, "coarse discriminate"),
        ("G1-poseMaskLoss", 1_000, "coarse"),
        ("G1-CE-L1", 1_000, "coarse"),
    ],
)
def test_plan_of_a_step(variant, step, plan):
    system = tiny(variant=variant, stage1_steps=10, discriminator_lead=3)
    assert system.plan(step) == tuple(plan.split())


def test_without_a_lead_the_second_stage_begins_at_once():
    assert tiny(stage1_steps=10).plan(10) == ("refine", "discriminate")


@pytest.mark.parametrize(
    "options, said",
    [
        (dict(variant="G1+G3"), "unknown variant 'G1.G3' .did you mean"),
        (dict(pad="same"), "unknown pad 'same'"),
        (dict(discriminator="patches"), "did you mean 'patch'"),
        (dict(judged="single"), "there is pair, triplet"),
        (dict(judgement="hinge"), "there is cross_entropy, least_squares"),
    ],
)
def test_an_unknown_choice_is_refused(options, said):
    with pytest.raises(KeyError, match=f"systems.pg2: .*{said}"):
        tiny(**options)


@pytest.mark.parametrize("size", [(48, 32), (32, 24), (8, 8), (0, 16), (256, 16)])
def test_a_size_that_cannot_be_halved_often_enough_is_refused(size):
    with pytest.raises(ValueError, match="systems.pg2: image_size should be"):
        tiny(image_size=size)


@pytest.mark.parametrize("size", [(16, 16), (16, 64), (64, 16), (128, 16)])
def test_a_size_that_can_be_halved_often_enough_works(size):
    system = tiny(image_size=size)
    spec = system.batch_spec(2)
    batch = {k: jnp.zeros(s.shape, s.dtype) for k, s in spec.items()}
    _, outputs = jax.eval_shape(
        lambda: answered(system, system.init(KEY), batch)  # noqa: B023
    )
    assert outputs["image"].shape == (2, *size, 3)


# Inputs, answers, panels


def test_inputs_are_pictures_pose_maps_and_a_mask():
    batch, *_ = forward(tiny())
    raw = raw_batch()
    for name in ("source_image", "target_image"):
        want = np.asarray(raw[name]) / 127.5 - 1
        np.testing.assert_allclose(batch[name], want, atol=1e-6)
    for i, joints in enumerate(np.asarray(raw["target_keypoints"])):
        maps = reference.disks(joints, SIZE, 4)
        mask = reference.limb_mask(joints, MASK_LIMBS, SIZE, 4)
        np.testing.assert_array_equal(batch["target_pose"][i], 2 * maps - 1)
        np.testing.assert_array_equal(batch["target_mask"][i, :, :, 0], mask)


def test_pose_maps_of_a_port_are_gaussians_of_six_pixels_from_0_to_1():
    system = replace(tiny(), pose_maps="gaussians")
    raw = raw_batch()
    batch = jax.jit(system.inputs)({}, raw)
    for i, joints in enumerate(np.asarray(raw["target_keypoints"])):
        want = reference.gaussians(joints, SIZE, 6.0)
        np.testing.assert_allclose(batch["target_pose"][i], want, atol=1e-6)


def test_the_map_of_a_missing_joint_is_minus_one_everywhere():
    batch, *_ = forward(tiny())
    assert (batch["target_pose"][0, :, :, 5] == -1).all()


def test_the_answer_is_the_coarse_picture_plus_the_difference():
    _, outputs, *_ = forward(tiny())
    assert set(outputs) == {"coarse", "difference", "image"}
    assert outputs["difference"].any()
    want = outputs["coarse"] + outputs["difference"]
    np.testing.assert_allclose(outputs["image"], want, atol=1e-6)


@pytest.mark.parametrize("variant", ["G1-CE-L1", "G1-HME-L1", ONE_STAGE])
def test_with_one_stage_the_answer_is_the_coarse_picture(variant):
    _, outputs, *_ = forward(tiny(variant=variant))
    assert set(outputs) == {"coarse", "image"}
    assert np.isfinite(outputs["image"]).all()
    np.testing.assert_array_equal(outputs["coarse"], outputs["image"])


def test_a_window_keeps_the_answer_near_the_coarse_picture():
    _, free, *_ = forward(tiny())
    _, kept, *_ = forward(tiny(refine_window=3))
    low, high = free["coarse"].min(), free["coarse"].max()
    assert float(free["image"].max()) > high
    assert low <= float(kept["image"].min()) <= float(kept["image"].max()) <= high
    np.testing.assert_array_equal(kept["coarse"], free["coarse"])


def test_an_answer_needs_no_target():
    system = tiny()
    batch = {k: v for k, v in raw_batch().items() if k != "target_image"}

    @jax.jit
    def answer(nets, batch):
        batch, outputs = answered(system, nets, batch)
        return outputs["image"], system.panels(batch, outputs)

    image, panels = answer(random_nets(system), batch)
    np.testing.assert_allclose(image, forward(system)[1]["image"], atol=1e-5)
    assert set(panels) == {"source", "pose", "coarse", "refined"}


@pytest.mark.parametrize("variant", [FULL, "G1-L1"])
def test_panels_have_one_size_and_show_the_answer_before_the_target(variant):
    system, names = tiny(variant=variant), []
    batch, outputs, *_ = forward(system)

    @jax.jit
    def draw(batch, outputs):
        panels = system.panels(batch, outputs)
        names.extend(panels)  # Out of a compiled function they come sorted.
        return panels

    panels = draw(batch, outputs)
    refined = ["refined"] if variant == FULL else []
    assert names == ["source", "pose", "coarse", *refined, "target"]
    assert {x.shape for x in panels.values()} == {(4, *SIZE, 3)}
    assert float(panels["pose"].min()) == -1 and float(panels["pose"].max()) <= 1
    answer = panels["refined" if refined else "coarse"]
    np.testing.assert_array_equal(answer, outputs["image"])


# What the phases minimise


def test_the_first_stage_counts_the_body_twice():
    batch, outputs, _, results = forward(tiny())
    error = np.abs(outputs["coarse"] - batch["target_image"])
    want = (error * (1 + batch["target_mask"])).mean()
    np.testing.assert_allclose(results["coarse"].loss, want, rtol=1e-5)
    assert results["coarse"].loss == results["coarse"].metrics["l1"]


def test_ablations_that_end_in_l1_count_every_pixel_once():
    system = tiny(variant="G1-L1")
    batch, outputs, _, results = forward(system)
    want = np.abs(outputs["coarse"] - batch["target_image"]).mean()
    np.testing.assert_allclose(results["coarse"].loss, want, rtol=1e-5)


def test_the_second_stage_weighs_l1_with_lambda_and_tells_what_it_changes():
    system = tiny()
    batch, outputs, _, results = forward(system)
    terms = results["refine"].metrics
    want = terms["adversarial"] + 7 * terms["l1"]
    np.testing.assert_allclose(results["refine"].loss, want, rtol=1e-6)
    error, coarse = (
        (np.abs(outputs[k] - batch["target_image"]) * (1 + batch["target_mask"])).mean()
        for k in ("image", "coarse")
    )
    np.testing.assert_allclose(terms["l1"], error, rtol=1e-5)
    np.testing.assert_allclose(terms["gain"], coarse - error, atol=1e-5)
    change = np.abs(outputs["difference"]).mean()
    np.testing.assert_allclose(terms["difference"], change, rtol=1e-5)


def test_the_one_stage_variant_pits_g1_against_d():
    system = tiny(variant=ONE_STAGE)
    *_, results = forward(system)
    terms = results["coarse"].metrics
    want = terms["adversarial"] + 7 * terms["l1"]
    np.testing.assert_allclose(results["coarse"].loss, want, rtol=1e-6)


def test_in_triplets_the_target_weighs_as_much_as_both_fakes():
    *_, results = forward(tiny())
    result = results["discriminate"]
    terms = result.metrics
    want = 0.5 * terms["real"] + 0.25 * terms["fake"] + 0.25 * terms["source"]
    np.testing.assert_allclose(result.loss, want, rtol=1e-6)


def test_in_pairs_there_are_two_terms_of_weight_one():
    *_, results = forward(tiny(judged="pair"))
    result = results["discriminate"]
    terms = result.metrics
    assert set(terms) == {"real", "fake"}
    np.testing.assert_allclose(result.loss, terms["real"] + terms["fake"], rtol=1e-6)


@pytest.mark.parametrize(
    "options, want",
    [
        ({}, np.log(2)),
        (dict(judged="pair"), 2 * np.log(2)),
        (dict(judgement="least_squares"), 0.5),
    ],
)
def test_a_judge_that_knows_nothing_loses_ln_2(options, want):
    system = tiny(**options)
    nets = dict(random_nets(system))
    params = dict(nets["discriminator"]["params"])
    params["head"] = jax.tree.map(np.zeros_like, params["head"])
    nets["discriminator"] = {"params": params}

    @jax.jit
    def loss(nets, batch):
        batch = system.inputs(nets, batch)
        return system.discriminator_loss(nets, batch, CONTEXT).loss

    np.testing.assert_allclose(loss(nets, raw_batch()), want, rtol=1e-6)


def test_the_first_stage_has_no_gradient_for_the_networks_of_the_second():
    assert moved(gradients(tiny())["coarse"]) == {"coarse"}


@pytest.mark.parametrize("phase", ["coarse", "refine", "discriminate"])
def test_every_kernel_that_a_phase_trains_has_a_gradient(phase):
    system = tiny()
    (name,) = system.phases()[phase].trains
    found = gradients(system)[phase][name]
    for path, gradient in jax.tree.leaves_with_path(found):
        # A bias before batch normalisation has none.
        if "bias" not in jax.tree_util.keystr(path):
            assert gradient.any(), path


# One judge, one batch


@pytest.mark.parametrize("coarse", [False, True])
def test_all_pictures_are_judged_in_one_batch_whatever_their_order(coarse):
    system = tiny(judge_coarse=coarse)
    batch, outputs, logits, _ = forward(system)
    seen = {"source": batch["source_image"], "target": batch["target_image"]}
    seen |= {"fake": outputs["image"]}
    seen |= {"coarse": outputs["coarse"]} if coarse else {}
    assert set(logits) == set(seen)
    apply = jax.jit(system.discriminator_net.apply)
    network = random_nets(system)["discriminator"]
    joint = apply(network, jnp.concatenate(list(seen.values())))
    for name, want in zip(seen, jnp.split(joint, len(seen)), strict=True):
        assert logits[name].shape == (4, 1)
        np.testing.assert_allclose(logits[name], want, atol=1e-5)
    alone = apply(network, seen["target"])
    assert np.abs(alone - logits["target"]).max() > 1e-3


def test_in_pairs_the_source_is_beside_each_and_none_is_judged_alone():
    system = tiny(judged="pair")
    batch, outputs, logits, _ = forward(system)
    source = batch["source_image"]
    pairs = [
        jnp.concatenate([source, x], -1)
        for x in (batch["target_image"], outputs["image"])
    ]
    network = random_nets(system)["discriminator"]
    joint = jax.jit(system.discriminator_net.apply)(network, jnp.concatenate(pairs))
    assert set(logits) == {"target", "fake"}
    found = jnp.concatenate([logits["target"], logits["fake"]])
    np.testing.assert_allclose(found, joint, atol=1e-5)


def test_only_the_phase_of_the_judge_moves_its_statistics():
    system = tiny(discriminator="patch")
    *_, results = forward(system)
    moved = results["discriminate"].updates
    assert set(moved) == {"discriminator"}
    assert set(moved["discriminator"]) == {"batch_stats"}
    assert results["refine"].updates == {}
