"""Make the pictures of README.md and of the tutorials' index from the running product: python docs/pictures.py

    python docs/pictures.py index     one of each tutorial, from the outputs that its notebook holds
    python docs/pictures.py readme    live views, in JupyterLab, of tutorials that are run for it (about two minutes)

Needs the packages of ``kfx[test]`` and a Chromium (see tests/browser/lab.py). Written are ``docs/pictures/*.webp``.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
from PIL import Image, ImageChops
from playwright.sync_api import sync_playwright

from kfx.notebook.page import page

HERE = Path(__file__).parent
FOLDER = HERE / "pictures"
NOTEBOOKS = HERE.parent / "tutorials" / "en"
sys.path.insert(0, str(HERE.parent / "tests" / "browser"))

from lab import CHROMIUM_ARGS, Lab, find_chromium  # noqa: E402

# tutorial -> the cell whose output stands for it; of a large drawing also the place that is shown, from its left and its top
INDEX = {
    "01": "sketch-grown",
    "02": "stays",
    "03": "lost-summary",
    "04": ("marked", 0.5, 0.52),
    "05": "seen",
    "06": "together",
    "07": ("network", 0.5, 0.37),
    "08": "compare",
    "09": "transfer",
    "10": "inspect",
    "11": "mistake",
    "12": ("view", 0.21, 0.16),
    "13": "looks",
    "14": "side",
    "15": "attribute",
}
# picture -> (tutorial, cell, most height in pixels)
README = {
    "sketch": ("11", "mistake", 560),
    "explorer": ("09", "explore", 700),
    "training": ("02", "train", 640),
    "inspector": ("09", "inspect", 640),
}
SIZE = (640, 400)  # what a picture of the index shows, in pixels of the screen
SMALL = 0.75  # of it is stored
MARGIN = 24  # below what is drawn, in pixels of the screenshot
WIDE = 1000  # of a picture of the README, in pixels of the screen and in the file
WHOLE = ".kfx-pic{max-height:340px!important}"  # a graph is shown whole
# A part of it is shown in its own size: its letters are then as large as those of the other pictures.
PART = """([x, y]) => {
  const picture = document.querySelector("img.kfx-pic"), { naturalWidth: wide, naturalHeight: high } = picture;
  document.body.replaceChildren(picture);
  const start = (all, seen, share) => Math.min(0, Math.max(seen - all, seen / 2 - all * share));
  const left = wide < innerWidth ? (innerWidth - wide) / 2 : start(wide, innerWidth, x);
  picture.style = `position:absolute;max-width:none;width:${wide}px;left:${left}px;top:${start(high, innerHeight, y)}px`;
}"""


def notebook(number: str) -> Path:
    """The English notebook of a tutorial."""
    return next(NOTEBOOKS.glob(f"{number}_*.ipynb"))


def markup(number: str, cell: str) -> str:
    """What a notebook holds of a cell's output, as HTML: the static face of a view, or a picture."""
    outputs = next(c for c in nbformat.read(notebook(number), as_version=4).cells if c.id == cell).outputs
    for data in (output.get("data", {}) for output in outputs):
        if "text/html" in data:
            return data["text/html"]
        for media in ("image/png", "image/jpeg"):
            if media in data:
                return f'<img width="{SIZE[0] - 32}" src="data:{media};base64,{data[media].strip()}">'
    raise SystemExit(
        f"Cell {cell!r} of tutorial {number} holds neither a view nor a picture: choose another in docs/pictures.py."
    )


def index() -> None:
    """One picture of each tutorial that is there."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGS)
        tab = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]}, device_scale_factor=2, color_scheme="light")
        for number, shown in INDEX.items():
            cell, *place = shown if isinstance(shown, tuple) else (shown,)
            if not list(NOTEBOOKS.glob(f"{number}_*.ipynb")):
                continue
            tab.set_content(page(number, markup(number, cell)))
            if place:
                tab.evaluate(PART, place)
            else:
                tab.add_style_tag(content=WHOLE)
            store(f"tutorial-{number}", tab.screenshot(), SMALL * SIZE[0])
        browser.close()


def readme() -> None:
    """The live views, each as its cell shows it after the notebook was run from top to bottom."""
    with tempfile.TemporaryDirectory() as folder, Lab(Path(folder), find_chromium()) as lab:
        for number in dict.fromkeys(number for number, *_ in README.values()):
            name = shutil.copy(notebook(number), folder).rsplit("/", 1)[-1]
            ids = [cell.id for cell in nbformat.read(notebook(number), as_version=4).cells]
            tab = lab.open(name, size=(1280, 1300))
            lab.run_all()
            for picture, (_, cell, most) in ((k, v) for k, v in README.items() if v[0] == number):
                live = lab.output(ids.index(cell)).locator(".kfx-live").first
                live.scroll_into_view_if_needed()
                tab.wait_for_timeout(1000)  # cameras and curves come to rest
                store(picture, live.screenshot(), WIDE, most)


def store(name: str, png: bytes, width: float, most: int | None = None) -> None:
    """Write a picture as WebP: cut off below ``most`` pixels and where nothing follows, scaled to ``width``."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    drawn = ImageChops.difference(image, Image.new("RGB", image.size, image.getpixel((0, 0)))).getbbox()
    below = image.height if drawn is None else min(image.height, drawn[3] + MARGIN)
    image = image.crop((0, 0, image.width, min(below, most or below)))
    image = image.resize((round(width), round(image.height * width / image.width)), Image.Resampling.LANCZOS)
    FOLDER.mkdir(exist_ok=True)
    image.save(FOLDER / f"{name}.webp", quality=85, method=6)
    print(f"{name}.webp: {image.width} × {image.height}, {(FOLDER / f'{name}.webp').stat().st_size:,} bytes")


if __name__ == "__main__":
    wanted = sys.argv[1:] or ["index", "readme"]
    if unknown := set(wanted) - {"index", "readme"}:
        raise SystemExit(f"No pictures called {', '.join(sorted(unknown))}; there are index and readme.")
    for what in wanted:
        {"index": index, "readme": readme}[what]()
