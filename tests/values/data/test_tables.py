"""Tables of pandas and polars are arrays, or one array for each input that a column is named after."""

import numpy as np
import pytest

import kfx
from kfx.values.data.tables import by_input, column_array, is_table

pandas = pytest.importorskip("pandas", reason="pandas is not installed")
VALUES = {"a": [1.0, 2.0, 3.0], "b": [4, 5, 6], "c": [True, False, True]}


@pytest.fixture
def named(keras):
    inputs = {name: keras.Input((1,), name=name) for name in "ab"}
    return keras.Model(inputs, keras.layers.Concatenate(name="both")(list(inputs.values())))


def test_a_table_is_one_array_of_its_columns():
    np.testing.assert_array_equal(by_input(pandas.DataFrame(VALUES), ["x"]), [[1, 4, 1], [2, 5, 0], [3, 6, 1]])


def test_columns_go_to_the_inputs_of_their_names(named):
    found = kfx.extract(named, pandas.DataFrame(VALUES), "both")["both"]
    np.testing.assert_array_equal(found, [[1, 4], [2, 5], [3, 6]])
    assert kfx.inspect(named, pandas.DataFrame(VALUES)).values.count == 3


def test_a_column_has_the_axis_that_predict_gives_it(keras):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2, name="d")])
    column = pandas.Series([1.0, 2.0, 3.0])
    np.testing.assert_allclose(kfx.extract(model, column, "d")["d"], model.predict(column, verbose=0), rtol=1e-6)


def test_missing_numbers_are_nan_and_text_stays_text():
    frame = pandas.DataFrame({"n": pandas.array([1, None], dtype="Int64"), "t": ["x", "y"]})
    np.testing.assert_array_equal(column_array(frame["n"]), [[1.0], [np.nan]])
    assert column_array(frame["t"]).tolist() == [["x"], ["y"]]
    assert column_array(pandas.Series([True, False])).tolist() == [[True], [False]]


def test_text_and_numbers_in_one_table(keras):
    inputs = {"n": keras.Input((1,), name="n"), "t": keras.Input((1,), dtype="string", name="t")}
    look = keras.layers.StringLookup(vocabulary=["x", "y"], name="look")(inputs["t"])
    model = keras.Model(inputs, [look, inputs["n"]])
    found = kfx.extract(model, pandas.DataFrame({"n": [1.0, 2.0], "t": ["y", "x"]}), "look")["look"]
    np.testing.assert_array_equal(found, [[2], [1]])


def test_a_table_of_polars_is_read_by_its_columns():
    """A stand-in with what is used of polars, where it is not installed; with polars itself the same holds."""

    class Type:
        def is_numeric(self):
            return True

    class Series:
        dtype = Type()

        def __init__(self, values):
            self.values = values

        def to_numpy(self):
            return np.asarray(self.values)

    class DataFrame:
        columns = ("a", "b")

        def __getitem__(self, name):
            return Series(VALUES[name])

        def __len__(self):
            return 3

    try:
        import polars

        frame = polars.DataFrame({name: VALUES[name] for name in "ab"})
    except ImportError:
        for cls in (Series, DataFrame):
            cls.__module__ = "polars.frame"
        frame = DataFrame()
    assert is_table(frame)
    np.testing.assert_array_equal(by_input(frame, ["x"]), [[1, 4], [2, 5], [3, 6]])
    assert {name: x.tolist() for name, x in by_input(frame, ["a", "b"]).items()} == {"a": [[1], [2], [3]], "b": [[4], [5], [6]]}
