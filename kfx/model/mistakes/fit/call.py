"""Write the user's call of ``fit`` again with some of its arguments changed."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property

from kfx.model.mistakes.fit.failed import FailedFit

_ORDER = {
    "fit": ("x", "y", "batch_size", "epochs", "verbose", "callbacks", "validation_split", "validation_data"),
    "evaluate": ("x", "y", "batch_size", "verbose", "sample_weight", "steps", "callbacks"),
    "predict": ("x", "batch_size", "verbose", "steps", "callbacks"),
    "train_on_batch": ("x", "y", "sample_weight", "class_weight"),
    "test_on_batch": ("x", "y", "sample_weight"),
    "predict_on_batch": ("x",),
    "compile": ("optimizer", "loss", "loss_weights", "metrics", "weighted_metrics"),
}
_LONGEST = 300  # characters of a call that is written again


@dataclass(frozen=True)
class Written:
    """The call as the user wrote it, or as it could be written where its source is not available.

    Attributes:
        failed: The call.
    """

    failed: FailedFit

    @cached_property
    def _call(self) -> ast.Call | None:
        """The call's syntax tree, if the source is the call itself."""
        code = self.failed.code.strip()
        if not code or len(code) > _LONGEST:
            return None
        try:
            call = ast.parse(code, mode="eval").body
        except (SyntaxError, ValueError):
            return None
        name = getattr(call.func, "attr", getattr(call.func, "id", "")) if isinstance(call, ast.Call) else ""
        if not isinstance(call, ast.Call) or name != self.failed.method:
            return None
        spread = any(isinstance(one, ast.Starred) for one in call.args) or any(k.arg is None for k in call.keywords)
        return None if spread else call

    @cached_property
    def arguments(self) -> dict[str, ast.expr | None]:
        """The argument's code by its name; None for one that has none."""
        if self._call is None:
            return dict.fromkeys(self.failed.arguments)
        skipped = 1 if self.failed.through_kfx else 0
        named = dict(zip(_ORDER[self.failed.method], self._call.args[skipped:], strict=False))
        return {**named, **{str(k.arg): k.value for k in self._call.keywords if k.arg != "model"}}

    @property
    def model(self) -> str:
        """Code for the model."""
        if self._call is not None and isinstance(self._call.func, ast.Attribute) and not self.failed.through_kfx:
            return ast.unparse(self._call.func.value)
        return next((name for name, value in self.failed.scope.items() if value is self.failed.model), "model")

    def source(self, name: str) -> str:
        """Return code for an argument: as it was written, or the variable that holds it, or its name."""
        node = self.arguments.get(name)
        if node is not None:
            return ast.unparse(node)
        value = self.failed.arguments.get(name)
        return next((n for n, held in self.failed.scope.items() if value is not None and held is value), name)

    def parts(self, name: str) -> list[str] | None:
        """Return code for each item of an argument that is written as a list or tuple; None for any other."""
        node = self.arguments.get(name)
        return [ast.unparse(one) for one in node.elts] if isinstance(node, ast.List | ast.Tuple) else None

    def again(self, without: tuple[str, ...] = (), /, **changed: str) -> str:
        """Return the whole call with some arguments changed, added or left out."""
        method, skipped = self.failed.method, 1 if self.failed.through_kfx else 0
        written = {name: self.source(name) for name in self.arguments if name not in without} | changed
        head = f"kfx.fit({self.model}" if skipped else f"{self.model}.{method}("
        order, in_order, shown = _ORDER[method], True, [] if not skipped else [""]
        for place, name in enumerate(order):
            in_order = in_order and name in written
            if in_order and (place < 2 or not isinstance(self._keyword(name), ast.keyword)):
                shown.append(written.pop(name))
            else:
                break
        shown += [f"{name}={code}" for name, code in written.items()]
        return f"{head}{', '.join(shown)})"

    def _keyword(self, name: str) -> ast.keyword | None:
        """Return an argument that the user wrote with its name; an empty one where nothing was written."""
        if self._call is None:
            return ast.keyword(arg=name, value=ast.Constant(None))
        found = next((k for k in self._call.keywords if k.arg == name), None)
        at = _ORDER[self.failed.method].index(name) + (1 if self.failed.through_kfx else 0)
        return found if found is not None or at < len(self._call.args) else ast.keyword(arg=name, value=ast.Constant(None))
