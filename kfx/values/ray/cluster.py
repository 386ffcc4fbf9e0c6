"""Connect to a Ray cluster: fail in seconds when nothing answers, keep Ray quiet, and close what was opened here."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import re
import socket
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from kfx.errors import EngineError
from kfx.keras_access.importing import silenced_stderr
from kfx.values.ray.settings import Ray
from kfx.values.tap.failure import sentence

ANSWERS_WITHIN_S = 5.0
QUIET = {"RAY_BACKEND_LOG_LEVEL": "fatal", "RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}


def installed() -> bool:
    """Return whether the extra ``kfx[ray]`` is installed, without importing it."""
    return importlib.util.find_spec("ray") is not None and importlib.util.find_spec("pyarrow") is not None


def import_ray() -> ModuleType:
    """Import ``ray`` with ``ray.data``.

    Raises:
        EngineError: It is not installed.
    """
    if not installed():
        raise EngineError(
            "`engine='ray'` needs Ray Data, which is not installed here. In a clone of kfx: pip install '.[ray]'. "
            "Without it, engine='local' gives the same folder."
        )
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    with silenced_stderr():
        import ray
        import ray.data
    return ray


@contextlib.contextmanager
def connected(engine: Ray) -> Iterator[ModuleType]:
    """Use the open connection inside the block, or a new one that is closed afterwards.

    Raises:
        EngineError: Nothing answers at the address, or not a cluster that this machine can use.
    """
    ray = import_ray()
    if ray.is_initialized():
        yield ray
        return
    address = engine.address or os.environ.get("RAY_ADDRESS") or None
    _require_answer(address)
    try:
        with silenced_stderr():
            local = {"include_dashboard": False} if address in (None, "local") else {}
            ray.init(address=address or "local", log_to_driver=False, logging_level=logging.ERROR, **local)
    except Exception as error:  # what Ray raises here changes with its releases
        where = "start Ray on this machine" if address is None else f"join the Ray cluster at {address!r}"
        gist = sentence(" ".join(str(error).split())[:300] or type(error).__name__)
        raise EngineError(
            f"Cannot {where}: {gist} Start one with 'ray start --head', or use engine='local', which needs none."
        ) from error
    try:
        yield ray
    finally:
        with silenced_stderr():
            ray.shutdown()


def _require_answer(address: str | None) -> None:
    """Refuse an address where nothing listens, before Ray spends minutes on retries."""
    if address in (None, "auto", "local"):
        return
    found = re.fullmatch(r"(?:ray://)?(\[[^\]]+\]|[^:/\s]+):(\d{1,5})", address)
    if not found or not 0 < int(found[2]) < 65536:
        raise EngineError(f"`address` is {address!r}; expected 'host:port', 'ray://host:port' or 'auto'.")
    try:
        is_grpc = _answers_http2(found[1].strip("[]"), int(found[2]))
    except OSError as error:
        raise EngineError(
            f"Nothing answers at {address!r} ({error.strerror or error}). Is the cluster up ('ray status' on its head), is the "
            "port right (6379 by default) and open to this machine?"
        ) from error
    if not is_grpc:
        raise EngineError(
            f"The server at {address!r} is not a Ray cluster. Give the address that 'ray start --head' printed; its port is "
            "6379 by default (8265 is that of the dashboard)."
        )


def _answers_http2(host: str, port: int) -> bool:
    """Return whether a server answers as Ray's do (gRPC over HTTP/2): its first frame is SETTINGS (RFC 9113, 3.4)."""
    with socket.create_connection((host, port), timeout=ANSWERS_WITHIN_S) as connection:
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0")
        try:
            with connection.makefile("rb") as answer:
                return answer.read(4)[3:] == b"\4"
        except OSError:  # connected, but silent, or closed by the server
            return False


@contextlib.contextmanager
def quiet_data(ray: ModuleType, data: Any = None) -> Iterator[None]:
    """Run Ray Data in order and without its own bars, logs and warnings; the user's settings are restored afterwards.

    Args:
        data: A `ray.data.Dataset` runs under the settings of the moment in which it was made, not under the current
            ones, and without order it mixes the rows of its files as they arrive.
    """
    contexts = [ray.data.DataContext.get_current()]
    if type(data).__module__.startswith("ray.data"):
        contexts.append(data.context)
    ours = {"enable_progress_bars": False, "print_on_execution_start": False, "warn_on_driver_memory_usage_bytes": None}
    changes = [(context, name, value) for context in contexts for name, value in ours.items() if hasattr(context, name)]
    changes += [(context.execution_options, "preserve_order", True) for context in contexts[1:]]
    with contextlib.ExitStack() as restored, warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"ray\.|kfx\.values\.ray\.")  # Ray's later releases rename arguments
        for owner, name, value in changes:
            restored.callback(setattr, owner, name, getattr(owner, name))
            setattr(owner, name, value)
        for logger in map(logging.getLogger, ("ray.data", "ray.util.state", "ray")):
            restored.callback(logger.setLevel, logger.level)
            logger.setLevel(logging.CRITICAL)
        yield


def fit_workers(ray: ModuleType, engine: Ray, *, reads: bool) -> tuple[int, float, float]:
    """Return the number of workers, and the processors and GPUs that Ray reserves for each.

    Args:
        reads: Whether Ray Data reads the data in tasks of its own, which then need a processor on every node.
    """
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    cores = [int(node.get("CPU", 0)) for node in nodes]
    graphics = sum(node.get("GPU", 0) for node in nodes)
    gpus = engine.gpus if engine.gpus is not None else float(graphics > 0)
    if gpus and not graphics:
        raise EngineError(f"`gpus` is {gpus:g}; the cluster has none. Leave it out to compute on processors.")
    fitting = sum(int(node.get("GPU", 0) / gpus) for node in nodes) if gpus else sum(n // engine.threads for n in cores)
    if not fitting and engine.workers is None:
        raise EngineError(
            f"`threads` is {engine.threads}; no node of the cluster has so many processors, the largest has "
            f"{max(cores, default=0)}."
        )
    workers = engine.workers or fitting
    if workers > fitting and not gpus:
        return workers, 0.0, 0.0  # more than fit, as the user wishes: they share
    least = min((n for n in cores if n), default=1)
    share = engine.threads * (least - 1) / least if reads else float(engine.threads)
    return workers, share, gpus
