"""``kfx.runs`` and ``kfx.load_run``: show runs again, compare, save and load them."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from kfx.draw.fonts.travelling import with_font
from kfx.draw.pdf.drawing import pdf
from kfx.draw.png import png
from kfx.errors import NoRunError
from kfx.notebook.view import View
from kfx.text.csv_markdown import csv_text
from kfx.training.journal.facts import Event
from kfx.training.journal.journal import RUNS, Journal
from kfx.views.training.curves_svg import sheet_svg
from kfx.views.training.data import run_state
from kfx.views.training.figure import plot_log, run_figure
from kfx.views.training.html import run_html, runs_html
from kfx.views.training.panels.base import Now
from kfx.views.training.panels.curves import chart_svgs
from kfx.views.training.panels.registry import FINISHED, panels_of, run_text
from kfx.views.training.text import run_line, runs_text

if TYPE_CHECKING:
    import keras
    import pandas
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from kfx.training.run.commands import Ticket
    from kfx.views.training.widget import TrainingWidget


class Run(View):
    """One run of ``fit``: shows its curves, progress, layers and the user's own panels, and keeps its journal.

    Args:
        journal: The record of the run.
        kinds: The kinds of panels that its live view shows.

    Attributes:
        journal: Everything that was recorded: `kfx.training.journal.journal.Journal`.
    """

    def __init__(self, journal: Journal, *, kinds: Sequence[str] = FINISHED) -> None:
        self.journal = journal
        self._kinds = tuple(kinds)

    def to_pandas(self, table: str = "epochs") -> pandas.DataFrame:
        """Return a pandas DataFrame: ``"epochs"``, ``"batches"``, ``"layers"`` or ``"events"``; see `Journal.to_pandas`."""
        return self.journal.to_pandas(table)

    frame = to_pandas

    @property
    def events(self) -> list[Event]:
        """What happened, oldest first: commands carried out, findings, errors, each with its step."""
        return list(self.journal.events)

    def facts(self) -> dict[str, Any]:
        """Return the state of the run as plain data: ``stage``, ``epoch``, ``step``, ``rate``, ``logs``, ``rewinds`` and more.

        ``stage`` is ``"building"`` while TensorFlow compiles the first step, then ``"first step"``, ``"running"``,
        ``"validating"``, ``"paused"``, ``"rewound"``, ``"broken"`` or ``"stopping"``; at the end ``"done"``, ``"stopped"``,
        ``"interrupted"``, ``"failed"``, or ``"lost"`` where kfx could not follow a training that went on.
        """
        from kfx.training.run.session import session_writing

        session = session_writing(self.journal)
        return self.journal.facts() if session is None else session.run.facts()

    def ask(self, kind: str, value: float | None = None) -> Ticket:
        """Send a command to a run in progress, from any thread, as the buttons do.

        It is checked and carried out at the end of a batch; ``run.journal.asked`` lists it then, also where it was refused.

        Args:
            kind: ``"stop"``, ``"pause"``, ``"resume"``, ``"rate"`` (value: the new rate), ``"checkpoint"``, ``"rewind"``
                (value: a checkpoint's number, None for the newest) or ``"extra"`` (value: how many epochs more).
            value: See above.

        Returns:
            A ticket for the answer: ``ticket.wait(seconds)`` in another thread, then ``ticket.done`` and ``ticket.text``.

        Raises:
            NoRunError: The run is over.
            ValueError: An unknown command.
        """
        from kfx.training.run.session import session_writing

        session = session_writing(self.journal)
        if session is None or not session.run.open:
            raise NoRunError("This run is over. A command acts while fit runs.")
        return session.controls.ask(kind, value).ticket

    def _text(self) -> str:
        return run_text(self.journal)

    def _html(self) -> str:
        return f'<div class="kfx-over">{run_html(self.journal)}</div>'

    def _html_small(self) -> str:
        return f'<div class="kfx-over">{run_html(self.journal, layers=False)}</div>'

    def _live(self) -> TrainingWidget:
        from kfx.views.training.widget import TrainingWidget

        panels = panels_of(self.journal, self._kinds)
        return TrainingWidget(run_state(self.journal, panels), {p.name: p.data(self.journal, Now()) for p in panels})

    def _writers(self) -> dict[str, Callable[[], str | bytes]]:
        drawings: dict[str, Callable[[], str | bytes]] = {
            ".svg": self.svg,
            ".png": lambda: png(self._sheet()),
            ".pdf": lambda: pdf(self._sheet()),
        }
        return {**super()._writers(), ".npz": self._npz, ".csv": self._csv, **drawings}

    def _sheet(self) -> str:
        drawings = chart_svgs(self.journal)
        if not drawings:
            raise ValueError("This run has no values to draw yet.")
        return sheet_svg(drawings, f"Curves of {self.journal.name}")

    def svg(self) -> str:
        """Return the curves as one SVG, with their own colours and font.

        Raises:
            ValueError: The run has no values yet.
        """
        return with_font(self._sheet())

    def figure(self) -> Figure:
        """Return the curves as a figure of matplotlib, a chart for each log: for a paper, in your own style.

        Raises:
            ModuleNotFoundError: matplotlib is not installed.
            ValueError: The run has no values yet.
        """
        return run_figure(self.journal)

    def plot(self, log: str = "loss", ax: Axes | None = None) -> Axes:
        """Draw one log on axes of matplotlib and return them.

        Args:
            log: Its name, e.g. ``"accuracy"``; the validation is drawn beside it.
            ax: Where to; by default new axes on a figure of their own, ``ax.figure``.

        Raises:
            ModuleNotFoundError: matplotlib is not installed.
            ValueError: The run has no such log.
        """
        return plot_log(self.journal, log, ax)

    def _npz(self) -> bytes:
        from kfx.training.journal.saving import journal_bytes

        return journal_bytes(self.journal)

    def _csv(self) -> str:
        table = self.journal.epochs
        rows = table.read()
        cells = ([int(step), *map(_cell, row)] for step, row in zip(rows.steps, rows.mean.tolist(), strict=True))
        return csv_text(["step", *table.columns], cells)

    def _title(self) -> str:
        return f"Run {run_line(self.journal)}"

    def _repr_mimebundle_(self, include: Container[str] | None = None, exclude: Container[str] | None = None) -> dict[str, str]:
        bundle = super()._repr_mimebundle_(include, exclude)
        if "text/html" in bundle:
            bundle["text/html"] = _BESIDE.format(slot=self.slot) + bundle["text/html"]
        return bundle


# While a run's live view is there its static face is hidden, also when something was printed between the two; once the static
# face is there, the sentence that announced the run is not needed.
_BESIDE = (
    "<style>.jp-OutputArea-child:has(.kfx-w-{slot}) ~ .jp-OutputArea-child:has(.kfx-s-{slot}){{display:none}}"
    ".jp-OutputArea-child:has(.kfx-begun):has(~ .jp-OutputArea-child .kfx-over){{display:none}}</style>"
)


def _cell(value: float) -> str | int | float:
    return "" if value != value else int(value) if value == int(value) and abs(value) < 1e15 else value


class Runs(View, Sequence):
    """The runs of this kernel, oldest first: ``kfx.runs[-1]`` is the newest, ``kfx.runs[-2:]`` shows two over each other.

    A list of runs shows itself as one picture a log with a line a run, and a table.

    Example:
        >>> import keras, kfx, numpy as np
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="zeros")], name="line")
        >>> model.compile("sgd", "mse")
        >>> history = kfx.fit(model, np.ones((8, 2)), np.ones(8))
        fit 'line': done, 1 epoch, loss 1.0
        >>> kfx.runs[-1].to_pandas()["loss"].tolist()
        [1.0]
    """

    def __init__(self, journals: Sequence[Journal] | None = None) -> None:
        self._given = None if journals is None else list(journals)
        self._shown: dict[int, Run] = {}

    @property
    def journals(self) -> list[Journal]:
        """The journals, oldest first."""
        return list(RUNS) if self._given is None else self._given

    def __len__(self) -> int:
        return len(self.journals)

    @overload
    def __getitem__(self, index: int) -> Run: ...

    @overload
    def __getitem__(self, index: slice) -> Runs: ...

    def __getitem__(self, index: int | slice) -> Run | Runs:
        if isinstance(index, slice):
            return Runs(self.journals[index])
        journals = self.journals
        if not journals:
            raise IndexError("There are no runs yet. Train with kfx.fit(model, ...), or with one of kfx.callbacks.")
        if not -len(journals) <= index < len(journals):
            raise IndexError(f"There is no run {index}: there are {len(journals)}, 0 to {len(journals) - 1}.")
        journal = journals[index]
        if not journal.ended:
            return Run(journal)
        return self._shown.setdefault(id(journal), Run(journal))

    def __iter__(self) -> Iterator[Run]:
        return (self[i] for i in range(len(self)))

    def _text(self) -> str:
        return runs_text(self.journals)

    def _html(self) -> str:
        return runs_html(self.journals)

    def _title(self) -> str:
        return f"Runs: {len(self)}"

    def _ipython_display_(self, **kwargs: object) -> None:
        from kfx.notebook.host import in_kernel

        fresh = Runs(self.journals)  # the list grows, a view's faces are made once
        if not in_kernel():
            print(fresh)
            return
        from IPython.display import display

        display(fresh._repr_mimebundle_(), raw=True)


runs = Runs()


def load_run(path: str | Path | keras.callbacks.History) -> Run:
    """Load a run that was written with ``run.save("name.npz")``, or the logs that another training left.

    Args:
        path: The file: ``.npz`` of kfx, ``.csv`` of ``keras.callbacks.CSVLogger``; or a ``History`` that ``fit`` returned.
            Of the last two the epochs are known, not the steps.

    Returns:
        The run, ready to be shown; ``kfx.runs`` is not changed.

    Raises:
        FileNotFoundError: The file does not exist.
        KfxError: The file is not a saved run or log, or is damaged.
        TypeError: ``path`` is neither a file's name nor a History.

    Example:
        >>> import keras, kfx, numpy as np, tempfile
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="zeros")], name="line")
        >>> model.compile("sgd", "mse"); history = kfx.fit(model, np.ones((8, 2)), np.ones(8))
        fit 'line': done, 1 epoch, loss 1.0
        >>> kfx.load_run(kfx.runs[-1].save(f"{tempfile.mkdtemp()}/line.npz"))
        <Run fit 'line': done, 1 epoch, loss 1.0>
    """
    from kfx.training.journal.others import journal_of_csv, journal_of_history
    from kfx.training.journal.saving import read_journal

    if not isinstance(path, str | Path):
        logs, epochs = getattr(path, "history", None), getattr(path, "epoch", None)
        if not isinstance(logs, dict) or not isinstance(epochs, list):
            raise TypeError(f"`path` is a {type(path).__name__}; expected the name of a file, or a History that fit returned.")
        name = str(getattr(getattr(path, "model", None), "name", "history"))
        return Run(journal_of_history(name, epochs, logs))
    if Path(path).suffix.lower() == ".csv":
        return Run(journal_of_csv(Path(path).expanduser()))
    return Run(read_journal(path))
