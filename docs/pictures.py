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
from PIL import Image
from playwright.sync_api import sync_playwright

from kfx.notebook.page import page

HERE = Path(__file__).parent
FOLDER = HERE / "pictures"
NOTEBOOKS = HERE.parent / "tutorials" / "en"
sys.path.insert(0, str(HERE.parent / "tests" / "browser"))

from lab import CHROMIUM_ARGS, Lab, find_chromium  # noqa: E402

# tutorial -> the cell whose output stands for it
INDEX = {
    "01": "sketch-grown",
    "02": "stays",
    "03": "lost-summary",
    "04": "marked",
    "05": "seen",
    "06": "together",
    "07": "network",
    "08": "compare",
    "09": "transfer",
    "10": "inspect",
    "11": "mistake",
    "12": "view",
}
# picture -> (tutorial, cell, most height in pixels)
README = {
    "sketch": ("01", "sketch-grown", 560),
    "explorer": ("01", "model-shown", 560),
    "training": ("02", "train", 640),
    "inspector": ("09", "inspect", 640),
}
SIZE = (640, 400)  # what a picture of the index shows, in pixels of the screen
SMALL = (480, 300)  # what is stored of it
WIDE = 1000  # of a picture of the README, in pixels of the screen and in the file
WHOLE = ".kfx-pic{max-height:340px!important}"  # a graph is shown whole


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
        for number, cell in INDEX.items():
            if not list(NOTEBOOKS.glob(f"{number}_*.ipynb")):
                continue
            tab.set_content(page(number, markup(number, cell)))
            tab.add_style_tag(content=WHOLE)
            store(f"tutorial-{number}", tab.screenshot(), SMALL)
        browser.close()


def readme() -> None:
    """The live views, each as its cell shows it after the notebook was run from top to bottom."""
    with tempfile.TemporaryDirectory() as folder, Lab(Path(folder), find_chromium()) as lab:
        for number in dict.fromkeys(number for number, *_ in README.values()):
            name = shutil.copy(notebook(number), folder).rsplit("/", 1)[-1]
            ids = [cell.id for cell in nbformat.read(notebook(number), as_version=4).cells]
            tab = lab.open(name, size=(1280, 900))
            lab.run_all()
            for picture, (_, cell, most) in ((k, v) for k, v in README.items() if v[0] == number):
                live = lab.output(ids.index(cell)).locator(".kfx-live").first
                live.scroll_into_view_if_needed()
                tab.wait_for_timeout(1000)  # cameras and curves come to rest
                store(picture, live.screenshot(), None, most)


def store(name: str, png: bytes, size: tuple[int, int] | None, most: int = 0) -> None:
    """Write a picture as WebP, scaled to ``size`` or cut off below ``most`` pixels."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    if size is None:
        image = image.crop((0, 0, image.width, min(image.height, most)))
        image.thumbnail((WIDE, most), Image.Resampling.LANCZOS)
    else:
        image = image.resize(size, Image.Resampling.LANCZOS)
    FOLDER.mkdir(exist_ok=True)
    image.save(FOLDER / f"{name}.webp", quality=85, method=6)
    print(f"{name}.webp: {image.width} × {image.height}, {(FOLDER / f'{name}.webp').stat().st_size:,} bytes")


if __name__ == "__main__":
    wanted = sys.argv[1:] or ["index", "readme"]
    if unknown := set(wanted) - {"index", "readme"}:
        raise SystemExit(f"No pictures called {', '.join(sorted(unknown))}; there are index and readme.")
    for what in wanted:
        {"index": index, "readme": readme}[what]()
