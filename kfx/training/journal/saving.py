"""Write a journal to one file and read it: arrays and one line of JSON in an ``.npz``, never a pickle."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import asdict
from pathlib import Path

import numpy as np

from kfx.errors import KfxError
from kfx.training.journal.buckets import Buckets
from kfx.training.journal.facts import Event, Layer, Plan
from kfx.training.journal.journal import Journal
from kfx.training.journal.panel import PanelRecord

FORMAT = 1
_TABLES = ("batches", "epochs", "rates", "statistics")
_PLAIN = (
    *("name", "dropped", "state", "steps", "step", "epoch", "seconds", "finding", "every", "cost"),
    *("thinned", "fixed", "fixed_step", "ready"),
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
        "panels": [{"title": p.title, "lines": p.lines, "heads": p.heads, "rows": p.rows} for p in journal.panels],
        "columns": {},
    }
    tables = {name: getattr(journal, name) for name in _TABLES}
    tables |= {f"panel {i}": panel.series for i, panel in enumerate(journal.panels)}
    for name, table in tables.items():
        if table is not None:
            about["columns"][name] = table.columns
            arrays |= {f"{name}.{part}": array for part, array in table.state().items()}
    arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]  # mypy takes a name for `allow_pickle`
    return file.getvalue()


def read_journal(path: str | Path) -> Journal:
    """Read the journal from a file that a run's ``save("….npz")`` wrote.

    Raises:
        FileNotFoundError: The file does not exist.
        KfxError: The file is not a journal, or is damaged.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f"No file {str(path)!r}. A run is written with run.save('name.npz').")
    try:
        with np.load(path, allow_pickle=False) as file:
            about = json.loads(bytes(file["about"]))
            if about["format"] != FORMAT:
                raise KfxError(f"{path.name!r} has format {about['format']!r}; this kfx reads {FORMAT}. Update kfx to read it.")
            journal = Journal(**{name: about[name] for name in _PLAIN if name in about})
            tables = {name: _table(file, name, columns) for name, columns in about["columns"].items()}
            for name in _TABLES:
                setattr(journal, name, tables.get(name, getattr(journal, name)))
            own = enumerate(about.get("panels", []))  # none in a file of kfx before it had them
            journal.panels = [PanelRecord(**panel, series=tables[f"panel {i}"]) for i, panel in own]
            plan = about["plan"]
            journal.plan = Plan(**{**plan, "facts": tuple(plan["facts"])})
            journal.events = [Event(**event) for event in about["events"]]
            journal.layers = tuple(Layer(**layer) for layer in about["layers"])
            return journal
    except (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise KfxError(f"{path.name!r} is not a run that kfx saved, or it is damaged ({type(error).__name__}).") from error


def _table(file: np.lib.npyio.NpzFile, name: str, columns: list[str]) -> Buckets:
    state = {key.removeprefix(f"{name}."): file[key] for key in file.files if key.startswith(f"{name}.")}
    return Buckets.from_state(columns, state)
