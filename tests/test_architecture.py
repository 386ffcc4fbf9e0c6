"""The directions of the house: facts in the middle, pictures and views at the edge, no circle of files, small folders."""

import ast
import importlib.util
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "kfx"
MODULES = sorted(PACKAGE.rglob("*.py"))
MOST_FILES = 16  # scripts and style sheets counted
FACTS = ("model.facts", "model.walk", "model.labels", "model.mistakes.facts", "model.growing.facts",
         "model.compare.differences", "model.compare.union")  # fmt: skip
JOURNAL = ("training.journal", "training.monitor.diagnose")  # plain arrays of a run, no Keras
BY_STRING = {"getattr", "hasattr", "setattr", "delattr", "attrgetter", "methodcaller", "__getattribute__", "get", "pop"}
BY_NAME = {"import_module", "__import__"}
WIDGET_LIBRARIES = ("anywidget", "ipywidgets", "traitlets")

# (part of the house, what it may import of the house beside itself, and of these libraries: keras, tensorflow, anywidget,
# ipywidgets, traitlets, IPython, matplotlib, pandas). The first part that a module lies in holds for it.
LIBRARIES = {"keras", "tensorflow", "anywidget", "ipywidgets", "traitlets", "IPython", "matplotlib", "pandas"}
RULES = (
    ("errors", (), ()),
    ("text", ("errors", *FACTS), ("pandas",)),
    ("keras_access", ("errors",), ("keras", "tensorflow")),
    ("model", ("errors", "keras_access", "text"), ("keras", "tensorflow")),
    ("values", ("errors", "keras_access", "text", "model"), ("keras", "tensorflow", "pandas")),
    ("training.journal", ("errors", "text"), ("pandas",)),
    ("training", ("errors", "keras_access", "text", "model", "values"), ("keras", "tensorflow")),
    ("draw", ("errors", "text", *FACTS), ("matplotlib",)),
    ("web", ("errors", "text"), WIDGET_LIBRARIES),
    ("notebook", ("errors", "keras_access", "text", "draw", "web", *FACTS), ("IPython", "ipywidgets", "anywidget")),
    ("publish", ("errors", "text", "notebook"), ()),
    ("datasets", ("errors", "keras_access", "text"), ("keras", "tensorflow")),
    ("testing", ("errors", "keras_access", "publish", "notebook"), ("keras", "tensorflow")),
    ("exercises", ("", "errors", "keras_access", "text", "model", "values", "draw", "notebook", "datasets", "views",
                   "callbacks"), ("keras", "tensorflow")),
    ("callbacks", ("training", "views"), ()),
    ("cli", ("", "errors", "text", "keras_access", "model", "values", "training", "draw", "datasets", "publish",
             "notebook", "views"), ()),
    ("__main__", ("cli",), ()),
)  # fmt: skip
# Files of a view's folder by name: the faces import neither Keras nor traitlets; only view.py joins the rooms.
FACES = ("errors", "text", "draw", "views", *FACTS, *JOURNAL)
VIEW = ("", "errors", "keras_access", "text", "model", "values", "training", "draw", "notebook", "web", "views", "callbacks")
VIEW_RULES = {
    "text": (FACES, ()),
    "html": (FACES, ()),
    "data": (FACES, ("pandas",)),
    "columns": (FACES, ()),
    "figure": (FACES, ("matplotlib",)),
    "widget": (("errors", "text", "web", "views"), ("traitlets",)),
    "runs": (VIEW, ("keras", "tensorflow", "IPython", "pandas", "matplotlib")),
}


def name_of(path: Path, package: Path = PACKAGE) -> str:
    """``views.summary.text`` of ``kfx/views/summary/text.py``; ``draw`` of ``kfx/draw/__init__.py``."""
    parts = path.relative_to(package).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


class _Written(ast.NodeTransformer):
    """Writes a file as if it used no other names for functions and texts: ``f = getattr``, ``import … as f``, ``"a" + "b"``."""

    def __init__(self, tree: ast.Module):
        self._meant: dict[str, ast.expr] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                meant = self.visit(node.value) if isinstance(node.value, ast.BinOp) else node.value
                if isinstance(meant, ast.Constant) or getattr(meant, "id", "") in BY_STRING | BY_NAME:
                    self._meant[node.targets[0].id] = meant
            elif isinstance(node, ast.ImportFrom):
                self._meant |= {a.asname: ast.Name(a.name) for a in node.names if a.asname and a.name in BY_STRING | BY_NAME}

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._meant.get(node.id, node) if isinstance(node.ctx, ast.Load) else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        parts = [side.value for side in (node.left, node.right) if isinstance(side, ast.Constant)]
        both = isinstance(node.op, ast.Add) and len(parts) == 2 and all(isinstance(part, str) for part in parts)
        return ast.Constant("".join(parts)) if both else node


def tree_of(path: Path) -> ast.Module:
    """The code of a file, see `_Written`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return _Written(tree).visit(tree)


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """Every import in a file as ``(module, name)``, at its top, in functions, under TYPE_CHECKING and by string."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports are not used here"
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Call) and _called(node) in BY_NAME and (node.args or node.keywords):
            given = [*node.args, *(word.value for word in node.keywords)]
            module, *package = _texts(given[0].values[:1] if isinstance(given[0], ast.JoinedStr) else given) or [""]
            yield ("".join(package[:1]) if module.startswith(".") else "") + module.rstrip("."), ""


def _called(node: ast.Call) -> str:
    return getattr(node.func, "id", getattr(node.func, "attr", ""))


def house_imports(path: Path, names: set[str]) -> set[str]:
    """Modules of the house that a file imports, as `name_of` names them."""
    found = set()
    for module, name in imports(path):
        if module == "kfx" or module.startswith("kfx."):
            inner = module[4:]
            deeper = f"{inner}.{name}".strip(".")
            found.add(deeper if deeper in names else inner)
    return found


def within(module: str, part: str) -> bool:
    return module == part or (part != "" and module.startswith(f"{part}."))


def allowed(module: str) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Parts of the house and libraries that a module may import, and the part it lies in itself."""
    if within(module, "views"):
        stem = module.rsplit(".", 1)[1] if module.count(".") == 2 else ""
        kind = "widget" if stem.endswith("widget") else stem
        house, libraries = VIEW_RULES.get(kind, (VIEW, ("keras", "tensorflow", "IPython", "pandas", "matplotlib")))
        return house, libraries, "views"
    for part, house, libraries in RULES:
        if within(module, part):
            return house, libraries, part
    raise AssertionError(f"kfx/{module.replace('.', '/')}.py is in no part of the house: say in RULES what it may import")


def breaches(path: Path, package: Path = PACKAGE) -> list[str]:
    """What a file imports against the rules."""
    module, names = name_of(path, package), {name_of(file, package) for file in package.rglob("*.py")}
    house, libraries, own = allowed(module)
    bad = [
        f"{module} imports {other or 'kfx'}"
        for other in sorted(house_imports(path, names))
        if not (within(other, own) or any(within(other, part) for part in house))
    ]
    tops = {name.partition(".")[0] for name, _ in imports(path)}
    return bad + [f"{module} imports {library}" for library in sorted(tops & LIBRARIES - set(libraries))]


def circles(package: Path = PACKAGE) -> list[list[str]]:
    """Groups of files that import each other, directly or around, by whatever kind of import; the public face left out."""
    paths = {name_of(path, package): path for path in package.rglob("*.py")}
    arrows = {name: house_imports(path, set(paths)) - {name, ""} for name, path in paths.items() if name}
    reach = {name: _reachable(name, arrows) for name in arrows}
    groups = {
        frozenset(other for other in reach[name] if name in reach.get(other, ())) for name in arrows if name in reach[name]
    }
    return sorted(map(sorted, groups))


def _reachable(start: str, arrows: dict[str, set[str]]) -> set[str]:
    found, open_ends = set(), [start]
    while open_ends:
        for other in arrows.get(open_ends.pop(), ()):
            if other not in found:
                found.add(other)
                open_ends.append(other)
    return found


def full_folders(package: Path = PACKAGE) -> dict[str, int]:
    """Folders of more than `MOST_FILES` modules, scripts and style sheets."""
    files = (path for path in package.rglob("*") if path.suffix in (".py", ".js", ".css"))
    counted = Counter(path.parent.relative_to(package).as_posix() for path in files)
    return {folder: n for folder, n in counted.items() if n > MOST_FILES}


def library_privates() -> set[str]:
    """Names that begin with one underscore in the sources of Keras and of TensorFlow's eager runs and graphs."""
    found: set[str] = set()
    for library, inside in (("keras", "src"), ("tensorflow", "python/framework"), ("tensorflow", "python/eager")):
        folder = Path(importlib.util.find_spec(library).origin).parent / inside
        for path in folder.rglob("*.py"):
            found.update(re.findall(r"(?:\.|def )(_[a-z]\w*)", path.read_text(encoding="utf-8")))
    return found - {"_replace", "_asdict", "_fields", "_make"}  # public, of named tuples


PRIVATES = library_privates()
PRIVATE_MODULES = ("keras.src", "tensorflow.python")


def private_reads(path: Path) -> list[str]:
    """Private attributes and modules of Keras or TensorFlow that a file names, as code or as a string.

    An attribute of ``self``, ``cls`` or ``super()``, or one that a class of the same file defines, is the file's own.
    """
    tree = tree_of(path)
    private = PRIVATES - _defined_in_classes(tree)
    found = [module for module, name in imports(path) if _is_private(module) or _is_private(f"{module}.{name}")]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in private and not _is_own(node.value):
            found.append(node.attr)
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in PRIVATE_MODULES:
            found.append(ast.unparse(node))
        elif isinstance(node, ast.Call) and node.args:
            called = _called(node)
            of = node.args[0] if isinstance(node.func, ast.Name) else node.func
            found += _strings(node.args, of) if called in BY_STRING else []
        elif isinstance(node, ast.Subscript):
            found += _strings([node.slice], node.value) + list(filter(_is_private, _texts([node.slice])))
        elif isinstance(node, ast.Tuple):
            found += [one for one in _texts(node.elts) if one.startswith(PRIVATE_MODULES)]
    return found


def _is_private(module: str) -> bool:
    return any(within(module, one) for one in PRIVATE_MODULES)


def _defined_in_classes(tree: ast.Module) -> set[str]:
    """Names of the methods and attributes that the classes of a file define."""
    inside = [node for cls in ast.walk(tree) if isinstance(cls, ast.ClassDef) for node in ast.walk(cls)]
    attributes = [node for node in inside if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)]
    methods = {node.name for node in inside if isinstance(node, ast.FunctionDef)}
    return methods | {node.attr for node in attributes if _is_own(node.value)}


def _is_own(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return getattr(node.func, "id", "") == "super"
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def _texts(nodes: list[ast.expr]) -> list[str]:
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def _strings(nodes: list[ast.expr], of: ast.expr) -> list[str]:
    """Private names among constants, unless they are looked up in ``self``."""
    while isinstance(of, ast.Attribute) and of.attr in {"__dict__", *BY_STRING}:  # self.__dict__.get("_x")
        of = of.value
    return [] if _is_own(of) else [text for text in _texts(nodes) if text in PRIVATES]


@pytest.mark.parametrize("path", [path for path in MODULES if name_of(path)], ids=name_of)
def test_imports_point_to_the_middle(path):
    assert breaches(path) == []


@pytest.mark.parametrize("path", [path for path in MODULES if not within(name_of(path), "keras_access")], ids=name_of)
def test_only_keras_access_reads_what_is_private_in_keras_or_tensorflow(path):
    assert private_reads(path) == []


def test_no_files_import_each_other_in_a_circle():
    assert circles() == []


def test_no_folder_holds_more_files_than_one_looks_through():
    assert full_folders() == {}


@pytest.fixture
def planted(tmp_path):
    """``planted(name, source)`` writes a module into a small house of its own and returns its path and the house."""
    house = tmp_path / "kfx"

    def plant(name, source):
        path = house / f"{name.replace('.', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
        return path

    plant("views.summary.view", "")
    plant.house = house
    return plant


@pytest.mark.parametrize(
    ("name", "source", "said"),
    [
        ("model.read.x", "from kfx.views.summary.view import Summary", "model.read.x imports views.summary.view"),
        ("model.read.y", "def f():\n    from kfx.views.summary import view", "model.read.y imports views.summary.view"),
        ("draw.z", "def f():\n    import keras.layers", "draw.z imports keras"),
        ("views.summary.text", "import traitlets", "views.summary.text imports traitlets"),
        ("views.summary.widget", "import keras", "views.summary.widget imports keras"),
        ("values.a", "import_module('kfx.views.summary.view')", "values.a imports views.summary.view"),
        ("values.b", "__import__('kfx.views.summary.view')", "values.b imports views.summary.view"),
        (
            "values.c",
            "from importlib import import_module as f\nf('kfx.views.summary.view')",
            "values.c imports views.summary.view",
        ),
        ("values.d", "import_module(name='.views.summary.view', package='kfx')", "values.d imports views.summary.view"),
        ("values.e", "WHERE = 'kfx.views'\nimport_module(WHERE + '.summary.view')", "values.e imports views.summary.view"),
        ("values.f", "def f(x):\n    import_module(f'kfx.views.{x}')", "values.f imports views"),
        ("web.b", "if TYPE_CHECKING:\n    from kfx.views.summary.view import S", "web.b imports views.summary.view"),
    ],
)
def test_an_import_the_wrong_way_is_found(planted, name, source, said):
    assert breaches(planted(name, source), planted.house) == [said]


@pytest.mark.parametrize(
    "back",
    ["from kfx.model.a import x", "def f():\n    from kfx.model import a", "import_module('kfx.model.a')",
     "if TYPE_CHECKING:\n    import kfx.model.a"],
    ids=["top", "lazy", "string", "type checking"],
)  # fmt: skip
def test_a_circle_is_found(planted, back):
    planted("model.a", "from kfx.model.b import y")
    planted("model.b", back)
    assert circles(planted.house) == [["model.a", "model.b"]]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("def f(layer):\n    return layer._inbound_nodes", "_inbound_nodes"),
        ("class A:\n    def f(self):\n        return self.model._flatten_layers()", "_flatten_layers"),
        ("def f(tensor):\n    tensor._keras_mask = None", "_keras_mask"),
        ("def f(x):\n    return getattr(x, '_keras_history', None)", "_keras_history"),
        ("class A:\n    def f(self):\n        return hasattr(self.op, '_layers')", "_layers"),
        ("def f(x):\n    return vars(x)['_learning_rate']", "_learning_rate"),
        ("def f(x):\n    return x.__dict__.get('_loss_tracker')", "_loss_tracker"),
        ("from operator import attrgetter\nf = attrgetter('_losses')", "_losses"),
        ("NAME = '_losses'\ndef f(x):\n    return getattr(x, NAME)", "_losses"),
        ("def f(x):\n    return getattr(x, '_los' + 'ses')", "_losses"),
        ("read = getattr\ndef f(x):\n    return read(x, '_losses')", "_losses"),
        ("from operator import attrgetter as read\nf = read('_losses')", "_losses"),
        ("from keras import src", "keras"),
        ("def f():\n    return keras.src.backend", "keras.src"),
        ("def f():\n    return sys.modules['keras.src.models']", "keras.src.models"),
        ("def f():\n    from keras.src.backend import common", "keras.src.backend"),
        ("def f():\n    import tensorflow.python.eager.context", "tensorflow.python.eager.context"),
        ("def f():\n    return import_module('keras.src.models')", "keras.src.models"),
        ("MODEL = ('keras.src.models.model', 'Model')", "keras.src.models.model"),
    ],
)
def test_a_private_read_is_found(planted, source, name):
    assert private_reads(planted("values.a", source)) == [name]


@pytest.mark.parametrize(
    "source",
    [
        "class A:\n    def f(self):\n        return self._layers, getattr(self, '_losses', 0), super()._metrics",
        "class A:\n    def f(self):\n        return self.__dict__['_layers'], self.__dict__.get('_layers')",
        "class A:\n    def __init__(self, other):\n        self._layers = other._layers",
        "def f(edge):\n    return edge._replace(key='a'), edge.layers, '_layers' in ('layers', '_layers')",
        "'''Reads keras.src.'''\nimport keras.layers",
    ],
)
def test_what_is_a_files_own_or_public_is_not_a_private_read(planted, source):
    assert private_reads(planted("values.a", source)) == []


def test_a_full_folder_is_found(planted):
    for n in range(MOST_FILES + 1):
        planted(f"text.n{n}", "")
    assert full_folders(planted.house) == {"text": MOST_FILES + 1}


def test_no_room_is_called_utils():
    for path in MODULES:
        parts = path.relative_to(PACKAGE).parts
        assert not {"utils", "helpers", "common", "misc"} & {p.removesuffix(".py") for p in parts}


def test_a_widget_has_a_script_and_a_sheet_of_its_stem():
    widgets = [path for path in PACKAGE.glob("views/**/*.py") if "_esm = " in path.read_text(encoding="utf-8")]
    assert len(widgets) > 5
    for path in widgets:
        assert path.with_suffix(".js").exists(), f"{path.stem}.js is missing"
        assert path.with_suffix(".css").exists(), f"{path.stem}.css is missing"


def test_no_script_writes_markup_from_data():
    for path in PACKAGE.rglob("*.js"):
        source = path.read_text(encoding="utf-8")
        assert not [way for way in ("innerHTML", "insertAdjacentHTML", "document.write") if way in source], path


def test_no_module_works_at_import_or_uses_a_global():
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), f"{path} does not say its one idea"
        for node in ast.walk(tree):
            assert not isinstance(node, ast.Global), f"{path}: global"
        for node in tree.body:
            call = node.value if isinstance(node, ast.Expr) else None
            if isinstance(call, ast.Call):
                assert path.name == "__main__.py", f"{path}:{node.lineno} calls something at import"
