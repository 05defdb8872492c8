"""What Inception v3 is made of, as data, after its published code.

arXiv:1512.00567 describes it. A block is a tuple of branches, whose results lie side by
side; names are the field's.
"""

from typing import NamedTuple


class Conv(NamedTuple):
    """A convolution, stored batch norm and ReLU; the size stays unless `valid`.

    Where it is valid, and nothing is padded, the kernel is 3x3.
    """

    name: str
    width: int
    kernel: tuple[int, int] = (1, 1)
    stride: int = 1
    valid: bool = False


class Branch(NamedTuple):
    """A pool, or none, then convolutions in a row, then `ends` side by side.

    Pools are `mean`, `last` (mean or maximum, as the variant has it) and `half`, a
    maximum that halves the size.
    """

    row: tuple[Conv, ...] = ()
    ends: tuple[Conv, ...] = ()
    pool: str = ""


_WIDE, _TALL = (1, 7), (7, 1)
STEM = (
    Conv("conv_1a", 32, (3, 3), 2, valid=True),
    Conv("conv_2a", 32, (3, 3), valid=True),
    Conv("conv_2b", 64, (3, 3)),
)
STEM_AFTER_POOL = (
    Conv("conv_3b", 80),
    Conv("conv_4a", 192, (3, 3), valid=True),
)


def _block_a(pooled: int) -> tuple[Branch, ...]:
    return (
        Branch((Conv("branch1x1", 64),)),
        Branch((Conv("branch5x5_1", 48), Conv("branch5x5_2", 64, (5, 5)))),
        Branch(
            (
                Conv("branch3x3dbl_1", 64),
                Conv("branch3x3dbl_2", 96, (3, 3)),
                Conv("branch3x3dbl_3", 96, (3, 3)),
            )
        ),
        Branch((Conv("branch_pool", pooled),), pool="mean"),
    )


_BLOCK_B = (
    Branch((Conv("branch3x3", 384, (3, 3), 2, valid=True),)),
    Branch(
        (
            Conv("branch3x3dbl_1", 64),
            Conv("branch3x3dbl_2", 96, (3, 3)),
            Conv("branch3x3dbl_3", 96, (3, 3), 2, valid=True),
        )
    ),
    Branch(pool="half"),
)


def _block_c(width: int) -> tuple[Branch, ...]:
    return (
        Branch((Conv("branch1x1", 192),)),
        Branch(
            (
                Conv("branch7x7_1", width),
                Conv("branch7x7_2", width, _WIDE),
                Conv("branch7x7_3", 192, _TALL),
            )
        ),
        Branch(
            (
                Conv("branch7x7dbl_1", width),
                Conv("branch7x7dbl_2", width, _TALL),
                Conv("branch7x7dbl_3", width, _WIDE),
                Conv("branch7x7dbl_4", width, _TALL),
                Conv("branch7x7dbl_5", 192, _WIDE),
            )
        ),
        Branch((Conv("branch_pool", 192),), pool="mean"),
    )


_BLOCK_D = (
    Branch((Conv("branch3x3_1", 192), Conv("branch3x3_2", 320, (3, 3), 2, valid=True))),
    Branch(
        (
            Conv("branch7x7x3_1", 192),
            Conv("branch7x7x3_2", 192, _WIDE),
            Conv("branch7x7x3_3", 192, _TALL),
            Conv("branch7x7x3_4", 192, (3, 3), 2, valid=True),
        )
    ),
    Branch(pool="half"),
)


def _block_e(pool: str) -> tuple[Branch, ...]:
    return (
        Branch((Conv("branch1x1", 320),)),
        Branch(
            (Conv("branch3x3_1", 384),),
            ends=(
                Conv("branch3x3_2a", 384, (1, 3)),
                Conv("branch3x3_2b", 384, (3, 1)),
            ),
        ),
        Branch(
            (Conv("branch3x3dbl_1", 448), Conv("branch3x3dbl_2", 384, (3, 3))),
            ends=(
                Conv("branch3x3dbl_3a", 384, (1, 3)),
                Conv("branch3x3dbl_3b", 384, (3, 1)),
            ),
        ),
        Branch((Conv("branch_pool", 192),), pool=pool),
    )


BLOCKS = {
    "mixed_5b": _block_a(32),
    "mixed_5c": _block_a(64),
    "mixed_5d": _block_a(64),
    "mixed_6a": _BLOCK_B,
    "mixed_6b": _block_c(128),
    "mixed_6c": _block_c(160),
    "mixed_6d": _block_c(160),
    "mixed_6e": _block_c(192),
}
BLOCKS_AFTER_AUX = {
    "mixed_7a": _BLOCK_D,
    "mixed_7b": _block_e("mean"),
    "mixed_7c": _block_e("last"),
}
