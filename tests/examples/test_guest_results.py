"""What the example guests compute, held to hashlib, an LZ4 decoder, C on the host, Python's integers and floats."""

from __future__ import annotations

import hashlib
import math
import random
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.guests import Guest, Interpreted, guests, host_output, interpret, needs_cc
from tracework.worker import qemu

GUESTS = {guest.name: guest for guest in guests("guests")}
needs_qemu = pytest.mark.skipif(qemu.find_qemu() is None, reason="qemu-riscv64 is not installed")


def run(name: str, data: bytes) -> Interpreted:
    """A guest on the interpreter, for up to some million steps."""
    return interpret(GUESTS[name].elf, data)


def output(name: str, data: bytes) -> bytes:
    """The output of a run that succeeds."""
    result = run(name, data)
    assert result.exit_code == 0, result.debug
    return result.output


def quick_output(name: str, data: bytes) -> bytes:
    """The output of a longer run that succeeds, by qemu; for outputs that don't end in a zero byte."""
    result = qemu.run(GUESTS[name].elf, data)
    assert result.exit_code == 0, result.debug
    return result.output


@pytest.mark.parametrize("size", [0, 1, 55, 56, 63, 64, 65, 119, 120, 4096, 10_001])
def test_sha256_agrees_with_hashlib(size: int) -> None:
    data = bytes(7 * i % 251 for i in range(size))
    assert output("sha256", data) == hashlib.sha256(data).hexdigest().encode() + b"\n"


# LZ4 ------------------------------------------------------------------------------------------------------------------


def xxh32(data: bytes) -> int:
    """XXH32 of seed 0, written from its specification."""
    p1, p2, p3, p4, p5, mask = 2654435761, 2246822519, 3266489917, 668265263, 374761393, 0xFFFFFFFF

    def rotate(x: int, n: int) -> int:
        return (x << n | x >> 32 - n) & mask

    total, at = p5, 0
    if len(data) >= 16:
        lanes = [p1 + p2 & mask, p2, 0, -p1 & mask]
        while at + 16 <= len(data):
            words = struct.unpack_from("<4I", data, at)
            lanes = [rotate(lane + word * p2 & mask, 13) * p1 & mask for lane, word in zip(lanes, words, strict=True)]
            at += 16
        total = sum(rotate(lane, n) for lane, n in zip(lanes, (1, 7, 12, 18), strict=True))
    total = total + len(data) & mask
    while at + 4 <= len(data):
        total = rotate(total + struct.unpack_from("<I", data, at)[0] * p3 & mask, 17) * p4 & mask
        at += 4
    for byte in data[at:]:
        total = rotate(total + byte * p5 & mask, 11) * p1 & mask
    for shift, prime in ((15, p2), (13, p3)):
        total = (total ^ total >> shift) * prime & mask
    return (total ^ total >> 16) & mask


def lz4_block(data: bytes) -> bytes:
    """A block's content, as the format's description unpacks it."""
    out, at = bytearray(), 0
    while True:
        token, at = data[at], at + 1
        lengths = [token >> 4, token & 15]
        for which in range(2):
            if lengths[which] == 15:
                while True:
                    lengths[which] += data[at]
                    at += 1
                    if data[at - 1] != 255:
                        break
            if which == 0:
                out += data[at : at + lengths[0]]
                at += lengths[0]
                if at == len(data):
                    return bytes(out)
                offset = struct.unpack_from("<H", data, at)[0]
                assert 0 < offset <= len(out)
                at += 2
        for _ in range(lengths[1] + 4):
            out.append(out[-offset])


def lz4_frame(data: bytes) -> bytes:
    """The content of a frame as lz4-compress writes it, all checksums verified."""
    magic, flags, kind, size, check = struct.unpack_from("<IBBQB", data)
    assert (magic, flags, kind) == (0x184D2204, 0x6C, 0x70) and check == xxh32(data[4:14]) >> 8 & 255
    out, at = b"", 15
    while word := struct.unpack_from("<I", data, at)[0]:
        block = data[at + 4 : at + 4 + (word & 0x7FFFFFFF)]
        out += block if word >> 31 else lz4_block(block)
        at += 4 + len(block)
    assert data[at + 4 :] == struct.pack("<I", xxh32(out)) and size == len(out)
    return out


def texts() -> Iterator[bytes]:
    """What to compress: nothing, too little, runs, noise, text, and lengths around the format's corners."""
    rng = random.Random(1)
    yield b""
    yield from (b"a" * size for size in (1, 12, 13, 14, 20, 34, 35, 274, 275, 289, 100_000))
    yield from (rng.randbytes(size) for size in (14, 15, 269, 270, 525, 3000))
    yield from (bytes(rng.choice(b"ab") for _ in range(size)) for size in (100, 5000))
    yield GUESTS["lz4-compress"].sample
    noise = rng.randbytes(50)
    yield (
        noise + bytes(65_535 - 50) + noise + bytes(65_536 - 50) + noise
    )  # matches as far back as they may be, and further


def test_lz4_guests_are_inverse_and_write_what_the_format_says() -> None:
    for text in texts():
        frame = output("lz4-compress", text)
        assert lz4_frame(frame) == text
        assert output("lz4-decompress", frame) == text
    sample = GUESTS["lz4-compress"].sample
    assert len(output("lz4-compress", sample)) < 0.4 * len(sample)
    assert GUESTS["lz4-decompress"].sample == output("lz4-compress", sample)


@needs_qemu
def test_lz4_blocks_of_4_mib() -> None:
    text = GUESTS["lz4-compress"].sample * 320
    frame = quick_output("lz4-compress", text)
    checksum = struct.pack("<I", xxh32(text)).rstrip(b"\0")
    frame += bytes(4 - len(checksum))  # zeros at the end are not in what qemu.run returns
    assert len(text) > 2 * (4 << 20)
    assert quick_output("lz4-decompress", frame) == text


def test_lz4_decompress_reads_linked_blocks_block_checksums_several_frames_and_skipped_ones() -> None:
    descriptor = b"\x50\x40"  # linked, block checksums, blocks of 64 KiB, no size, no content checksum
    header = struct.pack("<I", 0x184D2204) + descriptor + bytes([xxh32(descriptor) >> 8 & 255])
    first, second = b"\xb0hello world", b"\x0f\x0b\x00\x07\x50 bye!"  # the second copies 26 bytes from 11 back
    blocks = b"".join(struct.pack("<I", len(b)) + b + struct.pack("<I", xxh32(b)) for b in (first, second))
    frame = header + blocks + bytes(4)
    skipped = struct.pack("<II", 0x184D2A53, 5) + b"12345"
    text = b"hello world" * 3 + b"hell bye!"
    assert output("lz4-decompress", skipped + frame + skipped + frame) == 2 * (text[:37] + b" bye!")


def test_lz4_decompress_rejects_flipped_bits_with_a_reason() -> None:
    text = b"the quick brown fox jumps over the lazy dog, and over the lazy cat"
    frame = output("lz4-compress", text)
    for bit in [*range(0, 8 * len(frame), 13), 8 * 70 + 1]:
        flipped = bytearray(frame)
        flipped[bit // 8] ^= 1 << bit % 8
        result = run("lz4-decompress", bytes(flipped))
        if bit // 8 == 70:  # the last token's half for a match that isn't there: the format gives it no meaning
            assert result.output == text
        else:
            assert result.exit_code == 1 and result.debug.startswith(b"lz4-decompress: ")
    for size in (0, 1, 4, 10, 15, 18, 25, len(frame) - 1):
        assert run("lz4-decompress", frame[:size]).exit_code == 1


# The renderer ---------------------------------------------------------------------------------------------------------


def pixels(png: bytes) -> tuple[int, int, list[bytes]]:
    """Width, height and rows of a PNG without filters, every checksum verified."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    at, stream, header = 8, b"", b""
    while at < len(png):
        size, kind = struct.unpack_from(">I4s", png, at)
        body = png[at + 8 : at + 8 + size]
        assert struct.unpack_from(">I", png, at + 8 + size)[0] == zlib.crc32(kind + body)
        header = body if kind == b"IHDR" else header
        stream += body if kind == b"IDAT" else b""
        at += 12 + size
    width, height = struct.unpack_from(">II", header)
    raw, row = zlib.decompress(stream), 3 * width + 1
    assert len(raw) == row * height and not any(raw[::row])
    return width, height, [raw[i + 1 : i + row] for i in range(0, len(raw), row)]


@needs_cc
@pytest.mark.parametrize("tile", ["24 18 0 0 24 18 2", "320 240 100 60 13 17 2", "3 5 1 1 2 4 20", "1 1 0 0 1 1 1"])
def test_render_is_what_c_on_the_host_gives(tile: str, tmp_path: Path) -> None:
    png = output("render", tile.encode())
    assert png == host_output(GUESTS["render"], tile.encode(), tmp_path)
    assert pixels(png)[:2] == tuple(map(int, tile.split()[4:6]))


def test_render_tiles_fit_together() -> None:
    whole = pixels(output("render", b"32 24 0 0 32 24 1"))[2]
    quarters = [pixels(output("render", f"32 24 {x} {y} 16 12 1".encode()))[2] for y in (0, 12) for x in (0, 16)]
    joined = [left + right for half in (0, 2) for left, right in zip(*quarters[half : half + 2], strict=True)]
    assert joined == whole
    sky, floor = whole[0][:3], whole[-1]
    assert sky[2] > sky[0] > 100 and max(floor) - min(floor) > 60  # a blue sky, a chequered floor


@pytest.mark.parametrize(
    "tile", [b"", b"320 240 0 0 320", b"320 240 300 0 21 1 1", b"0 1 0 0 1 1 1", b"99999 1 0 0 1 1 1"]
)
def test_render_says_what_it_wants(tile: bytes) -> None:
    result = run("render", tile)
    assert result.exit_code == 1 and b"the input is: width height" in result.debug


# The network ----------------------------------------------------------------------------------------------------------


class Network:
    """The network that weights.h holds, in plain integers."""

    def __init__(self, guest: Guest) -> None:
        text = (guest.folder / "weights.h").read_text()
        self.numbers = {
            name: [int(number) for number in re.findall(r"-?\d+", body)]
            for name, body in re.findall(r"(\w+)\[\d+\](?:\[\d+\])? = \{(.*?)\};", text, re.S)
        }
        self.multipliers = {name: int(value) for name, value in re.findall(r"(\w+)_multiplier = (\d+)", text)}

    def convolve(self, layer: str, channels: list[list[list[int]]]) -> list[list[list[int]]]:
        """A 3x3 convolution with stride 2 over zero-padded channels, then the scale and the cut to a byte."""
        side, weights = len(channels[0]), self.numbers[f"{layer}_weights"]
        padded = [[[0] * (side + 2), *([0, *row, 0] for row in c), [0] * (side + 2)] for c in channels]
        result = []
        for o, bias in enumerate(self.numbers[f"{layer}_bias"]):
            kernel = weights[9 * len(channels) * o :]
            rows = []
            for y in range(0, side, 2):
                row = []
                for x in range(0, side, 2):
                    seen = (v for c in padded for line in c[y : y + 3] for v in line[x : x + 3])
                    total = bias + sum(a * b for a, b in zip(kernel, seen, strict=False))
                    row.append(min(255, max(0, total * self.multipliers[layer] >> 24)))
                rows.append(row)
            result.append(rows)
        return result

    def scores(self, image: bytes) -> list[int]:
        """The scores of the ten digits for 256 pixels."""
        hidden = self.convolve("first", [[list(image[i : i + 16]) for i in range(0, 256, 16)]])
        flat = [v for c in self.convolve("second", hidden) for row in c for v in row]
        weights = self.numbers["last_weights"]
        return [
            bias + sum(a * b for a, b in zip(weights[256 * d : 256 * d + 256], flat, strict=True))
            for d, bias in enumerate(self.numbers["last_bias"])
        ]


def images(count: int) -> bytes:
    """The first of the sample's images, as a file."""
    return struct.pack(">IIII", 0x803, count, 16, 16) + GUESTS["digits"].sample[16 : 16 + 256 * count]


def test_digits_have_the_scores_that_integers_in_python_give() -> None:
    network, file = Network(GUESTS["digits"]), images(12)
    lines = output("digits", file).decode().splitlines()
    assert len(lines) == 12
    for at, line in zip(range(16, len(file), 256), lines, strict=True):
        best, *scores = map(int, line.split())
        assert scores == network.scores(file[at : at + 256]) and scores[best] == max(scores)


@needs_qemu
def test_digits_are_recognised() -> None:
    labels = (GUESTS["digits"].folder / "labels.idx1").read_bytes()[8:]
    lines = quick_output("digits", images(100)).decode().splitlines()
    assert [int(line[0]) for line in lines] == list(labels)


@pytest.mark.parametrize(
    "data",
    [b"", struct.pack(">IIII", 0x801, 0, 16, 16), struct.pack(">IIII", 0x803, 1, 16, 16) + bytes(255),
     struct.pack(">IIII", 0x803, 1, 28, 28) + bytes(784)],
)  # fmt: skip
def test_digits_refuses_other_files(data: bytes) -> None:
    assert run("digits", data).exit_code == 1


# Bodies ---------------------------------------------------------------------------------------------------------------


def planets(steps: int, time: float, bodies: list[list[float]]) -> list[float]:
    """nbody.c in Python's floats: energy before and after, then position and velocity of each."""

    def squares(d: list[float]) -> float:
        return d[0] * d[0] + d[1] * d[1] + d[2] * d[2]

    def energy() -> float:
        total = 0.0
        for i, a in enumerate(bodies):
            total += 0.5 * a[6] * squares(a[3:6])
            for b in bodies[i + 1 :]:
                total -= a[6] * b[6] / math.sqrt(squares([a[k] - b[k] for k in range(3)]))
        return total

    results = [energy()]
    for _ in range(steps):
        for i, a in enumerate(bodies):
            for b in bodies[i + 1 :]:
                d = [a[k] - b[k] for k in range(3)]
                square = squares(d)
                pull = time / (square * math.sqrt(square))
                for k in range(3):
                    a[3 + k] -= d[k] * b[6] * pull
                    b[3 + k] += d[k] * a[6] * pull
        for a in bodies:
            for k in range(3):
                a[k] += time * a[3 + k]
    return [*results, energy(), *(value for body in bodies for value in body[:6])]


def test_nbody_is_python_s_floats_to_the_bit() -> None:
    sample = GUESTS["nbody"].sample.replace(b"300 ", b"60 ")
    numbers = [float(word) for line in sample.decode().splitlines() for word in line.split("#")[0].split()]
    expected = planets(int(numbers[0]), numbers[1], [numbers[at : at + 7] for at in range(2, len(numbers), 7)])
    words = output("nbody", sample).decode().replace("energy before", "").replace("energy after", "").split()
    assert words[1::2] == [struct.pack(">d", value).hex() for value in expected]
    assert all(
        math.isclose(float(word), value, abs_tol=6e-10) for word, value in zip(words[::2], expected, strict=True)
    )
    assert words[0] == "-0.169075164"  # what this system's energy is known to be


@pytest.mark.parametrize(
    ("text", "why"),
    [("", b"too early"), ("1 0.1 1 2 3", b"too early"), ("x", b"no decimal"), ("1 .", b"no digits"),
     ("1 0.1234567890123456", b"more than 15"), ("1 1 " + "1 " * 7 * 257, b"more than 256"),
     ("1 1 0 0 0 0 0 0 1 0.000000001 0 0 0 0 0 1000", b"out of range")],
)  # fmt: skip
def test_nbody_says_what_is_wrong(text: str, why: bytes) -> None:
    result = run("nbody", text.encode())
    assert result.exit_code == 1 and why in result.debug
