"""``kfx show`` prints or writes a saved model, executes nothing of it, and says in one line what is wrong with a file."""

import csv
import json
import os
import re
import subprocess
import sys
import time
import zipfile
from xml.etree import ElementTree

import pytest

from kfx.cli import main as cli


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def saved(keras, folder):
    """``pixels -> first -> (inner: half) -> scores``, 20 + 10 + 30 = 60 parameters, as .keras, .h5 and .hdf5."""
    layers = keras.layers
    half_in = keras.Input((4,))
    inner = keras.Model(half_in, layers.Dense(2, name="half")(half_in), name="inner")
    pixels = keras.Input((4,), name="pixels")
    x = inner(layers.Dense(4, activation="relu", name="first")(pixels))
    model = keras.Model(pixels, layers.Dense(10, name="scores")(x), name="small")
    assert model.count_params() == 60
    for suffix in ("keras", "h5", "hdf5"):
        model.save(folder / f"small.{suffix}")
    return folder / "small.keras"


@pytest.fixture(scope="module")
def harmful(keras, folder):
    """A model whose Lambda writes a file when it runs, and which no safe loader loads."""
    mark = folder / "harm_was_done"
    source = keras.Input((4,), name="source")
    model = keras.Model(source, keras.layers.Lambda(lambda t: t * 2, name="trap", output_shape=(4,))(source), name="trapped")
    path = folder / "harmful.keras"
    model.save(path)
    rewrite(
        path, lambda config: config["config"]["layers"][1]["config"]["function"]["config"].update(code=code_that_writes(mark))
    )
    return path, mark


def code_that_writes(mark):
    import base64
    import marshal

    code = compile(f"lambda t: open({str(mark)!r}, 'w').close() or t", "<trap>", "eval").co_consts[0]
    return base64.b64encode(marshal.dumps(code)).decode()


def rewrite(path, change):
    """Change the configuration inside a .keras file."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    change(config)
    members["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def shell(*words, **variables):
    command = [sys.executable, "-m", "kfx", *map(str, words)]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", **variables}
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environment, timeout=120, check=False)


def refused(path, capsys):
    """The one line that ``kfx show`` says of a file it cannot show."""
    assert cli.main(["show", str(path)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("kfx: ")
    assert err.count("\n") == 1
    assert len(err) < 1100
    return err


# ------------------------------------------------------------------------------------------------ what is shown


def test_shell_prints_summary_and_graph_and_no_chatter(saved):
    result = shell("show", saved)
    assert result.returncode == 0
    assert result.stderr == ""
    assert all(name in result.stdout for name in ("small", "pixels", "first", "inner", "scores"))
    assert "60 parameters" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 100
    assert "TensorFlow" not in result.stdout


@pytest.mark.parametrize("suffix", ["h5", "hdf5"])
def test_legacy_file_shows_the_same(saved, suffix, capsys):
    cli.main(["show", str(saved)])
    new = capsys.readouterr().out
    assert cli.main(["show", str(saved.with_suffix(f".{suffix}"))]) == 0
    assert capsys.readouterr().out == new


def test_what_is_shown_is_what_the_loaded_model_says(saved, keras, capsys):
    import kfx

    cli.main(["show", str(saved)])
    model = keras.saving.load_model(saved)
    assert capsys.readouterr().out == f"{kfx.summary(model, line_length=100)}\n\n{kfx.plot_model(model)}\n"


def test_nested_layers_on_request(saved, capsys):
    cli.main(["show", str(saved)])
    table = capsys.readouterr().out.split("\n\n")[0]
    assert "half" not in table
    cli.main(["show", str(saved), "--expand-nested"])
    assert "half" in capsys.readouterr().out.split("\n\n")[0]


def test_width_is_the_users(saved, capsys):
    cli.main(["show", str(saved), "--line-length", "60"])
    assert max(map(len, capsys.readouterr().out.split("\n\n")[0].splitlines())) == 60


# ------------------------------------------------------------------------------------------------ what is written


@pytest.fixture
def written(saved, tmp_path, capsys):
    def write(name, *options):
        path = tmp_path / name
        assert cli.main(["show", str(saved), "-o", str(path), *options]) == 0
        assert capsys.readouterr().out == f"Wrote {path}\n"
        return path.read_bytes()

    return write


def test_html_holds_graph_and_summary_and_no_script(written):
    page = written("out.html").decode()
    assert page.startswith("<!doctype html>")
    assert "<script" not in page
    assert "<img" in page
    assert "scores" in re.sub(r"<img[^>]*>", "", page)


def test_svg_is_well_formed_and_names_the_layers(written):
    text = "".join(ElementTree.fromstring(written("out.SVG")).itertext())
    assert all(name in text for name in ("pixels", "first", "inner", "scores"))


@pytest.mark.parametrize(("name", "start"), [("out.png", b"\x89PNG"), ("out.pdf", b"%PDF"), ("out.dot", b"digraph")])
def test_graph_is_written_in_every_form(written, name, start):
    assert written(name).startswith(start)


def test_dpi_scales_a_png(written):
    assert len(written("fine.png", "--dpi", "300")) > len(written("coarse.png", "--dpi", "50"))


def test_text_file_holds_what_would_be_printed(written, saved, capsys):
    text = written("out.txt").decode()
    cli.main(["show", str(saved)])
    assert capsys.readouterr().out.rstrip("\n") == text.rstrip("\n")


def test_table_forms_add_up(written):
    rows = list(csv.DictReader(written("out.csv").decode().splitlines()))
    column = next(name for name in rows[0] if name.lower().startswith("param"))
    assert sum(int(row[column] or 0) for row in rows) == 60
    assert written("out.md").decode().count("\n|") >= 4
    assert json.loads(written("out.json"))


def test_unknown_form_is_refused_before_the_file_is_read(tmp_path, capsys):
    with pytest.raises(SystemExit, match="2"):
        cli.main(["show", "nowhere.keras", "-o", str(tmp_path / "out.docx")])
    assert "ends in none of .html, .txt, .svg" in capsys.readouterr().err


def test_missing_folder_is_one_clear_line(saved, tmp_path, capsys):
    assert cli.main(["show", str(saved), "-o", str(tmp_path / "nowhere" / "out.svg")]) == 2
    err = capsys.readouterr().err
    assert "there is no folder" in err
    assert err.count("\n") == 1


# ------------------------------------------------------------------------------------------------ what is executed: nothing


def test_code_in_the_file_does_not_run(harmful, capsys):
    path, mark = harmful
    assert cli.main(["show", str(path)]) == 0
    out = capsys.readouterr().out
    assert "trap" in out
    assert "Lambda" in out
    assert not mark.exists()


def test_the_trap_would_have_sprung(harmful, keras):
    import numpy as np

    path, mark = harmful
    keras.saving.load_model(path, safe_mode=False)(np.zeros((1, 4)))
    assert mark.exists()
    mark.unlink()


def test_model_with_unknown_classes_is_shown_with_a_sentence(saved, tmp_path, capsys):
    path = tmp_path / "custom.keras"
    path.write_bytes(saved.read_bytes())

    def change(config):
        layer = next(part for part in config["config"]["layers"] if part["config"]["name"] == "first")
        layer.update(class_name="Mystery", module="nobody.knows", registered_name="nobody>Mystery")

    rewrite(path, change)
    assert cli.main(["show", str(path)]) == 0
    out = capsys.readouterr().out
    assert "Mystery" in out
    assert "scores" in out
    assert "configuration" in out


def test_module_named_in_the_file_is_not_imported(saved, tmp_path, monkeypatch, capsys):
    (tmp_path / "trap_module.py").write_text(f"open({str(tmp_path / 'imported')!r}, 'w')", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    path = tmp_path / "model.keras"
    path.write_bytes(saved.read_bytes())
    rewrite(
        path, lambda config: config["config"]["layers"][1].update(module="trap_module", class_name="Trap", registered_name=None)
    )
    cli.main(["show", str(path)])
    assert not (tmp_path / "imported").exists()


@pytest.mark.parametrize(("version", "loads"), [("3.8.0", False), ("3.11.2", False), ("3.11.3", True), ("3.12.0.dev2", True)])
def test_keras_whose_safe_mode_is_not_safe_loads_nothing(saved, keras, monkeypatch, capsys, version, loads):
    loaded = []
    monkeypatch.setattr(keras, "__version__", version)
    monkeypatch.setattr(keras.saving, "load_model", lambda *words, **options: loaded.append(options) or 1 / 0)
    assert cli.main(["show", str(saved)]) == 0
    assert loaded == ([{"compile": False, "safe_mode": True}] if loads else [])
    out = " ".join(capsys.readouterr().out.split())
    assert "60 parameters" in out
    assert (f"Keras {version} may run code of a file" in out) is not loads


# ------------------------------------------------------------------------------------------------ what is refused


def test_missing_file(tmp_path, capsys):
    assert "There is no file" in refused(tmp_path / "nothing.keras", capsys)


def test_folder(tmp_path, capsys):
    assert "is a folder" in refused(tmp_path, capsys)


@pytest.mark.parametrize("suffix", ["keras", "h5", "hdf5", "pt", "onnx", ""])
@pytest.mark.parametrize(
    "content", [b"", b"hello", b"PK\x03\x04 cut off", b"\x89HDF\r\n\x1a\n cut off"], ids=["empty", "text", "zip", "hdf"]
)
def test_file_that_is_no_model(tmp_path, capsys, suffix, content):
    path = tmp_path / f"model.{suffix}".rstrip(".")
    path.write_bytes(content)
    assert path.name in refused(path, capsys)


@pytest.mark.parametrize("keep", [0.2, 0.6, 0.98])
def test_truncated_file(saved, tmp_path, capsys, keep):
    content = saved.read_bytes()
    path = tmp_path / "half.keras"
    path.write_bytes(content[: int(len(content) * keep)])
    assert "half.keras" in refused(path, capsys)


def test_other_archive(tmp_path, capsys):
    path = tmp_path / "book.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("chapter1.txt", "It was")
    assert "book.keras" in refused(path, capsys)


@pytest.mark.parametrize(
    "config", ["", "[]", "{}", "null", "3", '{"class_name": 5}', "[" * 100_000, '{"a": ' * 100_000, "\ufeff{"]
)
def test_senseless_configuration(tmp_path, capsys, config):
    path = tmp_path / "odd.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", config)
        archive.writestr("metadata.json", "{}")
    assert "odd.keras" in refused(path, capsys)


def test_archive_that_unpacks_to_gigabytes_is_refused_at_once(tmp_path, capsys):
    path = tmp_path / "bomb.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("config.json", "w") as member:
        for _ in range(1024):
            member.write(b" " * 2**20)
    started = time.monotonic()
    assert "bomb.keras" in refused(path, capsys)
    assert time.monotonic() - started < 10


def test_debug_shows_the_whole_error(tmp_path):
    path = tmp_path / "model.keras"
    path.write_bytes(b"hello")
    result = shell("show", path, "--debug")
    assert result.returncode != 0
    assert "Traceback" in result.stderr


# ------------------------------------------------------------------------------------------------ names from strangers


def test_hostile_layer_name_is_printed_and_written_as_text(saved, tmp_path, hostile_name, capsys):
    path = tmp_path / "hostile.keras"
    path.write_bytes(saved.read_bytes())

    def change(config):
        layer = next(part for part in config["config"]["layers"] if part["config"]["name"] == "first")
        layer["config"]["name"] = layer["name"] = hostile_name

        def renamed(part):
            if isinstance(part, dict):
                return {key: renamed(value) for key, value in part.items()}
            return [hostile_name if value == "first" else renamed(value) for value in part] if isinstance(part, list) else part

        config["config"] = renamed(config["config"])

    rewrite(path, change)
    assert cli.main(["show", str(path)]) == 0
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", capsys.readouterr().out)
    assert cli.main(["show", str(path), "-o", str(tmp_path / "out.html")]) == 0
    page = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "<img src=x" not in page


def test_ascii_terminal_gets_every_line(saved):
    result = shell("show", saved, PYTHONIOENCODING="ascii")
    assert result.returncode == 0
    assert result.stdout.isascii()
    assert "scores" in result.stdout
