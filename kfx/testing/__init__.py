"""Make the outputs of notebooks, with kfx views or without, the same on every run, as strict nbval needs them.

``pytest -p kfx.testing.notebooks --nbval --nbval-current-env notebook.ipynb``; the guide is docs/testing_notebooks.md.
"""

from __future__ import annotations

from pathlib import Path

SANITIZER = Path(__file__).parent / "nbval.cfg"
"""A file for ``--nbval-sanitize-with``. It masks a drawing's bytes, which depend on the Graphviz version, and what is derived
from them; the text beside each drawing stays compared."""

KERNEL_ENVIRONMENT = {
    "KERAS_BACKEND": "tensorflow",
    "OMP_NUM_THREADS": "2",
    "PYTHONHASHSEED": "0",
    "TF_NUM_INTEROP_THREADS": "2",
    "TF_NUM_INTRAOP_THREADS": "2",
}
"""The environment for a kernel, both to run a notebook and to test it: sums of floats depend on the threads."""


def deterministic(seed: int = 0) -> None:
    """Make what Keras computes in this process the same on every run of this machine: seeds, and operations in one order.

    Args:
        seed: For Python's, NumPy's and the backend's random numbers.

    Figures still differ a little between machines, so print them rounded: three digits of a loss hold, six do not.

    Example:
        >>> import kfx.testing
        >>> kfx.testing.deterministic(7)
    """
    from kfx.keras_access.importing import import_keras

    keras = import_keras()
    keras.utils.set_random_seed(seed)
    _start_keras_numbers_again()
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()


def _start_keras_numbers_again() -> None:
    """Older versions of Keras go on with the generator of ``keras.random`` as if no seed had been set anew."""
    from kfx.keras_access.internals import global_state

    keras_globals = global_state()
    if keras_globals is not None:  # releases that have moved it start it again themselves
        keras_globals.set_global_attribute("global_seed_generator", None)
