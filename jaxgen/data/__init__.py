"""From records on disk to batches of NumPy arrays; no jax function is called here."""
