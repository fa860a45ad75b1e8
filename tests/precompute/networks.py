"""Small networks of every kind: how branches meet, and how a network keeps rows, columns and channels.

Those of `LAYOUTS` say by hand what their layers must be, channels first.
"""

import torch
from torch import nn
from torch.nn import functional as F


def conv(channels, out, kernel=3, **options):
    return nn.Conv2d(channels, out, kernel, **options)


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(conv(1, 4, 7, stride=2, padding=3), nn.BatchNorm2d(4), nn.ReLU(inplace=True))
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.a, self.b = conv(4, 6, 3, stride=2, padding=1), conv(6, 6, 3, padding=1)
        self.short = conv(4, 6, 1, stride=2)
        self.head = nn.Linear(6, 3)

    def forward(self, x):
        x = self.pool(self.stem(x))
        y = self.b(F.relu(self.a(x), inplace=True))
        y += self.short(x)
        return self.head(F.adaptive_avg_pool2d(F.relu(y), 1).flatten(1))


class Inception(nn.Module):
    """Unequal branches, a ceil-mode pooling, and maps of two sizes."""

    def __init__(self):
        super().__init__()
        self.one, self.five = conv(1, 2, 1), conv(1, 2, 5, padding=2)
        self.pool = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.pooled = conv(4, 3, 3, padding="same", dilation=2)

    def forward(self, x):
        x = torch.cat([self.one(x), self.five(x)], dim=1)
        x = F.avg_pool2d(self.pool(x), 2, ceil_mode=True)
        return F.interpolate(self.pooled(x), scale_factor=2, mode="bilinear", align_corners=False)


class Gated(nn.Module):
    """Squeeze and excite: after the gate, everything sees the whole image."""

    def __init__(self):
        super().__init__()
        self.a, self.b = conv(1, 4, padding=1), conv(4, 4, padding=1, stride=2)
        self.gate = nn.Linear(4, 4)

    def forward(self, x):
        x = torch.relu(self.a(x))
        gate = torch.sigmoid(self.gate(x.mean((2, 3))))
        return self.b(x * gate[:, :, None, None])


class Padded(nn.Module):
    """What the tables do not know and must be probed."""

    def __init__(self):
        super().__init__()
        self.reflect = conv(1, 2, 3, padding=1, padding_mode="reflect")
        self.up = nn.ConvTranspose2d(2, 2, 4, stride=2, padding=1)
        self.norm = nn.GroupNorm(1, 2)
        self.down = conv(2, 2, 3, stride=2)

    def forward(self, x):
        x = F.pad(self.reflect(x), (1, 2, 3, 1))
        x = self.up(x)[:, :, 2:-1, 1:]
        x = F.softmax(self.down(x), dim=1)
        return self.norm(x.roll(1, 2))


class Dense(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([conv(1 + 2 * i, 2, 3, padding=2**i, dilation=2**i) for i in range(3)])

    def forward(self, x):
        seen = [x]
        for layer in self.layers:
            seen.append(layer(torch.cat(seen, 1)))
        return F.adaptive_max_pool2d(torch.cat(seen, 1), (5, 3))


class Split(nn.Module):
    """Operations that give several tensors, along channels and along the image."""

    def __init__(self):
        super().__init__()
        self.conv, self.pool = conv(1, 4, padding=1), nn.MaxPool2d(3, 2, return_indices=True)
        self.last = conv(2, 2)

    def forward(self, x):
        a, b = self.conv(x).chunk(2, 1)
        x, _ = self.pool(torch.maximum(a, -b))
        top, bottom = torch.split(x, [4, x.shape[2] - 4], 2)
        pieces = self.last(top).split(3, 3)
        return torch.cat([pieces[0], pieces[1][:, :1]], 1), self.last(bottom)


PLAIN = [Residual, Inception, Gated, Padded, Dense, Split]


class ConvNext(nn.Module):
    """Normalised and mixed with channels last, as many of them as there are rows."""

    def __init__(self):
        super().__init__()
        self.stem, self.depth = nn.Conv2d(1, 6, 2, stride=2), nn.Conv2d(6, 6, 3, padding=1, groups=6)
        self.norm, self.up, self.act, self.down = nn.LayerNorm(6), nn.Linear(6, 12), nn.GELU(), nn.Linear(12, 6)
        self.gamma = nn.Parameter(torch.rand(6))

    def forward(self, x):
        x = self.stem(x)
        y = self.norm(self.depth(x).permute(0, 2, 3, 1))
        y = self.gamma * self.down(self.act(self.up(y)))
        return x + y.permute(0, 3, 1, 2)

    def by_hand(self, x):
        stem = self.stem(x)
        depth = self.depth(stem)
        mean, var = depth.mean(1, keepdim=True), depth.var(1, keepdim=True, unbiased=False)
        norm = (depth - mean) / (var + self.norm.eps).sqrt()
        norm = norm * self.norm.weight[:, None, None] + self.norm.bias[:, None, None]
        up = F.conv2d(norm, self.up.weight[:, :, None, None], self.up.bias)
        act = F.gelu(up)
        down = F.conv2d(act, self.down.weight[:, :, None, None], self.down.bias)
        mul = down * self.gamma[:, None, None]
        return {
            "stem": stem,
            "depth": depth,
            "norm": norm,
            "up": up,
            "act": act,
            "down": down,
            "mul": mul,
            "add": stem + mul,
        }


class Swin(nn.Module):
    """Attention in windows of 2 × 2, shifted by one: the images share their axis with the windows."""

    def __init__(self):
        super().__init__()
        self.embed, self.norm = nn.Conv2d(1, 4, 2, stride=2), nn.LayerNorm(4)
        self.qkv, self.proj = nn.Linear(4, 12), nn.Linear(4, 4)

    def forward(self, x):
        x = self.norm(self.embed(x).permute(0, 2, 3, 1))
        n, h, w, c = x.shape
        y = torch.roll(x, (-1, -1), (1, 2)).view(n, h // 2, 2, w // 2, 2, c)
        y = y.permute(0, 1, 3, 2, 4, 5).reshape(-1, 4, c)
        q, k, v = self.qkv(y).reshape(-1, 4, 3, 2, c // 2).permute(2, 0, 3, 1, 4).unbind(0)
        weights = F.softmax(q @ k.transpose(-2, -1), dim=-1)
        y = self.proj((weights @ v).transpose(1, 2).reshape(-1, 4, c))
        y = y.view(n, h // 2, w // 2, 2, 2, c).permute(0, 1, 3, 2, 4, 5).reshape(n, h, w, c)
        return x + torch.roll(y, (1, 1), (1, 2))

    def by_hand(self, x):
        norm = self.norm(self.embed(x).movedim(1, -1))
        rolled = torch.roll(norm, (-1, -1), (1, 2))
        proj = torch.zeros_like(rolled)
        weights = torch.zeros(len(x), 8, *rolled.shape[1:3])
        for i in range(0, rolled.shape[1], 2):
            for j in range(0, rolled.shape[2], 2):
                window = rolled[:, i : i + 2, j : j + 2].reshape(len(x), 4, 4)
                q, k, v = self.qkv(window).split(4, 2)
                out = []
                for head in range(2):
                    at = slice(2 * head, 2 * head + 2)
                    soft = F.softmax(q[..., at] @ k[..., at].transpose(1, 2), dim=-1)
                    weights[:, 4 * head : 4 * head + 4, i : i + 2, j : j + 2] = soft.transpose(1, 2).unflatten(
                        2, (2, 2)
                    )
                    out.append(soft @ v[..., at])
                proj[:, i : i + 2, j : j + 2] = self.proj(torch.cat(out, 2)).unflatten(1, (2, 2))
        added = norm + torch.roll(proj, (1, 1), (1, 2))
        return {
            "norm": norm.movedim(-1, 1),
            "softmax": weights,
            "proj": proj.movedim(-1, 1),
            "add": added.movedim(-1, 1),
        }


class Mixer(nn.Module):
    """Tokens as channels and channels as tokens, in turns."""

    def __init__(self):
        super().__init__()
        self.embed, self.norm = nn.Conv2d(1, 5, 2, stride=2), nn.LayerNorm(5)
        self.tokens, self.channels = nn.Linear(20, 20), nn.Linear(5, 7)

    def forward(self, x):
        x = self.embed(x).flatten(2).transpose(1, 2)
        y = torch.sin(x.transpose(1, 2))
        x = x + self.tokens(y).transpose(1, 2)
        return self.channels(self.norm(x))

    def by_hand(self, x):
        embed = self.embed(x)
        sin = embed.sin()
        mixed = embed + self.tokens(sin.flatten(2)).unflatten(2, embed.shape[2:])
        norm = self.norm(mixed.movedim(1, -1))
        return {
            "embed": embed, "sin": sin, "add": mixed, "norm": norm.movedim(-1, 1),
            "channels": self.channels(norm).movedim(-1, 1),
        }  # fmt: skip


class Shuffled(nn.Module):
    """Five axes, and the halves of two groups in turns."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 6, 3)

    def forward(self, x):
        x = self.conv(x)
        x = torch.tanh(x.view(x.shape[0], 2, 3, *x.shape[2:])).transpose(1, 2)
        return torch.sigmoid(x.flatten(1, 2))

    def by_hand(self, x):
        conv = self.conv(x)
        tanh = conv.tanh()
        return {"conv": conv, "tanh": tanh, "sigmoid": tanh[:, [0, 3, 1, 4, 2, 5]].sigmoid()}


class Enlarged(nn.Module):
    """Nearest neighbours by a repeated view, and maps made of a vector."""

    def __init__(self):
        super().__init__()
        self.conv, self.after = nn.Conv2d(1, 2, 3, stride=2), nn.Conv2d(2, 2, 3)
        self.wide, self.up = nn.Linear(2, 12), nn.ConvTranspose2d(2, 1, 2, stride=2)

    def forward(self, x):
        x = self.conv(x)
        n, c, h, w = x.shape
        x = x[:, :, :, None, :, None].expand(n, c, h, 2, w, 2).reshape(n, c, 2 * h, 2 * w)
        x = self.after(x)
        return self.up(self.wide(x.amax((2, 3))).view(n, 2, 2, 3))

    def by_hand(self, x):
        conv = self.conv(x)
        after = self.after(conv.repeat_interleave(2, 2).repeat_interleave(2, 3))
        amax = after.amax((2, 3))
        wide = self.wide(amax)
        return {"conv": conv, "after": after, "amax": amax, "wide": wide, "up": self.up(wide.unflatten(1, (2, 2, 3)))}


class LastAxis(nn.Module):
    """Sequences first, as torch's attention has it by default: (tokens, images, channels)."""

    def __init__(self):
        super().__init__()
        self.embed, self.attend, self.head = nn.Conv2d(1, 4, 2, stride=2), nn.MultiheadAttention(4, 2), nn.Linear(4, 3)

    def forward(self, x):
        x = self.embed(x).flatten(2).permute(2, 0, 1)
        y, weights = self.attend(x, x, x)
        return self.head((x + y).mean(0)), weights.exp()

    def by_hand(self, x):
        embed = self.embed(x)
        tokens = embed.flatten(2).permute(2, 0, 1)
        attended, weights = self.attend(tokens, tokens, tokens)
        grid = embed.shape[2:]
        added = (tokens + attended).permute(1, 2, 0).unflatten(2, grid)
        of_keys = weights.exp().transpose(1, 2).unflatten(2, grid)
        return {"embed": embed, "add": added, "exp": of_keys, "head": self.head(added.mean((2, 3)))}


class Vit(nn.Module):
    """A class token before the patches, one more token behind them, and a block of attention."""

    def __init__(self):
        super().__init__()
        self.embed, self.place = nn.Conv2d(1, 6, 2, stride=2), nn.Parameter(torch.rand(1, 32, 6))
        self.cls, self.last = nn.Parameter(torch.rand(1, 1, 6)), nn.Parameter(torch.rand(1, 1, 6))
        self.norm, self.qkv, self.proj, self.head = nn.LayerNorm(6), nn.Linear(6, 18), nn.Linear(6, 6), nn.Linear(6, 3)

    def forward(self, x):
        x = self.embed(x).flatten(2).transpose(1, 2)
        beside = [token.expand(x.shape[0], -1, -1) for token in (self.cls, self.last)]
        x = torch.cat([beside[0], x, beside[1]], 1) + self.place
        q, k, v = self.qkv(self.norm(x)).view(x.shape[0], -1, 3, 2, 3).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        x = x + self.proj(y)
        return self.head(x[:, 0]), torch.tanh(x[:, 1:-1])

    def by_hand(self, x):
        embed = self.embed(x)
        n, grid = len(x), embed.shape[2:]
        tokens = torch.cat([self.cls.repeat(n, 1, 1), embed.flatten(2).movedim(1, 2), self.last.repeat(n, 1, 1)], 1)
        placed = tokens + self.place
        norm = self.norm(placed)
        q, k, v = (part.unflatten(2, (2, 3)).transpose(1, 2) for part in self.qkv(norm).split(6, 2))
        weights = (q @ k.transpose(2, 3) / 3**0.5).softmax(3)
        added = placed + self.proj((weights @ v).transpose(1, 2).reshape(n, -1, 6))

        def layers(name, x):
            patches = x[:, 1:-1].movedim(2, 1).unflatten(2, grid)
            return {name: patches, f"{name}/cls": x[:, 0], f"{name}/reg0": x[:, -1]}

        return {
            "embed": embed, **layers("cat", tokens), **layers("add", placed), **layers("norm", norm),
            **layers("add_1", added), "head": self.head(added[:, 0]),
            "tanh": added[:, 1:-1].tanh().movedim(2, 1).unflatten(2, grid),
        }  # fmt: skip


LAYOUTS = [Vit, ConvNext, Swin, Mixer, Shuffled, Enlarged, LastAxis]
SIZES = {Swin: (12, 8), Mixer: (10, 8)}  # of images, where 12 × 10 will not do
