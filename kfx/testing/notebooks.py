"""A pytest plug-in that makes nbval strict: ``pytest -p kfx.testing.notebooks --nbval --nbval-current-env notebook.ipynb``.

Kernels start in one fixed environment, drawings' bytes are masked, a cell that was never run fails (nbval compares nothing
there and lets it pass), and the report ends with the share of cells that were compared and why each other one was not.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest

from kfx.testing import KERNEL_ENVIRONMENT, SANITIZER

_REASON = re.compile(r"^\s*# Not compared: (\S.*)$", re.MULTILINE)
_NO_REASON = "no reason given; add a line '# Not compared: <reason>' to the cell"
_KEY = "kfx_notebook_cell"  # of a report's user property: "compared", or why it is not
_COMPARED = "compared"
_LISTED = 50


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("kfx", "strict tests of notebooks").addoption(
        "--exempt-most",
        type=float,
        default=None,
        metavar="PERCENT",
        help="fail when a larger share of the code cells is exempted from comparison",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.pluginmanager.hasplugin("kfx-notebook-report"):
        return
    config.pluginmanager.register(_Report(config.getoption("--exempt-most")), "kfx-notebook-report")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """A notebook's kernel starts with its first cell and takes over the environment of that moment."""
    if not _is_cell(item):
        return (yield)
    from nbval.plugin import get_sanitize_patterns

    vars(item.parent)["sanitize_patterns"].update(get_sanitize_patterns(SANITIZER.read_text(encoding="utf-8")))
    item.user_properties.append((_KEY, _fate(item)))
    before = {name: os.environ.get(name) for name in KERNEL_ENVIRONMENT}
    os.environ.update(KERNEL_ENVIRONMENT)
    try:
        return (yield)
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """A cell that was never run has nothing to compare with; it is run for the sake of those behind it, then it fails."""
    result = yield
    if _is_cell(item) and _never_run(item) and not _is_exempted(item):
        pytest.fail("This cell was never run, so there is nothing to compare: run the notebook, save it, test again.")
    return result


class _Report:
    """Gathers the cells' fates from all processes and says them in the end."""

    def __init__(self, most: float | None):
        self.most = most
        self.cells: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for key, fate in report.user_properties:
            if key == _KEY:
                self.cells[report.nodeid] = str(fate)

    @property
    def exempted(self) -> dict[str, str]:
        return {name: fate for name, fate in self.cells.items() if fate != _COMPARED}

    def _is_too_much(self) -> bool:
        return self.most is not None and 100 * len(self.exempted) > self.most * len(self.cells)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if self._is_too_much() and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if not self.cells:
            return
        out, share = self.exempted, 100 * len(self.exempted) / len(self.cells)
        terminalreporter.section("cells of notebooks")
        terminalreporter.line(f"{len(self.cells)} code cells, {len(out)} of them ({share:.1f} %) not compared")
        for name, why in list(out.items())[:_LISTED]:
            terminalreporter.line(f"  {name}: {why}")
        if len(out) > _LISTED:
            terminalreporter.line(f"  … and {len(out) - _LISTED:,} more")
        if self._is_too_much():
            terminalreporter.line(f"At most {self.most:g} % may be exempted (--exempt-most).", red=True)


def _is_cell(item: pytest.Item) -> bool:
    """True for a code cell that nbval made a test of."""
    return type(item).__name__ == "IPyNbCell" and hasattr(item, "cell")


def _never_run(item: Any) -> bool:
    return item.cell.execution_count is None and bool(item.cell.source.strip())


def _is_exempted(item: Any) -> bool:
    return bool(item.options["skip"]) or not item.options["check"]


def _fate(item: Any) -> str:
    if _is_exempted(item):
        found = _REASON.search(item.cell.source)
        return found[1].strip() if found else _NO_REASON
    return "never run" if _never_run(item) else _COMPARED
