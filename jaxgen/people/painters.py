"""Painters of backgrounds: a wall above a row, a floor below it, in focus.

Each takes a generator, which makes it a certain room or street, and a canvas, and gives
float [h, w, 3] in sRGB. What it draws from the generator never depends on the canvas.
"""

import numpy as np

from jaxgen.people.noise import hash2, lerp, plane_noise, smoothstep

_ROOM_WALLS = np.array(
    [
        [0.80, 0.76, 0.70],
        [0.70, 0.76, 0.78],
        [0.76, 0.70, 0.66],
        [0.62, 0.66, 0.60],
        [0.85, 0.84, 0.82],
        [0.45, 0.52, 0.60],
    ]
)
_ROOM_FLOORS = np.array(
    [[0.50, 0.36, 0.24], [0.62, 0.50, 0.38], [0.40, 0.38, 0.36], [0.70, 0.66, 0.60]]
)
_HOUSES = np.array(
    [[0.62, 0.55, 0.48], [0.55, 0.56, 0.58], [0.66, 0.50, 0.42], [0.74, 0.70, 0.62]]
)
_BRICKS = np.array(
    [[0.55, 0.30, 0.24], [0.66, 0.60, 0.55], [0.42, 0.40, 0.40], [0.80, 0.76, 0.72]]
)


class Canvas:
    """The picture's grid: x [1, w], y [h, 1] at pixel centres, and its scale."""

    def __init__(self, size: tuple[int, int], wall_row: float):
        """Takes (height, width) in pixels and the row where wall and floor meet."""
        self.height, self.width = size
        self.unit = self.height / 256.0
        self.wall_row = wall_row
        self.x = np.arange(self.width)[None] + 0.5
        self.y = np.arange(self.height)[:, None] + 0.5
        self.is_wall = self.y < wall_row

    def noise(self, across: float, down: float, plane: float) -> np.ndarray:
        """Value noise [h, w] with cells of the given size in units."""
        x, y = self.x[0] / (across * self.unit), self.y[:, 0] / (down * self.unit)
        return plane_noise(x, y, plane)

    def rectangle(self, left: float, top: float, width: float, height: float):
        """Bool [h, w]; all in pixels."""
        across = (self.x > left) & (self.x < left + width)
        return across & (self.y > top) & (self.y < top + height)

    def depth(self, nearest: float) -> np.ndarray:
        """How far the floor's rows [h, 1] are, without unit; large at the wall."""
        below = (self.y - self.wall_row) / self.height
        return 1.0 / np.maximum(below + nearest, 0.02)

    def nearness(self) -> np.ndarray:
        """0 at the wall to 1 at the lower edge of the picture, [h, 1]."""
        rise = self.height - self.wall_row + 1e-3
        return smoothstep((self.y - self.wall_row) / rise)

    def across(self, depth: np.ndarray) -> np.ndarray:
        """Position [h, w] on the floor, to the right."""
        return (self.x - self.width / 2) / self.width * depth

    def compose(self, wall: np.ndarray, floor: np.ndarray) -> np.ndarray:
        """Puts wall and floor together."""
        return np.where(self.is_wall[..., None], wall, floor)


def _over(image: np.ndarray, where: np.ndarray, colour) -> np.ndarray:
    return np.where(where[..., None], colour, image)


def _shaded(colour, brightness: np.ndarray) -> np.ndarray:
    return np.asarray(colour) * brightness[..., None]


def studio(rng: np.random.Generator, canvas: Canvas) -> np.ndarray:
    """A paper roll, brighter in the middle; sometimes of a strong colour."""
    tint = 0.15 if rng.random() < 0.25 else 0.028
    paper = rng.uniform(0.55, 0.95) * (1 + rng.normal(0, tint, 3))
    paper = np.clip(paper, 0.2, 0.92)
    x = (canvas.x - canvas.width / 2) / canvas.width
    y = (canvas.y - canvas.height * 0.45) / canvas.height
    bend = smoothstep((canvas.y - canvas.wall_row) / (24 * canvas.unit))
    vignette = 1.06 - 0.42 * np.hypot(x, y) ** 1.5
    return _shaded(paper, vignette * (1 - 0.10 * bend + 0.06 * canvas.nearness()))


def room(rng: np.random.Generator, canvas: Canvas) -> np.ndarray:
    """A wall, often striped, with a window, picture or cupboard, over planks."""
    colour = rng.choice(_ROOM_WALLS) + rng.normal(0, 0.03, 3)
    lamp = rng.uniform(0.2, 0.8)
    light = 1.05 - 0.25 * np.abs(canvas.x / canvas.width - lamp)
    fall = 0.92 + 0.10 * (1 - canvas.y / canvas.wall_row)
    wall = _shaded(np.clip(colour, 0, 1), light * fall)
    if rng.random() < 0.4:
        stripes = np.mod(canvas.x / (14 * canvas.unit), 1) < 0.5
        wall = wall * (1 - 0.06 * stripes)[..., None]
    hang = _open_window if rng.random() < 0.3 else _hang_picture
    if rng.random() < 0.7:
        wall = hang(rng, canvas, wall)
    if rng.random() < 0.4:
        wall = _place_cupboard(rng, canvas, wall)
    image = canvas.compose(wall, _planks(rng.choice(_ROOM_FLOORS), canvas))
    above = canvas.wall_row - canvas.y
    skirting = (above > 0) & (above <= 5 * canvas.unit)
    return _over(image, skirting, rng.uniform(0.5, 0.95))


def _hang_picture(rng, canvas, wall):
    left, top = rng.uniform(0.02, 0.6), rng.uniform(0.08, 0.3)
    width, height = rng.uniform(0.2, 0.34), rng.uniform(0.16, 0.3)
    box = np.array([left, top, width, height])
    box *= [canvas.width, canvas.height, canvas.width, canvas.height]
    border = 3 * canvas.unit
    inner = box + border * np.array([1, 1, -2, -2])
    planes = [3 * channel + rng.uniform(0, 3) for channel in range(3)]
    print_ = np.stack([canvas.noise(30.0, 30.0, plane) for plane in planes], -1)
    wall = _over(wall, canvas.rectangle(*box), rng.uniform(0.1, 0.9))
    return _over(wall, canvas.rectangle(*inner), print_ * 0.6 + 0.3)


def _open_window(rng, canvas, wall):
    """Panes in a white frame, with the sky over something green outside."""
    left, width = rng.uniform(-0.1, 0.7), rng.uniform(0.3, 0.5)
    top, height = rng.uniform(0.02, 0.2), rng.uniform(0.3, 0.45)
    box = np.array([left, top, width, height])
    box *= [canvas.width, canvas.height, canvas.width, canvas.height]
    x, y = (canvas.x - box[0]) / box[2], (canvas.y - box[1]) / box[3]
    bars = (np.abs(np.mod(2 * x + 0.5, 1) - 0.5) < 0.05) | (np.abs(y - 0.45) < 0.02)
    garden = y > 0.6 + 0.2 * canvas.noise(24.0, 400.0, rng.uniform(0, 9))
    outside = _shaded([0.84, 0.90, 0.96], 1.04 - 0.1 * y + 0 * x)
    leaves = 0.6 + 0.8 * canvas.noise(9.0, 9.0, 1.5)
    outside = _over(outside, garden, _shaded([0.50, 0.60, 0.42], leaves))
    border = 4 * canvas.unit * np.array([-1, -1, 2, 2])
    wall = _over(wall, canvas.rectangle(*(box + border)), [0.90, 0.89, 0.87])
    panes = canvas.rectangle(*box) & ~bars
    return _over(wall, panes, outside)


def _place_cupboard(rng, canvas, wall):
    left, width = rng.uniform(0, 0.8) * canvas.width, rng.uniform(0.18, 0.3)
    top = rng.uniform(0.3, 0.45) * canvas.height
    wood = np.array([0.35, 0.24, 0.16]) * rng.uniform(0.6, 1.6)
    gaps = np.mod((canvas.y - top) / (22 * canvas.unit), 1) < 0.08
    inside = canvas.rectangle(left, top, width * canvas.width, canvas.height * 2.0)
    return _over(wall, inside, _shaded(wood, 1 - 0.2 * gaps))


def _planks(colour, canvas):
    across = canvas.across(canvas.depth(0.12)) * 2.2
    gap = np.mod(across, 1) < 0.06
    tone = 0.9 + 0.2 * hash2(np.floor(across), 0, 3)
    near = 0.82 + 0.2 * canvas.nearness()
    return _shaded(colour, near * tone * (1 - 0.22 * gap))


def street(rng: np.random.Generator, canvas: Canvas) -> np.ndarray:
    """A house front with windows, often a gate, over paving slabs."""
    unit = canvas.unit
    plaster = 0.9 + 0.12 * canvas.noise(20.0, 20.0, rng.uniform(0, 9))
    wall = _shaded(rng.choice(_HOUSES), plaster)
    across, down = rng.uniform(34, 52) * unit, rng.uniform(40, 60) * unit
    column = np.mod(canvas.x + rng.uniform(0, 40) * unit, across) / across
    row = np.mod(canvas.y + rng.uniform(0, 40) * unit, down) / down
    window = (column > 0.28) & (column < 0.78) & (row > 0.2) & (row < 0.78)
    glass = _shaded([0.25, 0.30, 0.36], 1 + 0.8 * canvas.noise(40.0, 60.0, 4.0))
    wall = _over(wall, window, glass)
    if rng.random() < 0.6:
        wall = _place_gate(rng, canvas, wall)
    depth = canvas.depth(0.10)
    joint = np.mod(canvas.across(depth) * 1.1, 1) < 0.03
    joint = joint | (np.mod(depth * 0.9, 1) < 0.04)
    stone = 0.9 + 0.15 * canvas.noise(5.0, 3.0, 7.0)
    return canvas.compose(wall, _shaded([0.56, 0.55, 0.53], stone * (1 - 0.18 * joint)))


def _place_gate(rng, canvas, wall):
    left = rng.uniform(0, 0.7) * canvas.width
    colour = [rng.uniform(0.1, 0.6), rng.uniform(0.1, 0.5), rng.uniform(0.1, 0.5)]
    boards = np.mod((canvas.x - left) / (20 * canvas.unit), 1) < 0.1
    top = canvas.wall_row - 52 * canvas.unit
    inside = canvas.rectangle(left, top, 0.3 * canvas.width, 2.0 * canvas.height)
    return _over(wall, inside, _shaded(colour, 1 - 0.3 * boards))


def park(rng: np.random.Generator, canvas: Canvas) -> np.ndarray:
    """Foliage and trunks under the sky, over grass or gravel."""
    unit = canvas.unit
    tree_line = canvas.wall_row * rng.uniform(0.35, 0.6)
    leaves = canvas.noise(16.0, 16.0, 1.0) * 0.6 + canvas.noise(7.0, 7.0, 2.5) * 0.4
    autumn = np.array([1 + 0.2 * rng.random(), 1, 1])
    wall = _shaded(np.array([0.24, 0.36, 0.16]) * autumn, 0.45 + 1.1 * leaves)
    edge = tree_line + 18 * unit * (canvas.noise(30.0, 400.0, 5.0) - 0.5)
    sky = _shaded([0.70, 0.80, 0.90], 1 - 0.15 * canvas.y / canvas.height)
    wall = _over(wall, canvas.y < edge, sky)
    for _ in range(rng.integers(1, 4)):
        wall = _plant_tree(rng, canvas, wall, tree_line)
    if rng.random() < 0.6:
        floor = _shaded([0.36, 0.46, 0.22], 0.75 + 0.5 * canvas.noise(3.0, 2.0, 3.0))
    else:
        floor = _shaded([0.62, 0.56, 0.47], 0.85 + 0.25 * canvas.noise(4.0, 2.0, 3.0))
    return canvas.compose(wall, floor)


def _plant_tree(rng, canvas, wall, tree_line):
    """A trunk that ends in a ragged crown."""
    centre, width = rng.random() * canvas.width, rng.uniform(3, 7) * canvas.unit
    top = tree_line * rng.uniform(0.2, 0.7)
    trunk = (np.abs(canvas.x - centre) < width) & (canvas.y > top)
    wall = _over(wall, trunk, [0.26, 0.20, 0.15])
    radius = rng.uniform(45, 85) * canvas.unit
    away = np.hypot(canvas.x - centre, 1.2 * (canvas.y - top)) / radius
    leaves = canvas.noise(9.0, 9.0, rng.uniform(8, 30))
    colour = np.array([0.22, 0.33, 0.14]) * rng.uniform(0.8, 1.2)
    return _over(wall, away + 0.9 * leaves < 1.2, _shaded(colour, 0.5 + leaves))


def beach(rng: np.random.Generator, canvas: Canvas) -> np.ndarray:
    """Sky and sea over sand."""
    horizon = canvas.wall_row * rng.uniform(0.4, 0.75)
    clouds = smoothstep(2.4 * canvas.noise(90.0, 26.0, rng.uniform(0, 30)) - 1.1)
    high = 1 - canvas.y / max(horizon, 1.0)
    blue = lerp(np.array([0.80, 0.87, 0.92]), np.array([0.45, 0.65, 0.86]), 0.8)
    sky = _shaded(blue, 1.12 - 0.2 * high + 0 * canvas.x)
    sky = lerp(sky, np.array([0.95, 0.95, 0.95]), 0.8 * clouds[..., None])
    water = np.array([0.25, 0.48, 0.58]) * rng.uniform(0.8, 1.2)
    sea = _shaded(water, 0.8 + 0.4 * canvas.noise(22.0, 2.0, 3.0))
    wall = _over(sky, canvas.y > horizon, sea)
    foam = canvas.wall_row - 6 * canvas.unit * canvas.noise(20.0, 400.0, 6.0)
    wall = _over(wall, canvas.y > foam, [0.90, 0.92, 0.92])
    sand = _shaded([0.80, 0.72, 0.58], 0.9 + 0.15 * canvas.noise(6.0, 2.0, 7.0))
    return canvas.compose(wall, sand)


def brick(rng: np.random.Generator, canvas: Canvas) -> np.ndarray:
    """A brick wall over asphalt."""
    colour = rng.choice(_BRICKS)
    row = canvas.y / (8 * canvas.unit)
    column = canvas.x / (20 * canvas.unit) + 0.5 * np.mod(np.floor(row), 2)
    tone = 0.82 + 0.34 * hash2(np.floor(column), np.floor(row), 1)
    mortar = (np.mod(row, 1) < 0.14) | (np.mod(column, 1) < 0.07)
    grey = np.array([0.68, 0.66, 0.63]) * (0.6 + 0.4 * colour.mean())
    dirt = 0.9 + 0.15 * canvas.noise(60.0, 60.0, 2.0)
    wall = _over(_shaded(colour, tone), mortar, grey) * dirt[..., None]
    return canvas.compose(wall, _asphalt(canvas))


def _asphalt(canvas):
    return _shaded([0.50, 0.49, 0.47], 0.85 + 0.25 * canvas.noise(5.0, 3.0, 7.0))


def blurred(rng: np.random.Generator, canvas: Canvas) -> np.ndarray:
    """Colours far out of focus."""
    common = canvas.noise(60.0, 60.0, rng.uniform(0, 30))
    channels = [canvas.noise(60.0, 60.0, rng.uniform(0, 30)) for _ in range(3)]
    wall = lerp(common[..., None], np.stack(channels, -1), 0.3) * 0.55
    wall = wall + rng.uniform(0.1, 0.4) + rng.normal(0, 0.04, 3)
    mean = wall.mean((0, 1)) * 0.8
    floor = _shaded(mean, 0.9 + 0.2 * canvas.noise(8.0, 3.0, 1.0))
    return canvas.compose(wall, floor)
