"""The command ``kfx``: which commands there are, and what becomes of their errors."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from importlib import import_module

import argcomplete

import kfx
from kfx.cli.terminal import say
from kfx.errors import KfxError
from kfx.text.untrusted import cut

# name -> (module with ``add_arguments(parser)`` and ``run(arguments) -> exit code``, one line of help).
# The modules import nothing heavy before ``run``.
COMMANDS = {
    "lab": ("kfx.cli.lab", "copy the tutorials to a folder of yours and open JupyterLab on the first"),
    "show": ("kfx.cli.show", "print or write the summary and the graph of a saved model"),
    "diff": ("kfx.cli.diff", "compare two saved models; exits 0 when equal, 1 when not, 3 when not all could be compared"),
    "extract": ("kfx.cli.extract", "write the values inside a saved model for a data set to a folder"),
    "freeze": ("kfx.cli.freeze", "make notebooks safe to publish: live views become what they showed"),
}
TASKS = {
    "to start": ("lab",),
    "to look at a saved model": ("show", "diff"),
    "to compute with a saved model": ("extract",),
    "to publish notebooks": ("freeze",),
}

_EPILOG = """more on a command: kfx COMMAND --help
completion by Tab, in bash and zsh: eval "$(register-python-argcomplete kfx)"; in fish, PowerShell: its --help"""

USER_ERRORS = (KfxError, ValueError, TypeError, OSError)
DONE, FAILED, INTERRUPTED, NOBODY_READS = 0, 2, 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: The words after ``kfx``; those of the command line by default.

    Returns:
        0 when done; 2 after an error, which is one line on the error stream (all of it with ``--debug``); 130 when interrupted;
        141 when nobody reads the output any more, as in ``kfx show model.keras | head``.
    """
    words = parser()
    if "_ARGCOMPLETE" in os.environ:  # set by a shell that asks what could come next
        argcomplete.autocomplete(words)
    arguments = words.parse_args(argv)
    try:
        code = arguments.run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        _let_python_exit_in_silence()
        return NOBODY_READS
    except KeyboardInterrupt:
        say("kfx: interrupted", sys.stderr)
        return INTERRUPTED
    except Exception as error:
        if arguments.debug:
            raise
        say(f"kfx: {_one_line(error)}", sys.stderr)
        return FAILED
    return code


def parser() -> argparse.ArgumentParser:
    """The grammar of the whole command line, made from `COMMANDS`."""
    top = argparse.ArgumentParser(
        prog="kfx",
        usage="kfx [-h] [--version] COMMAND ...",
        description="See Keras models.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"kfx {kfx.__version__}")
    commands = top.add_subparsers(
        title="commands", metavar="COMMAND", required=True, prog="kfx", description=_by_task(), help=argparse.SUPPRESS
    )
    for name, (module, _) in COMMANDS.items():
        command = import_module(module)
        sub = commands.add_parser(name, description=command.__doc__, formatter_class=argparse.RawTextHelpFormatter)
        command.add_arguments(sub)
        sub.add_argument("--debug", action="store_true", help="on an error, show where it happened")
        sub.set_defaults(run=command.run)
    return top


def _by_task() -> str:
    """Return the commands with their lines of help, under what one wants to do."""
    other = tuple(name for name in COMMANDS if not any(name in names for names in TASKS.values()))
    tasks = {**TASKS, **({"more": other} if other else {})}
    return "\n".join(
        line
        for task, names in tasks.items()
        for line in (f"{task}:", *(f"  {name:<9} {COMMANDS[name][1]}" for name in names if name in COMMANDS))
    )


def _one_line(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        words = f"{error.strerror}: {error.filename!r}" if error.filename is not None else error.strerror
    else:
        words = " ".join(str(error).split()) or type(error).__name__
    if not isinstance(error, USER_ERRORS):
        words = f"{type(error).__name__}: {words} (kfx did not expect this; --debug shows where it happened)"
    return cut(words, 1000)


def _let_python_exit_in_silence() -> None:
    """Python flushes stdout once more at exit and would complain about the closed pipe."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
