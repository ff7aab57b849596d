"""The dtype and the shape of an array, as bytes and back; see `format`."""

import math
from functools import lru_cache
from typing import Any

import numpy as np

from sealgrade.wall.format import DIMENSIONS, DTYPE, MAX_ELEMENTS, MAX_NDIM, TooLarge, WallError

_MOST = 1000  # of each kind that are remembered: nearly all arrays are of a few dtypes and shapes


@lru_cache(_MOST)
def head_of(dtype: Any, shape: tuple[int, ...]) -> bytes:
    """Return what stands before the bytes of an array."""
    return b"a" + dtype_bytes(dtype) + shape_bytes(shape)


def dtype_bytes(dtype: Any) -> bytes:
    """Return a dtype as bytes; raise `TooLarge` for one that is not plain."""
    text = str(dtype.str).encode()
    if dtype.itemsize and not DTYPE.fullmatch(text):
        raise TooLarge
    return bytes([len(text)]) + text


def shape_bytes(shape: tuple[int, ...]) -> bytes:
    """Return a shape as bytes; raise `TooLarge` for too many dimensions."""
    if len(shape) > MAX_NDIM:
        raise TooLarge
    return bytes([len(shape)]) + DIMENSIONS[len(shape)].pack(*shape)


@lru_cache(_MOST)
def read_head(head: bytes) -> tuple[Any, tuple[int, ...], int]:
    """Return the dtype, the shape and the number of bytes of an array, by what stands before them."""
    shape_at = 1 + head[0]
    dtype, shape = read_dtype(head[1:shape_at]), read_shape(head[shape_at:])
    return dtype, shape, math.prod(shape) * dtype.itemsize


@lru_cache(_MOST)
def read_dtype(text: bytes) -> Any:
    """Return a dtype; raise `WallError` for one that is not plain."""
    if not DTYPE.fullmatch(text):
        raise WallError("not a dtype of plain data")
    return np.dtype(text.decode())


def read_shape(data: bytes) -> tuple[int, ...]:
    """Return a shape; raise `WallError` for one that no array has."""
    ndim = data[0]
    if ndim > MAX_NDIM:
        raise WallError("an array has too many dimensions")
    shape = DIMENSIONS[ndim].unpack_from(data, 1)
    if shape and (min(shape) < 0 or math.prod([n or 1 for n in shape]) > MAX_ELEMENTS):
        raise WallError("an array has an impossible shape")
    return shape


def mended(data: bytes, dtype: Any) -> bytes:
    """Replace what is no character, as in other texts: numpy takes each number for one."""
    codes = np.frombuffer(data, np.dtype("u4").newbyteorder(dtype.byteorder))
    wrong = (codes > 0x10FFFF) | ((codes >= 0xD800) & (codes < 0xE000))
    if not wrong.any():
        return data
    codes = codes.copy()
    codes[wrong] = 0xFFFD
    return codes.tobytes()
