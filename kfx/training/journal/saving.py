"""Write a journal to one file and read it: arrays and one line of JSON in an ``.npz``, never a pickle."""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np

from kfx.errors import KfxError
from kfx.text.archives import Archive, array_in, open_archive
from kfx.training.journal import checked
from kfx.training.journal.journal import Journal
from kfx.training.journal.panel import PanelRecord

FORMAT = 1
_MOST_ABOUT = 16 * 2**20  # bytes of all that is not a table
_MOST_PICTURE = 2**20
_TABLES = ("batches", "epochs", "rates", "statistics", "part_statistics", "added")
_PLAIN = (
    *("name", "dropped", "state", "steps", "step", "epoch", "seconds", "finding", "every", "cost"),
    *("thinned", "fixed", "fixed_step", "ready", "fixed_parts", "latest", "order"),
)


def journal_bytes(journal: Journal) -> bytes:
    """Return the content of an ``.npz`` file that `read_journal` reads."""
    arrays: dict[str, np.ndarray] = {}
    about = {name: getattr(journal, name) for name in _PLAIN}
    about |= {
        "format": FORMAT,
        "plan": asdict(journal.plan),
        "events": [asdict(event) for event in journal.events],
        "layers": [asdict(layer) for layer in journal.layers],
        "parts": [asdict(part) for part in journal.parts],
        "rewinds": [asdict(rewind) for rewind in journal.rewinds],
        "broke": None if journal.broke is None else asdict(journal.broke),
        "asked": [asdict(one) for one in journal.asked],
        "panels": [panel_facts(panel) for panel in journal.panels],
        "columns": {},
    }
    tables = {name: getattr(journal, name) for name in _TABLES}
    tables |= {f"panel {i}": panel.series for i, panel in enumerate(journal.panels)}
    for name, table in tables.items():
        if table is not None:
            about["columns"][name] = table.columns
            arrays |= {f"{name}.{part}": array for part, array in table.state().items()}
    for i, panel in enumerate(journal.panels):
        arrays |= {f"picture {i} {place}": values for place, (_, values) in enumerate(panel.pictures)}
    arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]  # mypy takes a name for `allow_pickle`
    return file.getvalue()


def panel_facts(panel: PanelRecord) -> dict[str, object]:
    """Return all of a panel but its series and the values of its pictures, JSON-ready."""
    facts: dict[str, object] = {"title": panel.title, "lines": panel.lines, "heads": panel.heads, "rows": panel.rows}
    found = panel.confusion
    if panel.pictures:
        facts["pictures"] = [name for name, _ in panel.pictures]
    if found is not None:
        facts["confusion"] = {
            "counts": found.counts.tolist(),
            "true": found.true.tolist(),
            "names": found.names,
            "heading": found.heading,
        }
    return facts


def _picture(archive: Archive, panel: int, place: int) -> np.ndarray:
    """Return a picture of a panel."""
    return array_in(archive.read(f"picture {panel} {place}.npy", _MOST_PICTURE))


def read_journal(path: str | Path) -> Journal:
    """Read the journal from a file that a run's ``save("….npz")`` wrote.

    Raises:
        FileNotFoundError: The file does not exist.
        KfxError: The file is not a journal, or is damaged.
    """
    path = Path(path).expanduser()
    if not path.exists():
        raise FileNotFoundError(f"No file {str(path)!r}. A run is written with run.save('name.npz').")
    if not path.is_file():
        raise KfxError(f"{str(path)!r} is not a file. Give the file that run.save('name.npz') wrote.")
    with open_archive(
        path, KfxError, "not a run that kfx saved, or it is damaged", "Save the run again if you can."
    ) as archive:
        return _journal(path.name, archive)


def _journal(name: str, archive: Archive) -> Journal:
    """Return the journal in an archive; whatever does not fit raises an error of any kind."""
    about = json.loads(array_in(archive.read("about.npy", _MOST_ABOUT)).tobytes())
    if about["format"] != FORMAT:
        raise KfxError(f"{name!r} has format {str(about['format'])[:20]!r}; this kfx reads {FORMAT}. Update kfx to read it.")
    journal = Journal(**{key: check(about[key]) for key, check in checked.PLAIN.items() if key in about})
    arrays: dict[str, dict[str, np.ndarray]] = {}
    for member in archive.members:
        table, _, part = member.removesuffix(".npy").rpartition(".")
        if table in about["columns"]:
            arrays.setdefault(table, {})[part] = archive.array(member)
    tables = {key: checked.table(columns, arrays[key]) for key, columns in about["columns"].items()}
    journal.plan, journal.events = checked.plan(about["plan"]), checked.events(about["events"])
    journal.layers = checked.layers(about["layers"])
    for key in _TABLES:
        setattr(journal, key, tables.get(key, getattr(journal, key)))
    checked.begins_with(journal.epochs, "epoch")
    checked.begins_with(journal.rates, "learning_rate")
    journal.statistics = checked.statistics(journal.statistics, journal.layers)
    journal.parts = checked.parts(about.get("parts", []), journal.part_statistics)  # nor the facts from here on
    journal.rewinds, journal.asked = checked.rewinds(about.get("rewinds", [])), checked.asked(about.get("asked", []))
    journal.broke = checked.broke(about.get("broke"))
    pictures = partial(_picture, archive)
    journal.panels = checked.panels(about.get("panels", []), tables, pictures)  # none in a file of kfx before it had them
    return journal
