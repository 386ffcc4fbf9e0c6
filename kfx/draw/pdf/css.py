"""Find the style of each element of a drawing in a file: rules with classes, attributes, and what a parent hands down."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree.ElementTree import Element

_INHERITED = {"fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "stroke-linecap", "font-size",
              "font-weight", "text-anchor", "paint-order"}  # fmt: skip
_TAKEN = _INHERITED | {"opacity", "display"}
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_FONT = re.compile(r"(?:(\d+|bold) )?([\d.]+)px")
Style = dict[str, str]


class StyleSheet:
    """The rules of a style sheet whose selectors are tags and classes, one inside the other: ``.kn.err .b``."""

    def __init__(self, text: str):
        self._rules: list[tuple[tuple[int, int, int], list[set[str]], Style]] = []
        for selectors, body in _RULE.findall(text):
            if "@" not in selectors:
                for one in selectors.split(","):
                    parts = [set(re.findall(r"\.?[\w-]+", part)) for part in one.split()]
                    classes = sum(name.startswith(".") for part in parts for name in part)
                    weight = (classes, sum(map(len, parts)) - classes, len(self._rules))
                    self._rules.append((weight, parts, _declared(body)))
        self._rules.sort(key=lambda rule: rule[0])

    def style(self, element: Element, around: list[set[str]], inherited: Mapping[str, str]) -> Style:
        """Return the style of an element.

        Args:
            element: With its attributes.
            around: Tag and classes of each element around it and of itself, outermost first, see `names`.
            inherited: The style of its parent.
        """
        found = {name: value for name, value in inherited.items() if name in _INHERITED}
        found |= {name: value for name, value in element.attrib.items() if name in _TAKEN}
        for _, parts, declared in self._rules:
            if parts[-1] <= around[-1] and _nested(parts[:-1], around[:-1]):
                found |= declared
        return found | _declared(element.get("style", ""))


def names(element: Element) -> set[str]:
    """Return an element's tag, and its classes with a dot."""
    return {element.tag.rpartition("}")[2], *(f".{name}" for name in element.get("class", "").split())}


def _nested(parts: list[set[str]], around: list[set[str]]) -> bool:
    outer = iter(around)
    return all(any(part <= place for place in outer) for part in parts)


def _declared(body: str) -> Style:
    found: Style = {}
    for declaration in filter(None, map(str.strip, body.split(";"))):
        name, _, value = declaration.partition(":")
        if name == "font":
            weight, size = (_FONT.search(value) or re.compile("()()").match("")).groups()  # type: ignore[union-attr]
            found |= {"font-size": size, **({"font-weight": weight} if weight else {})}
        elif name.strip() in _TAKEN:
            found[name.strip()] = value.strip()
    return found
