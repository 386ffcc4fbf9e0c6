"""Rows of arrays of every kind are counted, cut and repeated as NumPy does."""

import numpy as np
import pytest

from kfx.values.data.rows import add_empty_rows, as_tensor, count_rows, cut_rows, repeat_last_row
from kfx.values.features import to_numpy

TABLE = np.array([[1.0, 0, 2], [0, 0, 0], [0, 3, 0], [4, 0, 0], [0, 0, 5]], "float32")


def kinds():
    import scipy.sparse
    import tensorflow as tf

    return {
        "NumPy": TABLE,
        "dense tensor": tf.constant(TABLE),
        "sparse tensor": tf.sparse.from_dense(TABLE),
        "SciPy": scipy.sparse.csr_matrix(TABLE),
        "ragged tensor": tf.RaggedTensor.from_tensor(tf.constant(TABLE)),
        "text": tf.constant(TABLE.astype("int32").astype(str)),
    }


def dense(x):
    import tensorflow as tf

    x = as_tensor(x)
    if isinstance(x, tf.RaggedTensor):
        return x.to_tensor(shape=[None, 3]).numpy()
    return to_numpy(x)


@pytest.mark.parametrize("kind", list(kinds()))
def test_rows_are_those_of_the_table(kind):
    x, whole = kinds()[kind], dense(kinds()[kind])
    assert count_rows(x) == 5
    np.testing.assert_array_equal(dense(cut_rows(x, 1, 4)), whole[1:4])
    more = repeat_last_row(as_tensor(cut_rows(x, 0, 3)), 2)
    np.testing.assert_array_equal(dense(more), whole[[0, 1, 2, 2, 2]])
    assert count_rows(more) == 5


@pytest.mark.parametrize("kind", list(kinds()))
def test_empty_rows_leave_the_others(kind):
    x = add_empty_rows(as_tensor(kinds()[kind]), 2)
    assert count_rows(x) == 7
    np.testing.assert_array_equal(dense(x)[:5], dense(kinds()[kind]))
    assert not dense(x)[5:].astype(bool).any()


def test_what_has_no_rows_goes_with_every_batch():
    assert count_rows(None) is None
    assert count_rows(np.float32(3)) is None
    assert cut_rows(np.float32(3), 0, 2) == 3
    assert repeat_last_row(None, 2) is None


def test_floating_point_numbers_get_the_type_of_keras(keras):
    assert as_tensor(TABLE.astype("float64")).dtype.name == keras.config.floatx()
    assert as_tensor(kinds()["SciPy"].astype("float64")).values.dtype.name == keras.config.floatx()
    assert as_tensor(np.arange(3)).dtype.name == "int64"
