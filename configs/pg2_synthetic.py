"""PG2 on synthetic people at 128x64: Ma et al. 2017, arXiv:1705.09368.

python -m jaxgen.train --config pg2_synthetic:small --workdir runs/pg2
"""

from ml_collections import ConfigDict

VARIANTS = ("paper", "small", "long", "tiny")

# Table 1 of the paper: every other row than the full system, "small,G1-L1" for one.
ABLATIONS = ("", "G1-CE-L1", "G1-HME-L1", "G1-L1", "G1-poseMaskLoss", "G1+D")


def get_config(variant="small"):
    words = variant
    variant, _, ablation = words.partition(",")
    if variant not in VARIANTS or ablation not in ABLATIONS:
        raise ValueError(
            f"config: unknown variant {words!r}; there is {', '.join(VARIANTS)}, "
            f"and behind a comma {', '.join(ABLATIONS[1:])}."
        )
    config = ConfigDict(dict(system="pg2", seed=0, steps=36_000, batch_size=16))
    config.model = dict(
        image_size=(128, 64),
        stage1_steps=22_000,
        top_skip=False,
        judge_coarse=True,
        l1_weight=10.0,
    )
    config.data = dict(
        source="synthetic",
        people=4_000,
        test_people=100,
        frames=8,
        framing="full",
        dataset_seed=0,
        flip=True,
    )
    config.optim = {
        network: dict(name="adam", rate=2e-5, b1=0.5)
        for network in ("coarse", "refine", "discriminator")
    }
    config.evals = evals(samples=1_000)
    if variant == "small":
        small(config, first=2_400, second=500)
    if variant == "long":  # An hour on two cores: arms and patterns as well.
        small(config, first=8_000, second=1_000)
        config.data.people = 800
    if variant == "tiny":
        tiny(config)
    if ablation:
        ablate(config, ablation)
    return config


def evals(samples):
    return {
        f"{metric}/{output}": dict(
            metric=metric,
            split="test",
            samples=samples,
            output="image" if output == "refined" else output,
        )
        for metric in ("mask_ssim", "ssim", "psnr", "sharpness")
        for output in ("coarse", "refined")
    }


def small(config, first, second):
    """Learns visibly in minutes on two cores; departs from the paper to do so."""
    config.batch_size = 8
    config.steps = first + second
    config.model.update(
        stage1_steps=first,
        discriminator_lead=50,
        width=16,
        refine_zero_init=True,
        refine_window=9,
        discriminator="patch",
        discriminator_width=32,
        judged="pair",
        judgement="least_squares",
        judge_coarse=False,
        l1_weight=30.0,
    )
    config.data.update(people=400, test_people=40)
    config.optim.coarse.update(
        rate=1e-3,
        b1=0.9,
        clip=1.0,
        schedule=dict(name="cosine", begin=0, end=first, warmup=50, final=0.02),
    )
    config.optim.refine.update(
        rate=5e-4,
        clip=1.0,
        schedule=dict(
            name="cosine", begin=first + 50, end=first + second, warmup=20, final=0.05
        ),
    )
    config.optim.discriminator.update(rate=5e-4, clip=1.0)
    config.evals = evals(samples=200)
    config.log_every = 50
    config.show_every, config.save_every = 400, 400
    config.eval_every = 1_200


def tiny(config):
    """Four steps, for tests."""
    config.steps, config.batch_size = 4, 8
    config.model.update(
        image_size=(32, 16), stage1_steps=2, width=8, code=8, discriminator_width=8
    )
    config.data.update(people=3, test_people=2, frames=4)
    config.evals = evals(samples=8)
    config.log_every = config.show_every = config.eval_every = config.save_every = 2


def ablate(config, name):
    """One row of the paper's table 1 in place of the full system."""
    config.model.update(variant=name, judge_coarse=False)
    del config.optim["refine"]
    if name != "G1+D":
        del config.optim["discriminator"]
        config.steps = config.model.stage1_steps
    elif "schedule" in config.optim.coarse:
        config.optim.coarse.schedule.end = config.steps
