"""Image files of all kinds."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

EXIF_ORIENTATION = 0x0112


def picture(
    file: Path, mode: str = "RGB", size: tuple[int, int] = (8, 6), seed: int = 0, turned: int = 1
) -> Path:
    """Writes a random image, of (width, height)."""
    width, height = size
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)
    if mode == "I;16":
        image = Image.fromarray(pixels[..., 0].astype(np.uint16) * 256)
    else:
        image = Image.fromarray(pixels).convert(mode)
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = turned
    file.parent.mkdir(parents=True, exist_ok=True)
    image.save(file, **({"exif": exif} if turned != 1 else {}))
    return file


def with_orientation(orientation: int, kind: str = "JPEG", endian: str = "<", padding: int = 0) -> bytes:
    """A smooth image with EXIF data as cameras write it: several entries, after `padding` bytes of another kind."""
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (4, 3, 3)).astype(np.uint8))
    exif = Image.Exif()
    exif.endian = endian
    exif.update(
        {0x010F: "A maker", 0x0110: "A model", EXIF_ORIENTATION: orientation, 0x0131: "Some software"}
    )
    file = io.BytesIO()
    image.resize((24, 32)).save(file, kind, exif=exif, **({"icc_profile": bytes(padding)} if padding else {}))
    return file.getvalue()


def folder(path: Path) -> Path:
    """A folder with a class per folder, of images of all kinds."""
    kinds = {
        "a.jpg": "RGB",
        "b.PNG": "RGBA",
        "c.png": "P",
        "d.jpeg": "L",
        "e.png": "I;16",
        "f.jpg": "CMYK",
        "g.png": "1",
    }
    for seed, (name, mode) in enumerate(kinds.items()):
        picture(path / "cats" / name, mode, (8 + seed, 6), seed)
        picture(path / "dogs" / name, mode, (8, 6 + seed), seed + 100)
    (path / "cats" / "._a.jpg").write_bytes(b"\x00\x05\x16\x07")
    (path / ".ipynb_checkpoints").mkdir()
    return path
