"""Settings of an extraction on a Ray cluster. Does not import Ray."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ENGINES = ("local", "ray", "auto")
ON_ERROR = ("raise", "continue")
PRECISIONS = ("mixed_float16", "mixed_bfloat16")


@dataclass(frozen=True)
class Ray:
    """Settings of ``kfx.extract(..., engine=kfx.Ray(...))``; ``engine="ray"`` is ``Ray()``. Needs the extra ``kfx[ray]``.

    Attributes:
        address: ``"host:port"`` of a running cluster, ``"auto"`` for the one this machine belongs to, ``"ray://host:port"`` for
            a Ray client. None uses the connection that is open, else ``RAY_ADDRESS``, else starts Ray on this machine.
        workers: Number of processes; None takes as many as fit into the cluster.
        threads: Processor cores of one worker.
        gpus: GPUs of one worker, also a fraction; None takes one where the cluster has any, else none.
        batch_size: Examples in one pass. None: as for the local form, on a GPU as many as its memory holds.
        mixed_precision: True (``"mixed_float16"``) or a Keras policy such as ``"mixed_bfloat16"``.
        custom_objects: The model's own classes and functions by name, as for `keras.saving.load_model`. Classes of its layers
            and what is registered with Keras need not be named.
        on_error: ``"raise"`` stops at the first block that fails; ``"continue"`` writes all others and raises at the end.
        retries: How often another worker repeats a block whose worker was lost.

    Raises:
        ValueError: A setting is not one of those allowed.

    Example:
        >>> import kfx
        >>> kfx.Ray(address="auto", on_error="continue").workers is None
        True
    """

    address: str | None = None
    workers: int | None = None
    threads: int = 1
    gpus: float | None = None
    batch_size: int | None = None
    mixed_precision: bool | str = False
    custom_objects: Mapping[str, object] | None = field(default=None, hash=False)
    on_error: str = "raise"
    retries: int = 4

    def __post_init__(self) -> None:
        for name, least in (("workers", 1), ("threads", 1), ("batch_size", 1), ("retries", 0)):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < least):
                raise ValueError(f"`{name}` is {value!r}; expected a whole number from {least} on.")
        if self.on_error not in ON_ERROR:
            raise ValueError(f"`on_error` is {self.on_error!r}; expected {' or '.join(map(repr, ON_ERROR))}.")
        if self.precision not in (None, *PRECISIONS):
            raise ValueError(
                f"`mixed_precision` is {self.mixed_precision!r}; expected True, False or {' or '.join(map(repr, PRECISIONS))}."
            )

    @property
    def precision(self) -> str | None:
        """The Keras policy, or None."""
        return PRECISIONS[0] if self.mixed_precision is True else self.mixed_precision or None


def engine_of(given: object) -> str | Ray:
    """Return ``"local"``, ``"auto"`` or the settings of a cluster.

    Raises:
        ValueError: ``given`` is not an engine.
    """
    if given == "ray":
        return Ray()
    if isinstance(given, Ray) or (isinstance(given, str) and given in ENGINES):
        return given
    raise ValueError(f"`engine` is {given!r}; expected {', '.join(map(repr, ENGINES))} or kfx.Ray(...).")
