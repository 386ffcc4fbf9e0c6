"""Every error class of kfx lives in one file, is a child of `kfx.KfxError`, and is public where a docstring promises it."""

import ast
import builtins
import inspect
import pickle
import re
from pathlib import Path

import numpy as np
import pytest

import kfx
from kfx import errors

PACKAGE = Path(kfx.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
CLASSES = [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, Exception)]


def test_every_error_is_a_child_of_the_one_a_user_can_catch():
    assert len(CLASSES) > 10
    assert all(issubclass(cls, kfx.KfxError) for cls in CLASSES)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_error_is_on_the_public_face(cls):
    assert getattr(kfx, cls.__name__) is cls
    assert cls.__name__ in kfx.__all__


def test_no_other_file_defines_an_error():
    named = {cls.__name__ for cls in CLASSES} | {"Exception", "ValueError", "TypeError", "RuntimeError", "KeyError", "OSError"}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            bases = {ast.unparse(base).rpartition(".")[2] for base in node.bases} if isinstance(node, ast.ClassDef) else set()
            assert not bases & named or path.name == "errors.py", f"{path}:{node.lineno}"


def test_no_state_is_raised_as_a_bare_error():
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            raised = ast.unparse(node.exc).partition("(")[0] if isinstance(node, ast.Raise) and node.exc else ""
            assert raised not in ("RuntimeError", "Exception"), f"{path}:{node.lineno}"


# Reasons that become a part of a sentence, and Python's own words for a missing attribute.
PARTS = {"UnknownCostError", "GraphvizError", "TraceError", "argparse.ArgumentTypeError", "AssertionError", "AttributeError"}
_REASONS = {"something that is not a layout of the graph (", "no ", "call returned "}


def test_a_message_begins_as_a_sentence_with_arguments_in_backticks():
    assert [found for path in MODULES for found in beginnings(path)] == []


@pytest.mark.parametrize(
    ("planted", "found"),
    [("the data are None", 1), ("bins is {bins}", 1), ("`bins` is 1", 0), ("The data are None", 0), ("{name!r} is a file", 0)],
)
def test_a_message_that_begins_in_another_way_is_found(tmp_path, planted, found):
    file = tmp_path / "planted.py"
    file.write_text(f"def f(bins, name):\n    raise ValueError(f{planted!r})\n", encoding="utf-8")
    assert len(list(beginnings(file))) == found


def beginnings(path):
    """Yield the messages of a file that begin with a small letter."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
            message = node.exc.args[0]
            first = message.values[0] if isinstance(message, ast.JoinedStr) else message
            text = first.value if isinstance(first, ast.Constant) else ""
            is_part = ast.unparse(node.exc.func) in PARTS or text in _REASONS or text.startswith("kfx")
            if text[:1].islower() and not is_part:
                yield f"{path.name}:{node.lineno}: {text}"


def test_every_error_that_a_docstring_names_under_raises_exists():
    known = {cls.__name__ for cls in CLASSES}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                _, _, raises = (ast.get_docstring(node) or "").partition("Raises:")
                for name in re.findall(r"^    (\w+Error):", raises, re.MULTILINE):
                    assert name in known or hasattr(builtins, name), f"{path}: {name}"


@pytest.mark.parametrize("parent", [ValueError, RuntimeError])
def test_older_except_clauses_still_catch(parent):
    caught = {cls.__name__ for cls in CLASSES if issubclass(cls, parent)}
    assert (
        caught
        == {
            ValueError: {"UnbuiltModelError", "ModelFileError", "UnknownCostError", "NotebookError"},
            RuntimeError: {"NoRunError"},
        }[parent]
    )


def test_an_error_comes_whole_out_of_another_process():
    values = {"h": np.ones(2)}
    failed = pickle.loads(pickle.dumps(errors.ExtractionError("it failed", address="h", batch=3, values=values)))
    assert (str(failed), failed.address, failed.batch, failed.values["h"].tolist()) == ("it failed", "h", 3, [1.0, 1.0])
    blocks = pickle.loads(pickle.dumps(errors.BlockError("two", (errors.Failure(0, 4, 2, "bad"),))))
    assert (str(blocks), [str(one) for one in blocks.failures]) == (
        "two",
        ["block of examples 0 to 3, first bad row: example 2: bad"],
    )
