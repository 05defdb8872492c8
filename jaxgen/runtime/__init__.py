"""The machinery of a run: mesh, state, step, checkpoints, meters, pictures."""
