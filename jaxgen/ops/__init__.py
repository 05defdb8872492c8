"""Pure array functions, each with a slow NumPy twin under tests/reference."""
