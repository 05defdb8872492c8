"""PG2 on DeepFashion In-shop at 256x256: Ma et al. 2017, arXiv:1705.09368, section 4.

python -m jaxgen.prepare deepfashion --source In-shop --out data/deepfashion
python -m jaxgen.train --config pg2_deepfashion --config.data.folder=data/deepfashion
"""

from ml_collections import ConfigDict

VARIANTS = ("paper", "official_script", "small", "tiny")

# Table 1 of the paper: every other row than the full system, "small,G1-L1" for one.
ABLATIONS = ("", "G1-CE-L1", "G1-HME-L1", "G1-L1", "G1-poseMaskLoss", "G1+D")


def get_config(variant="paper"):
    words = variant
    variant, _, ablation = words.partition(",")
    if variant not in VARIANTS or ablation not in ABLATIONS:
        raise ValueError(
            f"config: unknown variant {words!r}; there is {', '.join(VARIANTS)}, "
            f"and behind a comma {', '.join(ABLATIONS[1:])}."
        )
    config = ConfigDict(dict(system="pg2", seed=0, steps=50_000, batch_size=8))
    config.model = dict(
        image_size=(256, 256), stage1_steps=30_000, l1_weight=50.0, remat=True
    )
    config.data = dict(source="deepfashion", pairing="csv", flip=True)
    config.optim = {
        network: dict(name="adam", rate=2e-5, b1=0.5)
        for network in ("coarse", "refine", "discriminator")
    }
    config.evals = evals(samples=12_800)
    config.log_every, config.show_every = 100, 1_000
    config.eval_every, config.save_every = 10_000, 2_000
    if variant == "official_script":  # Its batch of 1 normalises over three pictures.
        config.steps, config.batch_size = 80_000, 1
        config.model.stage1_steps = 22_000
    if variant == "small":
        small(config)
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


def small(config):
    """Learns visibly in minutes on two cores; departs from the paper to do so."""
    first, second = 2_400, 500
    config.batch_size = 8
    config.steps = first + second
    config.model.update(
        stage1_steps=first,
        discriminator_lead=50,
        image_size=(64, 64),
        width=16,
        top_skip=False,
        remat=False,
        refine_zero_init=True,
        refine_window=9,
        discriminator="patch",
        discriminator_width=32,
        judged="pair",
        judgement="least_squares",
        l1_weight=30.0,
    )
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
        image_size=(32, 32),
        remat=False,
        stage1_steps=2,
        width=8,
        code=8,
        discriminator_width=8,
    )
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
