import pytest

from jaxgen.nets import inception_blocks as blocks

#: Block -> channels that go in and come out, of arXiv:1512.00567's published code.
WIDTHS = {
    "mixed_5b": (192, 256),
    "mixed_5c": (256, 288),
    "mixed_5d": (288, 288),
    "mixed_6a": (288, 768),
    "mixed_6b": (768, 768),
    "mixed_6c": (768, 768),
    "mixed_6d": (768, 768),
    "mixed_6e": (768, 768),
    "mixed_7a": (768, 1280),
    "mixed_7b": (1280, 2048),
    "mixed_7c": (2048, 2048),
}
ALL = blocks.BLOCKS | blocks.BLOCKS_AFTER_AUX


def width_of(branch, given):
    """Channels that a branch gives."""
    if branch.ends:
        return sum(conv.width for conv in branch.ends)
    return branch.row[-1].width if branch.row else given


@pytest.mark.parametrize("name", ALL)
def test_branches_join_to_the_published_widths(name):
    given, wanted = WIDTHS[name]
    assert sum(width_of(branch, given) for branch in ALL[name]) == wanted


def test_blocks_come_in_order():
    assert list(ALL) == list(WIDTHS)


def test_there_are_94_convolutions_and_names_in_a_block_differ():
    stem = len(blocks.STEM) + len(blocks.STEM_AFTER_POOL)
    names = {
        block: [conv.name for b in branches for conv in (*b.row, *b.ends)]
        for block, branches in ALL.items()
    }
    assert stem + sum(map(len, names.values())) == 94
    assert all(len(set(found)) == len(found) for found in names.values())
