"""Functions of arrays that a phase minimises; they know no network."""
