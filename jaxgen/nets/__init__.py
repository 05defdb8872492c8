"""linen modules that systems or metrics share: frozen feature networks."""
