"""PG2 as the house's interface: which networks there are, what they minimise, when."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import log2
from typing import Any

import jax
import jax.numpy as jnp

from jaxgen.core import checks
from jaxgen.core.arrays import Array, Batch, Images, Nets, Scalar, Spec
from jaxgen.core.skeleton import JOINTS, MASK_LIMBS
from jaxgen.losses import adversarial, reconstruction
from jaxgen.losses.terms import weighted
from jaxgen.ops import image as pixels
from jaxgen.ops import posemap
from jaxgen.systems.base import Context, Phase, Result, Task
from jaxgen.systems.pg2 import tasks
from jaxgen.systems.pg2.losses import within_neighbourhood
from jaxgen.systems.pg2.nets import (
    Coarse,
    DenseDiscriminator,
    PatchDiscriminator,
    Refine,
)

_PORT_SIGMA = 6.0
_JUDGEMENTS = {
    "cross_entropy": adversarial.cross_entropy,
    "least_squares": adversarial.least_squares,
}
_EMBEDDINGS = {"G1-CE-L1": "code", "G1-HME-L1": "encoder"}
VARIANTS = (
    "G1-CE-L1",
    "G1-HME-L1",
    "G1-L1",
    "G1-poseMaskLoss",
    "G1+D",
    "G1+G2+D",
)


@dataclass(frozen=True)
class PG2:
    """Pose guided person generation.

    Attributes:
        image_size: height and width, powers of two.
        variant: the full system or a row of the paper's table 1: one of `VARIANTS`.
        stage1_steps: steps of G1; then G2 and the discriminator begin.
        discriminator_lead: steps at the start of stage two in which only the
            discriminator trains; none as published.
        width: channels of the first block of both generators.
        refine_width: of G2, where it differs from `width`; 0 for the same.
        code: length of G1's bottleneck code.
        top_skip: G2's skip at full size: True for DeepFashion, False for Market-1501.
        refine_zero_init: G2 starts as the identity.
        refine_window: G2 may not leave the coarse picture's range within this many
            pixels; 0 lets it free, as published.
        pad: `tf_same`, or `torch` for weights of the PyTorch ports.
        remat: recompute activations backwards: memory for time, at 256x256.
        discriminator: `dense` (published) or `patch`.
        discriminator_width: channels of its first layer.
        stored_statistics: the dense judge normalises with statistics stored in it, as
            a port's file has them, instead of those of each batch.
        judged: what it sees: `triplet` (single pictures, the source photograph counts
            as fake; released code) or `pair` (source beside each; paper).
        judge_coarse: the coarse picture joins the judge's batch, which moves its batch
            statistics; Market-1501's script does that.
        judgement: `cross_entropy` (published) or `least_squares`.
        l1_weight: lambda, weight of the masked L1 in stage two; 50 for DeepFashion
            and 10 for Market-1501 in the released code.
        pose_maps: `disks` of -1 and 1 (published), or `gaussians` from 0 to 1, of 6
            pixels, as a PyTorch port draws them.
        pose_radius: of the disks in pose maps, in pixels at any image size.
        mask_radius: of the disks in the pose mask.
        dtype: compute type.
    """

    image_size: tuple[int, int] = (256, 256)
    variant: str = "G1+G2+D"
    stage1_steps: int = 30_000
    discriminator_lead: int = 0
    width: int = 128
    refine_width: int = 0
    code: int = 64
    top_skip: bool = True
    refine_zero_init: bool = False
    refine_window: int = 0
    pad: str = "tf_same"
    remat: bool = False
    discriminator: str = "dense"
    discriminator_width: int = 64
    stored_statistics: bool = False
    judged: str = "triplet"
    judge_coarse: bool = False
    judgement: str = "cross_entropy"
    l1_weight: float = 50.0
    pose_maps: str = "disks"
    pose_radius: int = 4
    mask_radius: int = 4
    dtype: str = "float32"

    def __post_init__(self):
        """Refuses values that do not go together.

        Raises:
            KeyError: for an unknown choice.
            ValueError: for an image size that cannot be halved often enough.
        """
        for name, known in (
            ("variant", VARIANTS),
            ("pad", ("tf_same", "torch")),
            ("discriminator", ("dense", "patch")),
            ("judged", ("triplet", "pair")),
            ("judgement", _JUDGEMENTS),
            ("pose_maps", ("disks", "gaussians")),
        ):
            checks.require_known("systems.pg2", name, getattr(self, name), known)
        if self.judge_coarse and (self.judged == "pair" or self.variant == "G1+D"):
            raise ValueError(
                "systems.pg2: judge_coarse goes with triplets and a second stage; set "
                "it to False."
            )
        sizes = ("width", "code", "discriminator_width", "mask_radius", "pose_radius")
        least = dict.fromkeys(sizes, 1)
        counts = ("stage1_steps", "discriminator_lead", "refine_width", "refine_window")
        least |= dict.fromkeys(counts, 0)
        for name, lowest in least.items():
            if getattr(self, name) < lowest:
                raise ValueError(
                    f"systems.pg2: {name} should be at least {lowest}, got "
                    f"{getattr(self, name)}."
                )
        if self.stored_statistics and self.discriminator == "patch":
            raise ValueError(
                "systems.pg2: stored_statistics are of the dense discriminator; set it "
                "to False."
            )
        height, width = self.image_size
        if (
            any(side < 16 or side & (side - 1) for side in self.image_size)
            or 8 * width < height
        ):
            raise ValueError(
                "systems.pg2: image_size should be two powers of two from 16 on, the "
                f"width at least an eighth of the height, got {self.image_size}."
            )

    @cached_property
    def coarse_net(self) -> Coarse:
        """G1."""
        return Coarse(
            width=self.width,
            blocks=self._blocks,
            code=self.code,
            embedding=_EMBEDDINGS.get(self.variant, "maps"),
            pad=self.pad,
            remat=self.remat,
            dtype=self.dtype,
        )

    @cached_property
    def refine_net(self) -> Refine:
        """G2."""
        return Refine(
            width=self.refine_width or self.width,
            blocks=max(self._blocks - 2, 1),
            top_skip=self.top_skip,
            zero_init=self.refine_zero_init,
            pad=self.pad,
            remat=self.remat,
            dtype=self.dtype,
        )

    @cached_property
    def discriminator_net(self) -> DenseDiscriminator | PatchDiscriminator:
        """D."""
        if self.discriminator == "patch":
            return PatchDiscriminator(self.discriminator_width, dtype=self.dtype)
        return DenseDiscriminator(
            self.discriminator_width,
            layers=self._blocks - 1,
            pad=self.pad,
            stored_statistics=self.stored_statistics,
            dtype=self.dtype,
        )

    @property
    def _blocks(self) -> int:
        return int(log2(self.image_size[0])) - 2

    @property
    def _stages(self) -> tuple[str, ...]:
        """Which networks the variant has."""
        if self.variant == "G1+G2+D":
            return ("coarse", "refine", "discriminator")
        return ("coarse", "discriminator") if self.variant == "G1+D" else ("coarse",)

    def batch_spec(self, batch_size: int) -> Spec:
        """Two photographs of one person and the keypoints of the second."""
        image = jax.ShapeDtypeStruct((batch_size, *self.image_size, 3), jnp.uint8)
        return {
            "source_image": image,
            "target_image": image,
            "target_keypoints": jax.ShapeDtypeStruct(
                (batch_size, JOINTS, 2), jnp.float32
            ),
        }

    def init(self, key: jax.Array) -> Nets:
        """Draws every network the variant has."""
        names: list[str] = ["coarse", "refine", "discriminator"]
        keys = dict(zip(names, jax.random.split(key, 3), strict=True))
        image = jnp.zeros((1, *self.image_size, 3))
        pose = jnp.zeros((1, *self.image_size, JOINTS))
        seen = jnp.zeros((1, *self.image_size, 6 if self.judged == "pair" else 3))
        arguments: dict[str, tuple] = {
            "coarse": (self.coarse_net, image, pose, jnp.zeros((1, JOINTS, 3))),
            "refine": (self.refine_net, image, image),
            "discriminator": (self.discriminator_net, seen),
        }
        return {
            name: module.init(keys[name], *values)
            for name, (module, *values) in arguments.items()
            if name in self._stages
        }

    def frozen(self) -> tuple[str, ...]:
        """None: in stage two G1 merely rests."""
        return ()

    def inputs(self, nets: Nets, batch: Batch) -> Batch:
        """Pictures in [-1, 1], pose maps, and the pose mask."""
        del nets
        keypoints = batch["target_keypoints"]
        size = self.image_size
        images = {
            name: pixels.from_bytes(batch[name])
            for name in ("source_image", "target_image")
            if name in batch  # Whoever only wants an answer has no target.
        }
        return images | {
            "target_keypoints": keypoints,
            "target_pose": self._pose(keypoints),
            "target_mask": posemap.limb_mask(
                keypoints, MASK_LIMBS, size=size, radius=self.mask_radius
            ),
        }

    def phases(self) -> Mapping[str, Phase]:
        """One per network; G1 has an opponent in the one-stage variant only."""
        one_stage = self.variant == "G1+D"
        coarse_loss = self.adversarial_coarse_loss if one_stage else self.coarse_loss
        phases = {
            "coarse": Phase(coarse_loss, trains=("coarse",)),
            "refine": Phase(self.refine_loss, trains=("refine",)),
            "discriminate": Phase(self.discriminator_loss, trains=("discriminator",)),
        }
        return {k: p for k, p in phases.items() if set(p.trains) <= set(self._stages)}

    def plan(self, step: int) -> tuple[str, ...]:
        """Stage one, then stage two; all at once in the one-stage variant."""
        if self.variant == "G1+D":
            return ("coarse", "discriminate")
        if self.variant != "G1+G2+D" or step < self.stage1_steps:
            return ("coarse",)
        if step < self.stage1_steps + self.discriminator_lead:
            return ("discriminate",)
        return ("refine", "discriminate")

    def predict(self, nets: Nets, batch: Batch, key: jax.Array) -> Mapping[str, Array]:
        """The person of `source_image` in the pose of `target_keypoints`.

        Returns:
            `coarse` and, with a second stage, `difference`; `image` is the answer. They
            are linear outputs: values may leave [-1, 1].
        """
        del key  # Nothing is random.
        coarse = self.coarse(nets, batch)
        if "refine" not in self._stages:
            return {"coarse": coarse, "image": coarse}
        difference: Any = self.refine_net.apply(
            nets["refine"], coarse, batch["source_image"]
        )
        image = coarse + difference
        if self.refine_window:
            image = within_neighbourhood(image, coarse, window=self.refine_window)
        return {"coarse": coarse, "difference": difference, "image": image}

    def coarse(self, nets: Nets, batch: Batch) -> Images:
        """G1's picture."""
        image: Any = self.coarse_net.apply(
            nets["coarse"],
            batch["source_image"],
            batch["target_pose"],
            _coordinates(batch["target_keypoints"], self.image_size),
        )
        return image

    def judge(
        self, nets: Nets, batch: Batch, outputs: Mapping[str, Array]
    ) -> tuple[dict[str, Array], dict]:
        """The discriminator's logits of everything it sees, and its new statistics.

        All pictures go through in one batch and share its statistics, as in the
        reference; apart they would meet another function.

        Args:
            nets: with `discriminator`.
            batch: of `inputs`.
            outputs: of `predict`.

        Returns:
            Logits by what was seen: `target`, `fake`, and `source` in triplets; and
            the collections of the discriminator that changed.
        """
        seen = {"target": batch["target_image"], "fake": outputs["image"]}
        if self.judged == "triplet":
            seen["source"] = batch["source_image"]
            if self.judge_coarse:
                seen["coarse"] = outputs["coarse"]
        else:
            source = batch["source_image"]
            seen = {k: jnp.concatenate([source, x], -1) for k, x in seen.items()}
        # Stacked behind the batch axis, so that shards stay where they are.
        joint = jnp.stack(list(seen.values()), axis=1)
        flat = joint.reshape(-1, *joint.shape[2:])
        judged: Any = self.discriminator_net.apply(
            nets["discriminator"], flat, update_stats=True, mutable=["batch_stats"]
        )
        logits, updates = judged
        logits = logits.reshape(*joint.shape[:2], -1)
        return {k: logits[:, i] for i, k in enumerate(seen)}, updates

    def coarse_loss(self, nets: Nets, batch: Batch, context: Context) -> Result:
        """Stage one: eq. 1 of the paper, or the plain L1 of the ablations."""
        del context
        image = self.coarse(nets, batch)
        terms = {"l1": self._distance(image, batch)}
        return Result(loss=terms["l1"], metrics=terms)

    def adversarial_coarse_loss(
        self, nets: Nets, batch: Batch, context: Context
    ) -> Result:
        """The one-stage variant: G1 against the discriminator."""
        return self._generator_loss(nets, batch, self.predict(nets, batch, context.key))

    def refine_loss(self, nets: Nets, batch: Batch, context: Context) -> Result:
        """Stage two: look real, and like the target; eq. 4 of the paper.

        Its metrics tell whether G2 changes anything: `difference` is what it adds on
        average (0 is a dead G2), `gain` by how much it brings the L1 down.
        """
        outputs = self.predict(nets, batch, context.key)
        result = self._generator_loss(nets, batch, outputs)
        gain = self._distance(outputs["coarse"], batch) - result.metrics["l1"]
        change = jnp.abs(outputs["image"] - outputs["coarse"]).mean()
        more = {"difference": change, "gain": gain}
        return replace(result, metrics=result.metrics | more)

    def discriminator_loss(self, nets: Nets, batch: Batch, context: Context) -> Result:
        """The target is real; the fake and, in triplets, the source are not.

        As the reference runs it, the fake is drawn again by the moved generator. In
        triplets real and fakes weigh half each.
        """
        outputs = self.predict(nets, batch, context.key)
        logits, updates = self.judge(nets, batch, outputs)
        judgement = _JUDGEMENTS[self.judgement]
        terms = {
            "real": judgement(logits["target"], real=True),
            "fake": judgement(logits["fake"], real=False),
        }
        weights = {"real": 1.0, "fake": 1.0}
        if self.judged == "triplet":
            terms["source"] = judgement(logits["source"], real=False)
            weights = {"real": 0.5, "fake": 0.25, "source": 0.25}
        return Result(
            loss=weighted(terms, weights),
            metrics=terms,
            updates={"discriminator": updates} if updates else {},
        )

    def panels(
        self, batch: Batch, outputs: Mapping[str, Array]
    ) -> Mapping[str, Images]:
        """Source, target pose, answers, target."""
        panels = {
            "source": batch["source_image"],
            "pose": _draw_pose(batch["target_keypoints"], self.image_size),
            "coarse": outputs["coarse"],
        }
        if "refine" in self._stages:
            panels["refined"] = outputs["image"]
        if "target_image" in batch:
            panels["target"] = batch["target_image"]
        return panels

    def tasks(self) -> Mapping[str, Task]:
        """`transfer`: one's own picture in another pose."""
        return {"transfer": tasks.transfer(self)}

    def _pose(self, keypoints: Array) -> Array:
        """How a pose enters G1."""
        size = self.image_size
        if self.pose_maps == "gaussians":
            return posemap.gaussians(keypoints, size=size, sigma=_PORT_SIGMA)
        return 2 * posemap.disks(keypoints, size=size, radius=self.pose_radius) - 1

    def _generator_loss(
        self, nets: Nets, batch: Batch, outputs: Mapping[str, Array]
    ) -> Result:
        logits, _ = self.judge(nets, batch, outputs)
        terms = {
            "adversarial": _JUDGEMENTS[self.judgement](logits["fake"], real=True),
            "l1": self._distance(outputs["image"], batch),
        }
        weights = {"adversarial": 1.0, "l1": self.l1_weight}
        return Result(loss=weighted(terms, weights), metrics=terms)

    def _distance(self, image: Images, batch: Batch) -> Scalar:
        if self.variant.endswith("L1"):
            return reconstruction.l1(image, batch["target_image"])
        return reconstruction.masked_l1(
            image, batch["target_image"], batch["target_mask"]
        )


def _coordinates(keypoints: Array, size: tuple[int, int]) -> Array:
    """Row, column and presence of each joint in [-1, 1]; absent ones are all -1."""
    present = jnp.isfinite(keypoints).all(-1, keepdims=True)
    scaled = keypoints[..., ::-1] / jnp.asarray(size, keypoints.dtype)[None, None]
    values = jnp.concatenate([jnp.nan_to_num(scaled), present], axis=-1)
    return jnp.where(present, 2 * values - 1, -1.0)


def _draw_pose(keypoints: Array, size: tuple[int, int]) -> Images:
    """The pose as a person reads it: grey limbs and coloured joints on black."""
    limbs = posemap.limb_mask(keypoints, MASK_LIMBS, size=size, radius=1, closing=1)
    joints = posemap.disks(keypoints, size=size, radius=max(size[0] // 64, 1))
    hue = jnp.arange(JOINTS)[:, None] / JOINTS + jnp.array([[0.0, 1 / 3, 2 / 3]])
    colors = 0.6 + 0.4 * jnp.cos(2 * jnp.pi * hue)
    drawn = jnp.max(joints[..., None] * colors[None, None, None], axis=-2)
    any_joint = joints.max(-1, keepdims=True)
    return 2 * jnp.where(any_joint > 0, drawn, 0.35 * limbs) - 1
