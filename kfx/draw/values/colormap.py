"""Colours of values: viridis from nothing to most, and around zero a ramp with a neutral middle, as 256 colours each."""

from __future__ import annotations

from functools import cache

import numpy as np

STEPS = 255  # levels 0 to 254 are colours of a ramp; level 255 is what is not finite
NOT_FINITE = 255
GREY = {"light": (0xB9, 0xC0, 0xC8), "dark": (0x5A, 0x63, 0x6E)}  # of values that are NaN or infinite: on no ramp

# Viridis by Nathaniel Smith and Stéfan van der Walt (CC0): every fifth of its 256 colours; in between within one step of 255.
_VIRIDIS = """
440154 46085c 471063 481769 481d6f 482475 472a7a 46307e 453781 433d84 414287 3f4889 3d4e8a 3a538b 38598c 355e8d 33638d 31688e
2e6d8e 2c718e 2a768e 297b8e 27808e 25848e 23898e 218e8d 20928c 1f978b 1e9c89 1fa188 21a585 24aa83 28ae80 2eb37c 35b779 3dbc74
46c06f 50c46a 5ac864 65cb5e 70cf57 7cd250 89d548 95d840 a2da37 b0dd2f bddf26 cae11f d8e219 e5e419 f1e51d fde725"""
_SIGNED = {
    "light": "8A3B00 C9691A F2BE8C F4F4F2 A9C6E6 3A72B8 0E3566",
    "dark": "FFC48A E08A3C 8A4A14 2B3036 23588A 7DB2EA C9E2FC",
}


def ramp(signed: bool, theme: str = "light") -> np.ndarray:
    """Return the 256 colours of a ramp.

    Args:
        signed: Around zero, which is level 127, instead of upwards from level 0.
        theme: ``"light"`` or ``"dark"``: the neutral middle is the notebook's own ground.

    Returns:
        ``(256, 3)`` uint8 RGB, read-only; the last one is for values that are not finite.
    """
    if theme not in GREY:
        raise ValueError(f"`theme` is {theme!r}; expected 'light' or 'dark'.")
    return _ramp(_SIGNED[theme] if signed else _VIRIDIS, GREY[theme])


@cache
def _ramp(anchors: str, grey: tuple[int, int, int]) -> np.ndarray:
    known = np.array([[int(name[i : i + 2], 16) for i in (0, 2, 4)] for name in anchors.split()])
    at = np.linspace(0, STEPS - 1, len(known))
    mixed = np.stack([np.interp(np.arange(STEPS), at, part) for part in known.T], axis=1)
    colours = np.vstack([np.round(mixed), [grey]]).astype("uint8")
    colours.flags.writeable = False
    return colours


def all_ramps() -> bytes:
    """Return every ramp for a browser, as RGB bytes: upwards, signed, signed in a dark notebook, upwards in a dark notebook."""
    parts = (ramp(False), ramp(True), ramp(True, "dark"), ramp(False, "dark"))
    return b"".join(part.tobytes() for part in parts)
