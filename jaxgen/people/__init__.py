"""The synthetic world: seeded, licence-free people, drawn in NumPy to records.

Anatomy is one baked file, `people.npz`, made from public-domain (CC0) sources; clothes,
hair, poses, light and scenes are ours. A person is a seed and a number; any record can
be made alone and has the same bytes wherever and in whatever order it is made. Nothing
here imports jax, so any worker may draw. `render.records` and `render.clip` are the way
in.

Space is in metres, x to the person's left, y up, z forward, the pelvis of the T-pose at
the origin. The camera's frame, which SMPL's root rotation leads into, has x right, y
down and z away from the viewer. Points in records are (x, y) in pixels, whole numbers
at pixel centres; inside the rasteriser pixel centres lie at halves.
"""
