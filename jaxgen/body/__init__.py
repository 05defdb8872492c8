"""The human body as geometry: its posed mesh, the camera, flow between two pictures."""
