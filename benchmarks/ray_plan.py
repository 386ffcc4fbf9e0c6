"""A plan for many machines, computed from what `ray_speed.py --plan FILE` measured on one. Computed, not measured.

    python benchmarks/ray_plan.py FILE [--machines 1000] [--cores 16] [--images 1e9] [--price 0.04] [--image-kb 110]

What is taken as given and can be changed: the price of a core for an hour, the bytes of a stored image, what one file server
writes and how many renames with a sync it does in a second, and the network of a machine. The rest follows from the file.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Site:
    """A cluster, in the figures of its owner.

    Attributes:
        price: Of one core for one hour, in any currency.
        image_bytes: Of a stored image.
        network: Bytes a second of one machine.
        commits: Parts a second that the shared storage makes durable.
    """

    machines: int
    cores: int
    images: float
    price: float
    image_bytes: float
    network: float = 1.25e9
    commits: float = 500.0


def plan(measured: dict[str, Any], model: dict[str, Any], site: Site) -> dict[str, float]:
    """What follows for a network.

    Returns:
        ``rate`` examples/s of all machines, ``hours``, ``cost_per_million`` images, ``part_examples`` (the smallest part that
        keeps commits under the storage's limit and a block's own cost under 1 %), ``parts``, ``stored_bytes``, ``read_rate``
        and ``write_rate`` bytes/s, ``model_s`` to send the model down a tree of machines, ``tail_s`` for the last part.
    """
    per_core = model["ray_per_s"] / model["workers"]
    rate = per_core * site.cores * site.machines
    worth = 100 * measured["block_s"] * per_core
    part = max(worth, rate / site.commits)
    rounds = max(1, (site.machines - 1).bit_length())
    return {
        "rate": rate,
        "hours": site.images / rate / 3600,
        "cost_per_million": 1e6 / per_core / 3600 * site.price,
        "part_examples": part,
        "parts": site.images / part,
        "stored_bytes": site.images * model["bytes_per_example"],
        "read_rate": rate * site.image_bytes,
        "write_rate": rate * model["bytes_per_example"],
        "model_s": rounds * model["model_bytes"] / site.network,
        "tail_s": part / per_core,
    }


def told(model: dict[str, Any], site: Site, found: dict[str, float]) -> str:
    """The plan in words."""
    return (
        f"{model['model']}, {site.machines:,} machines of {site.cores} cores, {site.images:,.0f} images: COMPUTED from "
        f"{model['ray_per_s'] / model['workers']:.0f} images/s a core, nothing of it was run\n"
        f"  compute   {found['rate']:,.0f} images/s, {found['hours']:.1f} hours, {found['cost_per_million']:.2f} a million "
        f"images at {site.price} a core and hour\n"
        f"  storage   reads {found['read_rate'] / 1e9:,.1f} GB/s, writes {found['write_rate'] / 1e9:,.1f} GB/s, keeps "
        f"{found['stored_bytes'] / 1e12:,.1f} TB in {found['parts']:,.0f} parts of {found['part_examples']:,.0f} images\n"
        f"  model     {model['model_bytes'] / 1e6:,.0f} MB once a machine, {found['model_s']:.1f} s down a tree\n"
        f"  straggler the last part takes up to {found['tail_s']:.0f} s, a lost machine repeats at most one part a core\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--machines", type=int, default=1000)
    parser.add_argument("--cores", type=int, default=16)
    parser.add_argument("--images", type=float, default=1e9)
    parser.add_argument("--price", type=float, default=0.04)
    parser.add_argument("--image-kb", type=float, default=110.0)
    args = parser.parse_args()
    measured = json.loads(args.file.read_text(encoding="utf-8"))
    site = Site(args.machines, args.cores, args.images, args.price, args.image_kb * 1000)
    for model in measured["models"]:
        print(told(model, site, plan(measured, model, site)))


if __name__ == "__main__":
    main()
