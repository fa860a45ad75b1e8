"""Every kind of image file, written without an image library where that is possible, against the pixels in it."""

import io
import os
import random
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from seeinin.precompute.reading.decoding import Entry, Files, resized
from seeinin.precompute.reading.task import Look, Unreadable, answer

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6  # PNG's colour types


def png(samples, colour_type, chunks=(), bits=8):
    """A PNG of samples (h, w[, c]), uint8 or uint16, or of bits where `bits` is 1; further chunks before the pixels."""
    samples = np.asarray(samples)
    height, width = samples.shape[:2]
    packed = np.packbits(samples.astype(np.uint8), axis=1) if bits == 1 else samples.astype(f">u{bits // 8}")
    lines = b"".join(b"\0" + line.tobytes() for line in packed)
    head = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    parts = [(b"IHDR", head), *chunks, (b"IDAT", zlib.compress(lines)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )


def exif(orientation):
    """An EXIF block with nothing but an orientation: TIFF, big-endian, one directory of one entry."""
    return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)


def with_exif(jpeg, orientation):
    """A JPEG with that block behind its first marker."""
    block = b"Exif\0\0" + exif(orientation)
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + jpeg[2:]


def tiff(samples, orientation):
    """An uncompressed greyscale TIFF, big-endian."""
    samples = np.asarray(samples, np.uint8)
    height, width = samples.shape
    entries = [(256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 128), (274, orientation), (278, height)]
    directory = b"".join(struct.pack(">HHIHH", tag, 3, 1, value, 0) for tag, value in entries)
    directory += struct.pack(">HHIHH", 279, 3, 1, samples.size, 0)
    head = b"MM\0*" + struct.pack(">IH", 8, len(entries) + 1) + directory + b"\0\0\0\0"
    return head.ljust(128, b"\0") + samples.tobytes()


def ppm(samples):
    """A colour image, as plain as can be."""
    samples = np.asarray(samples, np.uint8)
    return b"P6 %d %d 255\n" % (samples.shape[1], samples.shape[0]) + samples.tobytes()


RANDOM = np.random.default_rng(0)
SCENE = RANDOM.integers(0, 256, (5, 4), np.uint8)
COLOURS = RANDOM.integers(0, 256, (5, 4, 3), np.uint8)
DEEP = RANDOM.integers(0, 65536, (5, 4), np.uint16)
DEEP_COLOURS = RANDOM.integers(0, 65536, (5, 4, 3), np.uint16)
ALPHA = RANDOM.integers(0, 256, (5, 4, 1), np.uint8)
NUMBERS = RANDOM.integers(0, 3, (5, 4), np.uint8)
TABLE = np.array([[250, 10, 20], [0, 200, 0], [7, 8, 9]], np.uint8)
BITS = NUMBERS > 0


def on_white(colours, alpha):
    return colours * (alpha / 255) + 255 * (1 - alpha / 255)


@pytest.fixture
def read(tmp_path):
    """Look at a file of these bytes, and read it as it looks."""

    def read(content, name="image.png", shape=None):
        path = tmp_path / name
        path.write_bytes(content)
        entry, task = Entry.of(str(path)), Files()
        look = answer(task, entry, None)
        return look, look if isinstance(look, Unreadable) else answer(task, entry, shape or look.shape)

    return read


CASES = {
    "grey": (png(SCENE, GREY), SCENE, ()),
    "grey of 16 bits": (png(DEEP, GREY, bits=16), DEEP >> 8, ("of 16 bits, the higher eight kept",)),
    "bilevel": (png(BITS, GREY, bits=1), BITS * 255, ("black and white",)),
    "colour": (png(COLOURS, RGB), COLOURS, ()),
    "plain colour": (ppm(COLOURS), COLOURS, ()),
    "colour of 16 bits": (png(DEEP_COLOURS, RGB, bits=16), DEEP_COLOURS >> 8, ("of 16 bits, the higher eight kept",)),
    "palette": (png(NUMBERS, PALETTE, [(b"PLTE", TABLE.tobytes())]), TABLE[NUMBERS], ("with a palette",)),
    "alpha": (
        png(np.dstack([COLOURS, ALPHA]), RGBA),
        on_white(COLOURS, ALPHA),
        ("transparent, laid on white",),
    ),
    "grey with alpha": (
        png(np.dstack([SCENE, ALPHA]), GREY_ALPHA),
        on_white(SCENE[..., None], ALPHA),
        ("transparent, laid on white",),
    ),
    "palette with transparency": (
        png(NUMBERS, PALETTE, [(b"PLTE", TABLE.tobytes()), (b"tRNS", bytes([0, 128]))]),
        on_white(TABLE[NUMBERS], np.array([0, 128, 255])[NUMBERS][..., None]),
        ("with a palette", "transparent, laid on white"),
    ),
    "one transparent grey": (
        png(NUMBERS, GREY, [(b"tRNS", b"\0\2")]),
        np.where(NUMBERS == 2, 255, NUMBERS),
        ("transparent, laid on white",),
    ),
}


@pytest.mark.parametrize(("content", "expected", "oddities"), CASES.values(), ids=CASES.keys())
def test_pixels_of_every_mode(read, content, expected, oddities):
    look, pixels = read(content)
    expected = np.asarray(expected, float).reshape(5, 4, -1)
    assert look == Look(expected.shape, oddities=oddities)
    assert pixels.dtype == np.uint8
    np.testing.assert_allclose(pixels, expected, atol=1 if "transparent" in str(oddities) else 0)


def test_grey_among_colour_is_repeated(read):
    for content, grey in ((png(SCENE, GREY), SCENE), (png(DEEP, GREY, bits=16), DEEP >> 8)):
        _, pixels = read(content, shape=(5, 4, 3))
        np.testing.assert_array_equal(pixels, np.stack([grey] * 3, -1))


# What EXIF's numbers mean, from its standard: where the stored first row and first column are to be seen.
TURNED = {
    1: SCENE,
    2: SCENE[:, ::-1],
    3: SCENE[::-1, ::-1],
    4: SCENE[::-1],
    5: SCENE.T,
    6: SCENE[::-1].T,
    7: SCENE[::-1, ::-1].T,
    8: SCENE[:, ::-1].T,
}


@pytest.mark.parametrize("orientation", TURNED)
def test_exif_is_followed(read, orientation):
    for name, content in {
        "a.png": png(SCENE, GREY, [(b"eXIf", exif(orientation))]),
        "a.tif": tiff(SCENE, orientation),
    }.items():
        look, pixels = read(content, name)
        np.testing.assert_array_equal(pixels[..., 0], TURNED[orientation], name)
        assert look.shape == pixels.shape
        assert ("turned by EXIF" in look.oddities) == (orientation > 1 and name == "a.png")
    blocks = np.kron(SCENE, np.ones((8, 8), np.uint8))  # which JPEG keeps nearly as they are
    stream = io.BytesIO()
    Image.fromarray(blocks).save(stream, "JPEG", quality=100)
    look, pixels = read(with_exif(stream.getvalue(), orientation), "a.jpg")
    expected = np.kron(TURNED[orientation], np.ones((8, 8), np.uint8))
    assert look.shape == pixels.shape
    np.testing.assert_allclose(pixels[..., 0], expected, atol=3)


def test_cmyk(read):
    inks = np.kron(RANDOM.integers(0, 256, (3, 2, 4)), np.ones((8, 8, 1), int)).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(inks, "CMYK").save(stream, "JPEG", quality=100)
    look, pixels = read(stream.getvalue(), "a.jpg")
    assert look == Look((24, 16, 3), oddities=("CMYK",))
    stored = inks.astype(float)
    np.testing.assert_allclose(pixels, (255 - stored[..., :3]) * (255 - stored[..., 3:]) / 255, atol=6)


def test_32_bits_are_refused(read):
    for mode in ("F", "I"):
        stream = io.BytesIO()
        Image.new(mode, (3, 2)).save(stream, "TIFF")
        _, answer = read(stream.getvalue(), "a.tif")
        assert "32 bits, whose range is not known" in answer.reason


def test_resizing_is_a_triangle_filter():
    """Against its definition: weights 1 - |distance| over the ratio of sizes, along each axis."""

    def weights(new, old):
        ratio = max(old / new, 1)
        centre = (np.arange(new)[:, None] + 0.5) * old / new
        table = np.clip(1 - np.abs(np.arange(old) + 0.5 - centre) / ratio, 0, None)
        return table / table.sum(1, keepdims=True)

    for size in ((3, 2), (9, 11), (5, 2)):
        expected = np.einsum("yh,xw,hwc->yxc", weights(size[0], 5), weights(size[1], 4), COLOURS)
        np.testing.assert_allclose(resized(COLOURS, size), expected, atol=1.01)
    assert resized(COLOURS, (5, 4)) is COLOURS


def declaring(side):
    """A PNG of a few bytes that says that it has so many pixels each way."""
    head = struct.pack(">IIBBBBB", side, side, 8, RGB, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in ((b"IHDR", head), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    )


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")  # Pillow's; workers keep it to themselves
def test_what_is_no_image_has_a_reason(read, tmp_path):
    whole = io.BytesIO()
    Image.fromarray(RANDOM.integers(0, 256, (64, 64, 3), np.uint8)).save(whole, "JPEG")
    for content, reason in {
        b"": "is empty",
        b"this is no image\n": "is none of PNG, JPEG",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n": "is none of PNG, JPEG",
        whole.getvalue()[:-900]: "truncated",
        png(COLOURS, RGB)[:-30]: "",
    }.items():
        _, found = read(content)
        assert reason in found.reason
    for side, reason in ((10_000, "10,000 × 10,000 pixels"), (65_536, "over 178,956,970 pixels")):
        assert reason in read(declaring(side))[0].reason
    assert not ImageFile.LOAD_TRUNCATED_IMAGES
    task = Files()
    assert answer(task, Entry.of(str(tmp_path / "nowhere.png")), None).reason == "No such file or directory"
    assert answer(task, Entry.of(str(tmp_path)), None).reason == "is no file"
    os.mkfifo(tmp_path / "pipe.png")
    assert answer(task, Entry.of(str(tmp_path / "pipe.png")), None).reason == "is no file"


def test_a_file_that_changes_or_vanishes(tmp_path):
    path, task = tmp_path / "a.png", Files()
    path.write_bytes(png(SCENE, GREY))
    entry = Entry.of(str(path))
    os.utime(path, ns=(0, 0))
    assert answer(task, entry, (5, 4, 1)).reason == "has changed since the run began"
    path.unlink()
    assert answer(task, entry, (5, 4, 1)).reason == "No such file or directory"


WHOLE = [content for content, _, _ in CASES.values()] + [tiff(SCENE, 6)]
for kind in ("JPEG", "GIF", "BMP", "WEBP", "TIFF"):
    stream = io.BytesIO()
    Image.fromarray(COLOURS).save(stream, kind)
    WHOLE.append(stream.getvalue())


@settings(max_examples=300)
@given(st.sampled_from(WHOLE), st.randoms(use_true_random=False), st.integers(1, 8), st.booleans())
@pytest.mark.filterwarnings("ignore")  # Pillow's, of odd metadata
def test_damage_gives_pixels_or_one_sentence(tmp_path_factory, content, chance: random.Random, flips, cut):
    damaged = bytearray(content)
    for _ in range(flips):
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    if cut:
        del damaged[chance.randrange(1, len(damaged)) :]
    path = tmp_path_factory.getbasetemp() / "damaged.png"
    path.write_bytes(damaged)
    entry, task = Entry.of(str(path)), Files()
    for found in (answer(task, entry, None), answer(task, entry, (5, 4, 3))):
        if isinstance(found, Unreadable):
            assert found.reason
            assert "\n" not in found.reason
            assert "object at" not in found.reason
