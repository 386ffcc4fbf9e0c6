"""Pass messages for widgets to Python while the main thread runs a cell, in each version of ipykernel."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from kfx.notebook.namespace import shell
from kfx.web.widget import KfxWidget

# What was measured, by ipykernel:
#   7.4 and later  a comm remembers from which (sub)shell it last sent and replies are routed there: a widget that the main
#                  thread updates gets its clicks only after the cell. Its hook `_reply_subshell_for` sends them to a subshell.
#   7.0 – 7.3      front ends that use subshells (JupyterLab >= 4.4, Notebook >= 7.4) do it by themselves; others do not.
#   6              one thread does all: the kernel's own loop is entered again, briefly, and serves comm messages only.
# Which of these holds is found out by looking for the parts, never by a version number.

_SERVED = {"comm_open", "comm_msg", "comm_close", "comm_info_request"}
_log = logging.getLogger("kfx")


@contextlib.contextmanager
def served_while_busy(*widgets: KfxWidget, interval: float = 0.05) -> Iterator[Callable[[], None]]:
    """Inside, clicks on these widgets reach their handlers although this thread computes.

    Enter it before the widgets are displayed. Handlers may run in another thread: they must only put things down.

    Args:
        widgets: Those to be served. Every other kfx widget is served as well: an inspector may be used while a run is paused.
        interval: Least seconds between two looks into the queue of an ipykernel 6.

    Yields:
        A function without arguments to be called often from this thread; it is cheap, and does nothing where nothing is needed.
    """
    kernel = _kernel()
    routed: list[Any] = []
    poll: Callable[[], None] = _nothing
    if kernel is not None and threading.current_thread() is threading.main_thread():
        try:
            if getattr(kernel, "shell_channel_thread", None) is not None:
                routed = _routed(kernel.shell_channel_thread, [*widgets, *_all_widgets()])
            elif hasattr(kernel, "msg_queue"):
                poll = _reentrant(kernel, interval)
        except Exception:
            _log.debug("Controls are not served while a cell runs:", exc_info=True)
    try:
        yield poll
    finally:
        for comm in routed:
            with contextlib.suppress(AttributeError):
                del comm._reply_subshell_for


def _nothing() -> None:
    pass


def _kernel() -> Any:
    return getattr(shell(), "kernel", None)


def _all_widgets() -> list[KfxWidget]:
    from ipywidgets import widget

    known = getattr(widget, "_instances", None) or getattr(widget.Widget, "widgets", {})
    return [w for w in list(known.values()) if isinstance(w, KfxWidget)]


def _routed(thread: Any, widgets: list[KfxWidget]) -> list[Any]:
    """Send the messages of these widgets to a subshell: the front end's own, or one that the kernel makes."""
    ours: list[str] = []

    def route(data: object, default: str | None) -> str | None:  # called in the shell channel's thread
        if default is not None:
            return default
        if not ours or ours[0] not in thread.manager.list_subshell():
            ours[:] = [thread.manager._create_subshell()]
        return ours[0]

    comms = {id(w.comm): w.comm for w in widgets if getattr(w, "comm", None) is not None}
    able = [comm for comm in comms.values() if hasattr(comm, "_reply_subshell_for")]
    for comm in able:
        comm._reply_subshell_for = route
    return able


def _reentrant(kernel: Any, interval: float) -> Callable[[], None]:
    """A function that lets the kernel's own loop run for a moment and serves comm messages; all else waits for its turn."""
    import nest_asyncio  # comes with ipykernel 6

    loop = asyncio.get_event_loop()
    nest_asyncio.apply(loop)
    last = 0.0

    async def drain() -> None:
        for _ in range(8):
            await asyncio.sleep(0)
        held = []
        while not kernel.msg_queue.empty():
            item = kernel.msg_queue.get_nowait()
            dispatch, args = item[-2:]
            if _kind(kernel, args) in _SERVED:
                ident, parent = kernel._parent_ident.get("shell"), kernel.get_parent()
                await dispatch(*args)
                kernel.set_parent(ident, parent)
            else:
                held.append(item)
        for item in held:
            kernel.msg_queue.put_nowait(item)

    def poll() -> None:
        nonlocal last
        now = time.perf_counter()
        if now - last >= interval:
            last = now
            loop.run_until_complete(drain())

    return poll


def _kind(kernel: Any, args: tuple[Any, ...]) -> str | None:
    try:
        _, message = kernel.session.feed_identities(args[0], copy=False)
        return kernel.session.unpack(message[1].bytes)["msg_type"]
    except Exception:  # not a message of a known form: it waits for its turn
        return None
