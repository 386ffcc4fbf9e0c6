"""``kfx diff``: exit codes that a CI can use, and every form of output."""

import pytest

from kfx.cli.main import main
from kfx.keras_access.importing import import_keras

keras = import_keras()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")

    def net(units):
        return keras.Sequential([keras.Input((4,), name="x"), keras.layers.Dense(units, name="out")], name="net")

    model, moved = net(2), net(2)
    model.save(folder / "a.keras")
    model.save(folder / "same.keras")
    moved.set_weights([w + 0.5 for w in model.get_weights()])
    moved.save(folder / "moved.keras")
    net(3).save(folder / "wide.keras")
    (folder / "broken.keras").write_bytes(b"PK\x03\x04 nothing")
    return folder


def test_equal_files_exit_with_0(files, capsys):
    assert main(["diff", str(files / "a.keras"), str(files / "same.keras")]) == 0
    assert "no difference found" in capsys.readouterr().out


def test_files_that_differ_exit_with_1_and_say_in_what(files, capsys):
    assert main(["diff", str(files / "a.keras"), str(files / "wide.keras")]) == 1
    out = capsys.readouterr().out
    assert out.startswith("A a.keras → B wide.keras\n")
    assert "units" in out


def test_weights_alone_make_a_difference(files, capsys):
    a, b = str(files / "a.keras"), str(files / "moved.keras")
    assert main(["diff", a, b]) == 1
    assert "Weights that differ" in capsys.readouterr().out
    assert main(["diff", a, b, "--no-weights"]) == 0
    assert main(["diff", a, b, "--tolerance", "100"]) == 0


@pytest.mark.parametrize("wrong", ["broken.keras", "nowhere.keras", "."])
def test_errors_exit_with_2_and_one_line(files, capsys, wrong):
    assert main(["diff", str(files / "a.keras"), str(files / wrong)]) == 2
    err = capsys.readouterr().err
    assert err.startswith("kfx: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("suffix", [".html", ".txt", ".md", ".csv", ".svg", ".png"])
def test_every_form_is_written_and_the_exit_code_stays(files, tmp_path, capsys, suffix):
    out = tmp_path / f"out{suffix}"
    assert main(["diff", str(files / "a.keras"), str(files / "wide.keras"), "-o", str(out)]) == 1
    assert out.stat().st_size > 100
    assert "Wrote" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["--tolerance", "-1"], ["--tolerance", "nan"], ["-o", "x.zip"]])
def test_bad_words_are_refused_before_anything_is_read(files, capsys, words):
    with pytest.raises(SystemExit, match="2"):
        main(["diff", str(files / "a.keras"), str(files / "a.keras"), *words])
    assert words[1] in capsys.readouterr().err
