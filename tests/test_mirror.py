"""The tests mirror the house: ``tests/a/b/test_c.py`` tests ``kfx/a/b/c.py``; what tests something wider is listed here."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "kfx"
WHOLE_HOUSE = ("browser", "tutorials", "exercises", "hostile")  # folders that test the product from outside
WIDER = {
    "model/layers/test_settings.py": "the words of the Settings column of every layer",
    "model/layers/test_shapes.py": "the derivation of every layer's output shape",
    "model/layers/test_stored_sizes.py": "sizes of weights from a file's configuration, of every layer",
    "model/mistakes/fit/test_forty_mistakes.py": "forty mistakes around fit, from the error to the repair",
    "model/mistakes/test_thirty_mistakes.py": "thirty mistakes that users make, from the error to the repair",
    "model/read/test_applications.py": "graphs of all Keras applications against Keras's own",
    "model/read/test_kerashub.py": "backbones and tasks of KerasHub",
    "model/read/test_no_trace.py": "reading leaves models as they were, of every kind",
    "model/read/test_real_run.py": "a traced graph against what a real call of the model does",
    "notebook/test_strict.py": "notebooks with views under strict nbval",
    "text/test_table_cells.py": "characters that need two cells or none",
    "training/monitor/test_broken.py": "runs whose values stop being finite",
    "training/run/test_phases.py": "stop, interrupt and NaN in every phase of a run",
    "training/test_keras_features.py": "callbacks with what Keras's own fit offers",
    "values/test_extract.py": "kfx.extract of every kind of model, against NumPy",
    "values/test_applications.py": "the values of Keras applications against Keras's own",
    "views/sketch/test_drawing.py": "the drawing of a sketch and of a mistake in it",
    "web/test_style.py": "lengths of functions and lines of all scripts and style sheets",
    "web/test_types.py": "types of all scripts",
    "web/test_scripts.py": "all scripts and style sheets as the browser gets them",
}


def mirrored():
    for path in sorted(TESTS.rglob("test_*.py")):
        place = path.relative_to(TESTS)
        if len(place.parts) > 1 and place.parts[0] not in WHOLE_HOUSE:
            yield place.as_posix()


def module_of(test: str) -> Path:
    folder, _, name = test.rpartition("/")
    return PACKAGE / folder / name.removeprefix("test_")


@pytest.mark.parametrize("test", list(mirrored()))
def test_a_test_file_names_the_module_it_tests(test):
    assert module_of(test).is_file() != (test in WIDER), f"tests/{test}: name it after a module of kfx/, or list it in WIDER"


def test_the_list_of_wider_tests_holds_no_others():
    assert set(WIDER) <= set(mirrored())


def test_every_room_of_the_house_has_tests():
    folders = {path.parent.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if path.name != "__init__.py"}
    tested = {Path(test).parent.as_posix() for test in mirrored()}
    assert {folder for folder in folders if folder != "." and folder not in tested} <= {
        "exercises",  # tests/test_exercises.py
        "exercises/further",
        "testing",  # tests/test_testing.py
        "keras_access/tensorflow",  # tests of the values and of the training that stand on it
        "keras_access/jax",  # .ci/other_backend.py, in an environment of its own
        "values/numbers",  # tests/values/test_statistics.py
        "training",  # its modules lie in sub-rooms; the callbacks are tested with them
    }
