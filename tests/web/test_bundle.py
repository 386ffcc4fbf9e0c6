"""Joining a widget's modules into one file: each once, in order, and a clear refusal of what cannot be joined."""

import pytest

from kfx.web.bundle import script, style


@pytest.fixture
def write(tmp_path):
    """``write(**modules)`` writes modules beside each other and returns the name that `script` takes for ``widget.js``."""

    def writing(**modules):
        for name, source in modules.items():
            path = tmp_path / f"{name.replace('__', '/')}.js"
            path.parent.mkdir(exist_ok=True)
            path.write_text(source)
        return str(tmp_path / "widget.py")

    return writing


def test_modules_come_before_those_that_import_them(write):
    name = write(
        widget='import { half } from "./parts/half.js";\nexport default { render };\n',
        parts__half='import { SIZE } from "../shared.js";\nexport function half() {\n  return SIZE / 2;\n}\n',
        shared="export const SIZE = 8;\n",
    )
    expected = "const SIZE = 8;\n\nfunction half() {\n  return SIZE / 2;\n}\n\nexport default { render };\n"
    assert script(name) == expected


def test_a_module_under_two_spellings_is_joined_once(write):
    name = write(
        widget='import { SIZE } from "./shared.js";\nimport { half } from "./parts/half.js";\n',
        parts__half='import { SIZE } from "../parts/../shared.js";\nexport const half = SIZE / 2;\n',
        shared="export const SIZE = 8;\n",
    )
    assert script(name).count("const SIZE") == 1


def test_an_import_over_several_lines_is_taken_out(write):
    name = write(widget='import {\n  SIZE, WIDTH,\n} from "./shared.js";\n', shared="export const SIZE = 8, WIDTH = 2;\n")
    assert script(name) == "const SIZE = 8, WIDTH = 2;\n\n"


def test_two_modules_with_one_name_are_refused(write):
    name = write(widget='import { SIZE } from "./shared.js";\nfunction SIZE() {}\n', shared="export const SIZE = 1;\n")
    with pytest.raises(ValueError, match=r"widget.js and shared.js both define 'SIZE'; rename one of them"):
        script(name)


def test_a_missing_module_is_named_with_the_one_that_needs_it(write):
    name = write(widget='import { SIZE } from "./shard.js";\n')
    with pytest.raises(FileNotFoundError, match=r"widget.js needs .*shard.js, which does not exist"):
        script(name)


def test_modules_that_import_each_other_are_refused(write):
    name = write(
        widget='import { a } from "./one.js";\n',
        one='import { b } from "./two.js";\nexport const a = 1;\n',
        two='import { a } from "./one.js";\nexport const b = 1;\n',
    )
    with pytest.raises(ValueError, match=r"in a circle: one.js -> two.js -> one.js"):
        script(name)


@pytest.mark.parametrize(
    "line",
    [
        "import shared from './shared.js';",
        'import * as shared from "./shared.js";',
        'import { SIZE } from "kfx/shared.js";',
        'import { SIZE as size } from "./shared.js";',
        'import "./shared.js";',
        'export { SIZE } from "./shared.js";',
        'export * from "./shared.js";',
        "export default function render() {}",
    ],
)
def test_another_form_of_import_or_export_is_refused(write, line):
    name = write(widget=f"{line}\n", shared="export const SIZE = 1;\n")
    with pytest.raises(ValueError, match=r"widget.js holds `(import|export) .*`; expected imports as in"):
        script(name)


def test_style_sheets_come_in_order(tmp_path):
    (tmp_path / "widget.css").write_text(".kfx-own {}\n")
    (tmp_path / "other.css").write_text(".kfx-other {}\n")
    text = style(str(tmp_path / "widget.py"), "other.css")
    assert text.index("--kfx-accent:") < text.index(".kfx-other") < text.index(".kfx-own")
