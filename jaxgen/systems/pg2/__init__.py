"""PG2, Pose Guided Person Image Generation: Ma et al. 2017, arXiv:1705.09368.

One photograph of a person and a target pose give the same person in that pose, in two
stages: G1 draws a coarse picture under a loss that counts the body twice, then G2, with
G1 fixed, adds a difference map that a discriminator takes for real.
"""

from jaxgen.systems.pg2.system import PG2 as build

__all__ = ["build"]
