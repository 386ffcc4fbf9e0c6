"""Find what the behaviour of a class or function depends on besides its arguments: its code, and the globals it names."""

from __future__ import annotations

import contextlib
import sys
import sysconfig
from functools import lru_cache
from types import CodeType, FunctionType, ModuleType
from typing import Any

_MOST = 2000  # objects looked at
_LIBRARIES = ("/site-packages/", "/dist-packages/")


def code_of(made: type | FunctionType) -> list[object]:
    """Return the members of a class and its ancestors, or a function, and the globals that they name, also through others.

    Equal lists of identical objects mean the same behaviour. What a library defines counts as one object: it does not change.
    """
    found: list[object] = []
    todo: list[object] = []
    if isinstance(made, FunctionType):
        todo.append(made)
    else:
        todo += [member for base in made.__mro__ if not is_library_class(base) for member in vars(base).values()]
    seen: set[int] = set()
    while todo and len(found) < _MOST:
        one = todo.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        found.append(one)
        for part in (one, *wrapped(one)):
            if isinstance(part, FunctionType) and not is_library_function(part):
                todo += _named(part.__code__, part.__globals__)
                todo += [inner for inner in held_by(part) if isinstance(inner, FunctionType)]  # what a decorator was given
    return found


def wrapped(one: object) -> list[Any]:
    """Return the functions inside of what only wraps them: methods of classes, properties, functions of TensorFlow."""
    return [getattr(one, name) for name in ("__func__", "fget", "python_function") if hasattr(one, name)]


def held_by(function: FunctionType) -> list[Any]:
    """Return the values of the variables around a function that it uses."""
    found = []
    for cell in function.__closure__ or ():
        with contextlib.suppress(ValueError):  # a variable that has no value yet
            found.append(cell.cell_contents)
    return found


def is_library_function(function: FunctionType) -> bool:
    """Return whether a function is defined in an installed package or in Python's library."""
    return _is_library_file(function.__code__.co_filename)


def _named(code: CodeType, scope: dict[str, Any]) -> list[object]:
    """Return the globals that code names, and the attributes of modules among them."""
    names = _names(code)
    values = [scope[name] for name in names if name in scope]
    modules = [vars(x) for x in values if isinstance(x, ModuleType) and not _is_library_file(getattr(x, "__file__", "") or "")]
    return values + [module[name] for module in modules for name in names if name in module]


@lru_cache(maxsize=4096)
def _names(code: CodeType) -> tuple[str, ...]:
    inner = [name for part in code.co_consts if isinstance(part, CodeType) for name in _names(part)]
    return (*code.co_names, *inner)


def is_library_class(cls: type) -> bool:
    """Return whether a class is Python's, Keras's, TensorFlow's or of another installed package."""
    return cls.__module__.split(".")[0] in ("builtins", "keras", "tensorflow") or _is_library_file(_file_of(cls))


def _file_of(cls: type) -> str:
    code = next((member.__code__ for member in vars(cls).values() if isinstance(member, FunctionType)), None)
    return code.co_filename if code is not None else getattr(sys.modules.get(cls.__module__), "__file__", None) or ""


@lru_cache(maxsize=4096)
def _is_library_file(file: str) -> bool:
    file = file.replace("\\", "/")
    standard = sysconfig.get_paths()["stdlib"].replace("\\", "/")
    return any(part in file for part in _LIBRARIES) or file.startswith((f"{standard}/", "<frozen"))
