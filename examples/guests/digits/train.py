"""Draws the digits, trains the network on them, and writes weights.h, digits.idx3 and labels.idx1: python train.py.

Needs numpy. The drawing repeats to the byte; the training may differ in the last bits from one machine's linear algebra
to another's, so the weights are committed.
"""

from __future__ import annotations

import itertools
import math
import random
import struct
from pathlib import Path

import numpy as np

SIZE, TRAIN, TEST, SHIPPED = 16, 24_000, 4_000, 100
HERE = Path(__file__).resolve().parent
Point = tuple[float, float]
Layer = tuple[np.ndarray, np.ndarray, int]


def arc(x: float, y: float, rx: float, ry: float, start: float, end: float) -> list[Point]:
    """Points on a part of an ellipse; angles in degrees, 0 to the right, 90 down."""
    steps = max(3, int(abs(end - start) / 20))
    angles = [math.radians(start + (end - start) * i / steps) for i in range(steps + 1)]
    return [(x + rx * math.cos(a), y + ry * math.sin(a)) for a in angles]


# Each digit in one or two ways of writing it, as lines in a square from -1 to 1, y downwards.
GLYPHS: list[list[list[list[Point]]]] = [
    [[arc(0, 0, 0.6, 0.95, 0, 360)], [arc(0, 0, 0.5, 0.95, -80, 290)]],
    [[[(0, -0.95), (0, 0.95)]], [[(-0.4, -0.5), (0.05, -0.95), (0.05, 0.95)]]],
    [[[*arc(0, -0.45, 0.55, 0.5, 190, 400), (-0.6, 0.95), (0.65, 0.95)]]],
    [[arc(-0.05, -0.48, 0.55, 0.47, 200, 450), arc(-0.05, 0.45, 0.62, 0.5, -90, 160)]],
    [[[(0.3, 0.95), (0.3, -0.95), (-0.65, 0.35), (0.7, 0.35)]],
     [[(-0.5, -0.9), (-0.5, 0.1), (0.55, 0.1)], [(0.35, -0.5), (0.35, 0.95)]]],
    [[[(0.55, -0.95), (-0.45, -0.95), (-0.5, -0.1), *arc(-0.05, 0.35, 0.6, 0.58, -120, 150)]]],
    [[[(0.35, -0.95), *arc(0.0, 0.4, 0.55, 0.55, 220, -140)]],
     [[*arc(0.35, -0.1, 0.8, 0.9, -80, -190), *arc(0.05, 0.45, 0.5, 0.5, 180, -180)]]],
    [[[(-0.6, -0.95), (0.6, -0.95), (-0.15, 0.95)]],
     [[(-0.6, -0.95), (0.6, -0.95), (-0.1, 0.95)], [(-0.35, 0.05), (0.5, 0.05)]]],
    [[arc(0, -0.48, 0.45, 0.45, 0, 360), arc(0, 0.47, 0.58, 0.5, 0, 360)]],
    [[[*arc(-0.02, -0.4, 0.52, 0.52, 0, -360), (0.5, -0.4), (0.3, 0.95)]],
     [[*arc(0.0, -0.4, 0.5, 0.52, 10, -350), *arc(-0.2, -0.1, 0.7, 1.0, 0, 100)]]],
]  # fmt: skip


def draw(digit: int, rng: random.Random) -> bytes:
    """One digit, as a person in a hurry would write it: slanted, squeezed, shifted, with any pen, on dirty paper."""
    strokes = rng.choice(GLYPHS[digit])
    turn, slant = rng.gauss(0, 0.12), rng.gauss(0.05, 0.15)
    wide, high = rng.uniform(4.2, 6.0), rng.uniform(5.0, 6.4)
    dx, dy = SIZE / 2 - 0.5 + rng.uniform(-1.3, 1.3), SIZE / 2 - 0.5 + rng.uniform(-1.0, 1.0)
    pen, ink, noise = rng.uniform(0.55, 1.25), rng.uniform(150, 255), rng.uniform(0, 14)
    segments = []
    for stroke in strokes:
        points = []
        for x, y in stroke:
            x, y = (x - slant * y + rng.gauss(0, 0.025)) * wide, (y + rng.gauss(0, 0.025)) * high
            points.append((x * math.cos(turn) - y * math.sin(turn) + dx, x * math.sin(turn) + y * math.cos(turn) + dy))
        segments += list(itertools.pairwise(points))
    pixels = bytearray()
    for py in range(SIZE):
        for px in range(SIZE):
            nearest = 1e9
            for (ax, ay), (bx, by) in segments:
                ux, uy = bx - ax, by - ay
                along = ((px - ax) * ux + (py - ay) * uy) / (ux * ux + uy * uy + 1e-9)
                along = min(1.0, max(0.0, along))
                nearest = min(nearest, math.hypot(px - ax - along * ux, py - ay - along * uy))
            value = ink * min(1.0, max(0.0, pen + 0.5 - nearest)) + rng.gauss(0, 1) * noise
            pixels.append(min(255, max(0, round(value))))
    return bytes(pixels)


def dataset(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Images (count, 16, 16) of 0 to 255, and their labels."""
    rng = random.Random(seed)
    labels = [rng.randrange(10) for _ in range(count)]
    images = np.frombuffer(b"".join(draw(label, rng) for label in labels), np.uint8)
    return images.reshape(count, SIZE, SIZE), np.array(labels)


def patches(x: np.ndarray) -> np.ndarray:
    """(n, c, s, s) to (n, s/2 * s/2, c * 9): what each output of a 3x3 convolution with stride 2 sees, zeros around."""
    n, c, s, _ = x.shape
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    parts = [padded[:, :, i : i + s : 2, j : j + s : 2] for i in range(3) for j in range(3)]
    return np.stack(parts, 2).reshape(n, c * 9, -1).transpose(0, 2, 1)


def images_of(y: np.ndarray) -> np.ndarray:
    """(n, positions, channels) to (n, channels, s, s)."""
    n, positions, channels = y.shape
    side = math.isqrt(positions)
    return y.transpose(0, 2, 1).reshape(n, channels, side, side)


def scatter(gradient: np.ndarray, channels: int, side: int) -> np.ndarray:
    """The transpose of `patches`."""
    n = gradient.shape[0]
    parts = gradient.transpose(0, 2, 1).reshape(n, channels, 9, side // 2, side // 2)
    padded = np.zeros((n, channels, side + 2, side + 2), gradient.dtype)
    for i in range(3):
        for j in range(3):
            padded[:, :, i : i + side : 2, j : j + side : 2] += parts[:, :, 3 * i + j]
    return padded[:, :, 1:-1, 1:-1]


def train(images: np.ndarray, labels: np.ndarray) -> list[np.ndarray]:
    """Two convolutions and a linear layer, by Adam on the cross entropy; w1, b1, w2, b2, w3, b3."""
    rng = np.random.default_rng(1)
    shapes = [(8, 9), (8,), (16, 72), (16,), (10, 256), (10,)]
    weights = [rng.normal(0, math.sqrt(2 / s[-1]), s) if len(s) == 2 else np.zeros(s) for s in shapes]
    first, second, step, epochs, batch = [np.zeros(s) for s in shapes], [np.zeros(s) for s in shapes], 0, 14, 64
    x_all = images[:, None] / 255.0
    for epoch in range(epochs):
        order = rng.permutation(len(x_all))
        loss = 0.0
        for at in range(0, len(order), batch):
            x, y = x_all[order[at : at + batch]], labels[order[at : at + batch]]
            w1, b1, w2, b2, w3, b3 = weights
            p1 = patches(x)
            h1 = np.maximum(p1 @ w1.T + b1, 0)
            p2 = patches(images_of(h1))
            h2 = np.maximum(p2 @ w2.T + b2, 0)
            flat = images_of(h2).reshape(len(x), -1)
            logits = flat @ w3.T + b3
            logits -= logits.max(1, keepdims=True)
            odds = np.exp(logits)
            odds /= odds.sum(1, keepdims=True)
            loss -= np.log(odds[np.arange(len(y)), y] + 1e-12).sum()
            odds[np.arange(len(y)), y] -= 1
            odds /= len(y)
            g2 = images_of_back(odds @ w3, h2.shape) * (h2 > 0)
            g1 = scatter(g2 @ w2, 8, 8).reshape(len(x), 8, -1).transpose(0, 2, 1) * (h1 > 0)
            gradients = [
                np.einsum("npc,npk->ck", g1, p1), g1.sum((0, 1)),
                np.einsum("npc,npk->ck", g2, p2), g2.sum((0, 1)),
                odds.T @ flat, odds.sum(0),
            ]  # fmt: skip
            step += 1
            rate = 2e-3 * 0.5 * (1 + math.cos(math.pi * (epoch + at / len(order)) / epochs))
            for w, g, m, v in zip(weights, gradients, first, second, strict=True):
                g = g + 1e-4 * w
                m += 0.1 * (g - m)
                v += 0.001 * (g * g - v)
                w -= rate * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
        print(f"epoch {epoch + 1}: loss {loss / len(order):.4f}")
    return weights


def images_of_back(gradient: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The transpose of flattening."""
    n, positions, channels = shape
    return gradient.reshape(n, channels, positions).transpose(0, 2, 1)


def quantise(weights: list[np.ndarray], images: np.ndarray) -> list[Layer]:
    """int8 weights, int32 biases and a multiplier for each layer.

    A layer's sum times its multiplier, shifted right by 24, is the next layer's activation, 0 to 255; the last layer
    has no multiplier. Pixels and activations are unsigned bytes.
    """
    x = images[:, None].astype(float) / 255
    scale, layers = 1 / 255, list[Layer]()
    for w, b in ((weights[0], weights[1]), (weights[2], weights[3]), (weights[4], weights[5])):
        step = np.abs(w).max() / 127
        whole = np.rint(w / step).astype(np.int64)
        bias = np.rint(b / (step * scale)).astype(np.int64)
        if len(layers) == 2:
            layers.append((whole, bias, 0))
            break
        x = images_of(np.maximum(patches(x) @ w.T + b, 0))
        highest = np.quantile(x.max((1, 2, 3)), 0.999)
        layers.append((whole, bias, round(step * scale / (highest / 255) * (1 << 24))))
        scale = highest / 255
    return layers


def infer(layers: list[Layer], images: np.ndarray) -> np.ndarray:
    """The network in integers: what digits.c computes."""
    x = images[:, None].astype(np.int64)
    for w, b, multiplier in layers[:2]:
        x = images_of(np.clip((patches(x) @ w.T + b) * multiplier >> 24, 0, 255))
    w, b, _ = layers[2]
    return x.reshape(len(x), -1) @ w.T + b


def write_weights(layers: list[Layer], remark: str) -> None:
    """weights.h."""
    lines = [f"/* Written by train.py. {remark} */", "#include <stdint.h>", ""]
    for name, (w, b, multiplier) in zip(("first", "second", "last"), layers, strict=True):
        lines.append(f"static const int8_t {name}_weights[{w.shape[0]}][{w.shape[1]}] = {{")
        for row in w:
            text = [str(v) for v in row]
            for at in range(0, len(text), 24):
                begin, end = "{" if at == 0 else " ", "}," if at + 24 >= len(text) else ","
                lines.append(f"    {begin}{', '.join(text[at : at + 24])}{end}")
        lines.append("};")
        lines.append(f"static const int32_t {name}_bias[{len(b)}] = {{{', '.join(map(str, b))}}};")
        if multiplier:
            lines.append(f"enum {{ {name}_multiplier = {multiplier} }};")
        lines.append("")
    (HERE / "weights.h").write_text("\n".join(lines[:-1]) + "\n")


def main() -> None:
    """Do it all, and say how good the result is."""
    images, labels = dataset(TRAIN, 1)
    unseen, answers = dataset(TEST, 2)
    layers = quantise(train(images, labels), images)
    right = (infer(layers, unseen).argmax(1) == answers).mean()
    remark = f"int8 accuracy on {TEST} digits that it had not seen: {100 * right:.2f} %."
    print(remark)
    write_weights(layers, remark)
    shipped = unseen[:SHIPPED]
    print(f"of the {SHIPPED} in digits.idx3 right: {(infer(layers, shipped).argmax(1) == answers[:SHIPPED]).sum()}")
    (HERE / "digits.idx3").write_bytes(struct.pack(">IIII", 0x803, SHIPPED, SIZE, SIZE) + shipped.tobytes())
    (HERE / "labels.idx1").write_bytes(struct.pack(">II", 0x801, SHIPPED) + bytes(answers[:SHIPPED].tolist()))


if __name__ == "__main__":
    main()
