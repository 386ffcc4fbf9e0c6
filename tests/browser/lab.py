"""Drive a real JupyterLab and a real Notebook 7 in headless Chromium, as a user would.

One server and one browser serve a whole test session; each `open` gives a new page. All that the server writes goes to a
temporary folder, so the user's ~/.jupyter and ~/.ipython are neither read nor changed, and kernels run under the tests' own
interpreter.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, sync_playwright

CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--no-first-run",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
]
# What makes runs repeatable; with windowing "none" every output is in the document.
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True},
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension:themes": {"theme": "JupyterLab Light"},
}
# What the front ends themselves say on the console.
NOISE = re.compile(
    r"favicon|service-worker|/api/workspaces/|custom\.css|/lsp/status|reading .schema.|net::ERR_ABORTED|filebrowser:open-path"
    r"|Error displaying widget|[Ww]idget model .*not found"  # ipywidgets, of a view whose kernel is gone
)
# Notebook 7 ignores expose_app_in_browser: say it in the page's own configuration before the scripts read it.
EXPOSE = """new MutationObserver((_, observer) => {
  const config = document.getElementById("jupyter-config-data");
  if (!config || !config.textContent.trim().endsWith("}")) return;
  config.textContent = config.textContent.replace('"exposeAppInBrowser": false', '"exposeAppInBrowser": true');
  observer.disconnect();
}).observe(document, {childList: true, subtree: true, characterData: true});"""
# Widgets' messages go to the kernel by a shell of their own, so code can overtake one that is not answered yet.
KERNEL_IDLE = """() => kfxPanel.sessionContext.session?.kernel?.status === "idle"
  && ![...kfxPanel.sessionContext.session.kernel._futures.values()].some(sent => sent.msg.header.msg_type === "comm_msg")"""
APP = "(window.jupyterapp || window.jupyterlab)"


class Lab:
    """A server on ``root`` and a browser: ``with Lab(folder, chromium) as lab: lab.open("nb.ipynb")``."""

    def __init__(self, root: Path, chromium: str):
        self.root, self.chromium = Path(root).resolve(), chromium
        self.page: Page | None = None
        self.name = ""  # of the notebook that is open
        self.said: list[str] = []  # errors on the console of the present page
        self.dialogs: list[str] = []  # alerts and the like that the present page opened

    def __enter__(self) -> Lab:
        with contextlib.ExitStack() as stack:
            self.home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kfx-lab-", ignore_cleanup_errors=True)))
            self._start_server(stack)
            self.browser: Browser = stack.enter_context(sync_playwright()).chromium.launch(
                executable_path=self.chromium, args=CHROMIUM_ARGS
            )
            stack.callback(self.browser.close)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    # ------------------------------------------------------------------------------------------------ server

    def _environment(self) -> dict[str, str]:
        """The server's: folders of its own, and a ``python3`` kernel that is this interpreter."""
        homes = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_PATH": "path",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "IPYTHONDIR": "ipython",
        }
        for folder in homes.values():
            (self.home / folder).mkdir()
        for plugin, value in SETTINGS.items():
            package, name = plugin.rsplit(":", 1)
            file = self.home / "settings" / package / f"{name}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(value))
        spec = self.home / "path" / "kernels" / "python3" / "kernel.json"
        spec.parent.mkdir(parents=True)
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec.write_text(json.dumps({"argv": argv, "display_name": "Python 3", "language": "python"}))
        own = {name: str(self.home / folder) for name, folder in homes.items()}
        kept = {name: value for name, value in os.environ.items() if name not in ("CI", "PYTEST_CURRENT_TEST")}
        return {**kept, **own, "JUPYTER_NO_CONFIG": "1", "PYTHONUNBUFFERED": "1"}

    def _start_server(self, stack: contextlib.ExitStack) -> None:
        self.environment, self.token, self.base = self._environment(), secrets.token_hex(16), ""
        options = [
            f"--IdentityProvider.token={self.token}",
            "--ServerApp.ip=127.0.0.1",
            "--ServerApp.port=0",
            f"--ServerApp.root_dir={self.root}",
            "--ServerApp.terminals_enabled=False",
            "--ServerApp.jpserver_extensions=notebook=True",
            "--LabApp.expose_app_in_browser=True",
            "--LabApp.extension_manager=readonly",
            "--LanguageServerManager.autodetect=False",
        ]
        log = stack.enter_context((self.home / "server.log").open("wb"))
        self.server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", *options],
            cwd=self.home,  # a stray module in the notebooks' folder must not break the server; kernels do run there
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        stack.callback(self._stop_server)
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline and self.server.poll() is None:
            for file in (self.home / "runtime").glob("jpserver-*.json"):
                with contextlib.suppress(ValueError, OSError):
                    self.base = json.loads(file.read_text())["url"].rstrip("/")
                    self.api("GET", "/api/status")
                    return
            time.sleep(0.05)
        raise RuntimeError("The server did not start:\n" + (self.home / "server.log").read_text()[-3000:])

    def _stop_server(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self.api("POST", "/api/shutdown")  # it ends its kernels
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.server.wait(10)
        if self.server.poll() is None:
            os.killpg(self.server.pid, signal.SIGKILL)
            self.server.wait(5)

    def api(self, method: str, path: str) -> Any:
        headers = {"Authorization": f"token {self.token}"}
        with urllib.request.urlopen(
            urllib.request.Request(self.base + path, method=method, headers=headers), timeout=30
        ) as answer:
            return json.loads(answer.read() or "null")

    # ------------------------------------------------------------------------------------------------ pages

    def open(self, name: str, *, app: str = "lab", kernel: str | None = "fresh", size: tuple[int, int] = (1280, 1000)) -> Page:
        """Open a notebook in a new page.

        Args:
            name: The notebook's file, in the root folder.
            app: ``"lab"`` or ``"notebook"``.
            kernel: ``"fresh"``: a new one; ``"same"``: the one that still runs; None: none at all (JupyterLab only).
            size: The window's width and height in pixels.
        """
        self.close()
        if kernel == "fresh":
            for session in self.api("GET", "/api/sessions"):
                self.api("DELETE", f"/api/sessions/{session['id']}")
        context = self.browser.new_context(viewport={"width": size[0], "height": size[1]})
        self.name, self.page, self.said, self.dialogs = name, context.new_page(), [], []
        self.page.set_default_timeout(30_000)
        self.page.on("console", lambda m: self._hear(m.type, f"{m.text} ({(m.location or {}).get('url', '')})"))
        self.page.on("pageerror", lambda e: self._hear("error", str(e)))
        self.page.on("requestfailed", lambda r: self._hear("error", f"{r.failure} ({r.url})"))
        self.page.on("dialog", self._dismiss)
        self.page.add_init_script(EXPOSE)
        space = f"/lab/workspaces/kfx{secrets.token_hex(4)}"
        path = f"/notebooks/{name}" if app == "notebook" else f"{space}/tree/{name}" if kernel else space
        self.page.goto(f"{self.base}{path}?token={self.token}", wait_until="domcontentloaded")
        self.page.wait_for_function(f"() => {APP} && {APP}.shell", timeout=60_000)
        self.page.evaluate(f"() => {APP}.restored.then(() => true)")
        if kernel is None:
            never = {"shouldStart": False, "canStart": False, "autoStartDefault": False}
            self.command("docmanager:open", {"path": name, "factory": "Notebook", "kernel": never})
        self.page.wait_for_function(
            """name => { for (const panel of (window.jupyterapp || window.jupyterlab).shell.widgets("main"))
              if (panel.context && panel.context.path === name && panel.content && panel.content.widgets) {
                window.kfxPanel = panel; return panel.context.isReady; }
              return false; }""",
            arg=name,
        )
        if app == "lab":
            self.page.evaluate(f"() => {APP}.shell.collapseLeft()")
        if kernel:
            self.page.wait_for_function(
                """() => { const session = kfxPanel.sessionContext;
                  return session.isReady && session.session?.kernel?.status === "idle"; }""",
                timeout=60_000,
            )
        return self.page

    def close(self) -> None:
        if self.page is not None:
            self.page.context.close()
            self.page = None

    def _hear(self, kind: str, text: str) -> None:
        if kind == "error" and not NOISE.search(text):
            self.said.append(text)

    def _dismiss(self, dialog: Any) -> None:
        if dialog.type != "beforeunload":
            self.dialogs.append(dialog.message)
        dialog.dismiss()

    # ------------------------------------------------------------------------------------------------ notebook

    def command(self, name: str, arguments: dict | None = None) -> None:
        self.page.evaluate(f"([name, args]) => {APP}.commands.execute(name, args).then(() => true)", [name, arguments or {}])

    def run_all(self) -> None:
        self.command("notebook:run-all-cells")
        self.wait_idle()

    def run_cell(self, index: int) -> None:
        self.page.evaluate("i => { kfxPanel.content.deselectAll(); kfxPanel.content.activeCellIndex = i; }", index)
        self.command("notebook:run-cell")
        self.wait_idle()

    def run_source(self, index: int, source: str) -> Locator:
        """Write code into the cell at ``index`` and run it; returns its output area."""
        self.page.evaluate("([i, source]) => kfxPanel.content.widgets[i].model.sharedModel.setSource(source)", [index, source])
        self.run_cell(index)
        return self.output(index)

    def wait_idle(self, settle_ms: int = 250) -> None:
        """Until no cell waits, the kernel is idle, and both still hold a moment later."""
        idle = f"""{KERNEL_IDLE}
          && !kfxPanel.content.widgets.some(cell => cell.promptNode?.textContent.includes("*"))"""
        while True:
            self.page.wait_for_function(idle, timeout=120_000)
            self.page.wait_for_timeout(settle_ms)
            if self.page.evaluate(idle):
                return

    def execute(self, code: str) -> str:
        """Run code in the notebook's kernel, outside any cell; returns what it printed.

        Waits until the kernel is idle: before that, ipywidgets holds back what the user changed in a view.
        """
        self.page.wait_for_function(KERNEL_IDLE, timeout=120_000)
        return self.page.evaluate(
            """async code => { const said = [];
              const future = kfxPanel.sessionContext.session.kernel.requestExecute({code, store_history: false});
              future.onIOPub = ({header, content}) => {
                if (header.msg_type === "stream") said.push(content.text);
                if (header.msg_type === "error") said.push(content.ename + ": " + content.evalue); };
              await future.done; return said.join(""); }""",
            code,
        )

    def save(self) -> dict:
        """Save as the user's Save does; returns the notebook that is now in the file."""
        self.page.evaluate("() => kfxPanel.context.save().then(() => true)")
        return json.loads((self.root / self.name).read_text(encoding="utf-8"))

    def output(self, index: int) -> Locator:
        """The output area of the cell at ``index``."""
        return self.page.locator(f".jp-Notebook .jp-Cell >> nth={index}").locator(".jp-Cell-outputArea")

    def faces(self, index: int) -> list[str]:
        """What a reader sees of a cell's outputs: ``"live"``, ``"static"``, or the words of anything else."""
        return self.output(index).locator(".jp-OutputArea-child").evaluate_all(FACES)

    @contextlib.contextmanager
    def dark(self) -> Iterator[None]:
        """The dark theme inside, the light one again afterwards."""
        self._use_theme("JupyterLab Dark")
        try:
            yield
        finally:
            self._use_theme("JupyterLab Light")

    def _use_theme(self, name: str) -> None:
        ground = "() => getComputedStyle(document.body).getPropertyValue('--jp-layout-color0').trim()"
        before = self.page.evaluate(ground)
        self.command("apputils:change-theme", {"theme": name})
        self.page.wait_for_function(f"before => ({ground})() !== before", arg=before)
        # JupyterLab covers the page meanwhile; a second theme within the last 0.2 s of this makes it remove the cover twice
        self.page.wait_for_function("() => !document.getElementById('jupyterlab-splash')")
        self.page.wait_for_timeout(300)  # the old theme's style sheets are still being taken away


FACES = """outputs => outputs
  .filter(output => getComputedStyle(output).display !== "none" && output.getBoundingClientRect().height > 1)
  .map(output => output.querySelector(".kfx-live") ? "live" : output.querySelector(".kfx-static") ? "static"
    : output.innerText.trim())
  .filter(Boolean)"""


def find_chromium() -> str | None:
    """A Chromium or Chrome on this machine: named by KFX_CHROMIUM, on the path, or one that playwright has installed."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
    for found in (os.environ.get("KFX_CHROMIUM"), *map(shutil.which, names)):
        if found:
            return found
    with contextlib.suppress(Exception), sync_playwright() as playwright:
        path = playwright.chromium.executable_path
        if Path(path).exists():
            return path
    return None


def write_notebook(path: Path, *cells: str) -> Path:
    """A notebook of code cells, with stable ids and no outputs."""
    book = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "cells": [
            {
                "cell_type": "code",
                "id": f"cell-{i}",
                "metadata": {},
                "execution_count": None,
                "outputs": [],
                "source": source.strip().splitlines(keepends=True),
            }
            for i, source in enumerate(cells)
        ],
    }
    path.write_text(json.dumps(book, indent=1), encoding="utf-8")
    return path
