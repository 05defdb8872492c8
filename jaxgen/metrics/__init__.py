"""Numbers that judge pictures: one metric, one file."""
