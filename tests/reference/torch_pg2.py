"""G1 as a PyTorch module whose parameters have the port's names and layouts."""

import torch
from torch import nn


def conv(inputs, features, kernel=3, stride=1):
    layer = nn.Conv2d(inputs, features, kernel, stride, padding=kernel // 2)
    return nn.Sequential(layer, nn.ReLU())


class Residual(nn.Module):
    def __init__(self, features):
        super().__init__()
        pair = [*conv(features, features), *conv(features, features)]
        self.main = nn.Sequential(*pair)

    def forward(self, x):
        return x + self.main(x)


class Block(nn.Module):
    """A residual pair, and unless it is the last one what leads to the next size."""

    def __init__(self, features, following=None):
        super().__init__()
        self.res = Residual(features)
        if following is not None:
            self.conv = following


class Coarse(nn.Module):
    """For pictures of `size`; the picture and 18 pose maps enter side by side."""

    def __init__(self, size, width, blocks, code):
        super().__init__()
        self.code = (width, *(side // 2 ** (blocks - 1) for side in size))
        wide = [width * (i + 1) for i in range(blocks)]
        down = [conv(a, a + width, stride=2) for a in wide[:-1]]
        joined = [width + wide[-1], *(2 * a for a in wide[-2::-1])]
        up = [conv(a, b, kernel=1) for a, b in zip(joined, wide[-2::-1], strict=False)]
        self.start_conv = conv(3 + 18, width)
        self.encoder = nn.ModuleList(map(Block, wide, [*down, None]))
        pixels = self.code[1] * self.code[2]
        self.down_fc = nn.Linear(wide[-1] * pixels, code)
        self.up_fc = nn.Linear(code, width * pixels)
        self.decoder = nn.ModuleList(map(Block, joined, [*up, None]))
        self.end_conv = nn.Conv2d(joined[-1], 3, 3, padding=1)

    def forward(self, image, pose):
        x, skips = self.start_conv(torch.cat([image, pose], 1)), []
        for block in self.encoder:
            x = block.res(x)
            skips.append(x)
            x = block.conv(x) if hasattr(block, "conv") else x
        x = self.up_fc(self.down_fc(x.flatten(1))).unflatten(1, self.code)
        for block in self.decoder:
            x = block.res(torch.cat([x, skips.pop()], 1))
            if hasattr(block, "conv"):
                x = block.conv(nn.functional.interpolate(x, scale_factor=2))
        return self.end_conv(x)
