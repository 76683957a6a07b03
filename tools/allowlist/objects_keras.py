"""Keras and TensorFlow: what can be pickled of them."""

import os
import sys
from typing import Any, Iterator, Tuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402


def _parts() -> Iterator[Tuple[str, Any]]:
    yield "shape", [tf.TensorShape([1, None]), tf.float32, tf.TensorSpec([1], tf.float32)]
    yield "tensor", tf.constant([1.0])
    yield "variable", tf.Variable([1.0])
    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    history = model.fit(np.ones((4, 2)), np.ones(4), verbose=0)
    yield "history", history.history
    yield "history object", history
    yield "weights", model.get_weights()
    yield "configuration", model.get_config()
    yield "model", model
    for name in ("Adam", "SGD", "RMSprop", "Adagrad"):
        yield name, getattr(keras.optimizers, name)()
    for name in ("Dense", "Conv2D", "Embedding", "LSTM", "Dropout", "BatchNormalization"):
        yield (
            name,
            getattr(keras.layers, name)(
                *(
                    (4, 3)
                    if name == "Conv2D"
                    else (4, 4)
                    if name == "Embedding"
                    else ()
                    if name == "BatchNormalization"
                    else (0.5,)
                    if name == "Dropout"
                    else (4,)
                )
            ),
        )
    for name in ("EarlyStopping", "ReduceLROnPlateau"):
        yield name, getattr(keras.callbacks, name)()


def _preprocessing() -> Iterator[Tuple[str, Any]]:
    from tensorflow.keras.preprocessing import image, text

    tokenizer = text.Tokenizer()
    tokenizer.fit_on_texts(["a small text"])
    yield "tokenizer", tokenizer
    yield "generator", image.ImageDataGenerator()


def make() -> Iterator[Tuple[str, Any]]:
    for source in (_parts, _preprocessing):
        generator = source()
        while True:
            try:
                yield next(generator)
            except StopIteration:
                break
            except Exception as error:  # noqa: BLE001
                print("  %s ended: %r" % (source.__name__, error), file=sys.stderr)
                break
