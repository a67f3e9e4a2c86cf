"""Rules for operators that move, join, cut or reduce; see `sim.model.rules_compute`."""

from __future__ import annotations

import math
from typing import Final

from sim.model.view import OperatorView, Shape

_MAX_KERNEL_RANK: Final = 4
_REFLECT: Final = 0
_SYMMETRIC: Final = 1


def _expect_copy(op: OperatorView, position: int = 0) -> None:
    """Outputs hold values of the input, so all have its element type."""
    op.expect_same_dtype(op.input(position), *op.outputs)


def reshape(op: OperatorView) -> None:
    """Check ``RESHAPE``; the new shape is the output's, whatever the second input says."""
    _expect_copy(op)
    source, output = op.input(0), op.output
    op.require(
        source.element_count == output.element_count,
        f"{source.element_count} values do not fit shape {list(output.shape)}",
    )


def expand_dims(op: OperatorView) -> None:
    """Check ``EXPAND_DIMS``."""
    _expect_copy(op)
    axes = op.constant_integers(1, "axis")
    op.require(len(axes) == 1, f"there are {len(axes)} axes, not 1")
    shape = op.input(0).shape
    axis = op.axis(axes[0], len(shape) + 1)
    op.expect_shape(op.output, (*shape[:axis], 1, *shape[axis:]))


def squeeze(op: OperatorView) -> None:
    """Check ``SQUEEZE``."""
    _expect_copy(op)
    shape = op.input(0).shape
    wanted = op.operator.options["squeeze_dims"]
    assert isinstance(wanted, tuple)
    axes = {op.axis(a, len(shape)) for a in wanted} or {i for i, d in enumerate(shape) if d == 1}
    op.require(all(shape[a] == 1 for a in axes), f"dimensions {sorted(axes)} of {list(shape)} are not all 1")
    op.expect_shape(op.output, tuple(d for i, d in enumerate(shape) if i not in axes))


def shape_of(op: OperatorView) -> None:
    """Check ``SHAPE``."""
    op.expect_dtype(op.output, "int32", "int64")
    op.expect_dtype(op.output, op.text("out_type"))
    op.expect_shape(op.output, (len(op.input(0).shape),))


def transpose(op: OperatorView) -> None:
    """Check ``TRANSPOSE``."""
    _expect_copy(op)
    shape = op.input(0).shape
    permutation = op.constant_integers(1, "perm")
    op.require(
        sorted(permutation) == list(range(len(shape))),
        f"{list(permutation)} is no permutation of {len(shape)} dimensions",
    )
    op.expect_shape(op.output, tuple(shape[p] for p in permutation))


def pad(op: OperatorView) -> None:
    """Check ``PAD`` and ``PADV2``."""
    _expect_copy(op)
    source = op.input(0)
    op.require(
        len(source.shape) <= _MAX_KERNEL_RANK, f"padding {len(source.shape)} dimensions is not supported"
    )
    paddings = op.constant_integers(1, "paddings")
    op.require(
        len(paddings) == 2 * len(source.shape), f"{len(paddings)} paddings for {len(source.shape)} dimensions"
    )
    op.require(min(paddings, default=0) >= 0, "a padding is negative")
    value = op.optional(2)
    if value is not None:
        op.expect_same_dtype(source, value)
        op.require(value.element_count == 1, "the padding value is not a single number")
        op.expect_quantized(value)
    op.expect_quantized(source, op.output)
    op.expect_shape(
        op.output,
        tuple(d + paddings[2 * i] + paddings[2 * i + 1] for i, d in enumerate(source.shape)),
    )


def mirror_pad(op: OperatorView) -> None:
    """Check ``MIRROR_PAD``: a padding repeats at most the input."""
    _expect_copy(op)
    shape = op.input(0).shape
    mode = op.integer("mode")
    op.require(mode in (_REFLECT, _SYMMETRIC), f"the mode is {mode}, not {_REFLECT} or {_SYMMETRIC}")
    paddings = op.constant_integers(1, "paddings")
    op.require(len(paddings) == 2 * len(shape), f"{len(paddings)} paddings for {len(shape)} dimensions")
    for i, size in enumerate(shape):
        longest = size - 1 if mode == _REFLECT else size
        for padding in paddings[2 * i : 2 * i + 2]:
            op.require(0 <= padding <= longest, f"padding {padding} of dimension {i} is not 0 to {longest}")
    op.expect_shape(op.output, tuple(d + sum(paddings[2 * i : 2 * i + 2]) for i, d in enumerate(shape)))


def concatenation(op: OperatorView) -> None:
    """Check ``CONCATENATION``."""
    inputs, shape = op.inputs, op.output.shape
    _expect_copy(op)
    op.expect_same_dtype(*inputs)
    op.require(len(shape) <= _MAX_KERNEL_RANK, f"joining {len(shape)} dimensions is not supported")
    op.require(op.text("activation") == "NONE", "a fused activation is not supported")
    axis = op.axis(op.integer("axis"), len(inputs[0].shape))
    total = 0
    for tensor in inputs:
        op.expect_rank(tensor, len(shape))
        total += tensor.shape[axis]
        op.expect_shape(tensor, (*shape[:axis], tensor.shape[axis], *shape[axis + 1 :]), "an input")
    op.expect_shape(op.output, (*shape[:axis], total, *shape[axis + 1 :]))


def pack(op: OperatorView) -> None:
    """Check ``PACK``."""
    inputs = op.inputs
    _expect_copy(op)
    op.expect_same_dtype(*inputs)
    count = op.integer("values_count")
    op.require(count == len(inputs), f"values_count is {count} for {len(inputs)} inputs")
    shape = inputs[0].shape
    for tensor in inputs:
        op.expect_shape(tensor, shape, "an input")
    axis = op.axis(op.integer("axis"), len(shape) + 1)
    op.expect_shape(op.output, (*shape[:axis], count, *shape[axis:]))


def unpack(op: OperatorView) -> None:
    """Check ``UNPACK``."""
    _expect_copy(op)
    shape = op.input(0).shape
    axis = op.axis(op.integer("axis"), len(shape))
    count = op.integer("num")
    op.require(
        count == len(op.outputs) == shape[axis],
        f"num is {count} for {len(op.outputs)} outputs and {shape[axis]} slices",
    )
    for tensor in op.outputs:
        op.expect_shape(tensor, (*shape[:axis], *shape[axis + 1 :]))


def split(op: OperatorView) -> None:
    """Check ``SPLIT`` into equal parts: inputs are axis, tensor."""
    _expect_copy(op, 1)
    axes = op.constant_integers(0, "axis")
    op.require(len(axes) == 1, f"there are {len(axes)} axes, not 1")
    shape = op.input(1).shape
    axis = op.axis(axes[0], len(shape))
    count = op.integer("num_splits")
    op.require(count == len(op.outputs), f"num_splits is {count} for {len(op.outputs)} outputs")
    op.require(shape[axis] % count == 0, f"{shape[axis]} does not divide into {count} parts")
    for tensor in op.outputs:
        op.expect_shape(tensor, (*shape[:axis], shape[axis] // count, *shape[axis + 1 :]))


def split_v(op: OperatorView) -> None:
    """Check ``SPLIT_V``: inputs are tensor, sizes, axis."""
    _expect_copy(op)
    sizes, axes = op.constant_integers(1, "size_splits"), op.constant_integers(2, "axis")
    op.require(len(axes) == 1, f"there are {len(axes)} axes, not 1")
    shape = op.input(0).shape
    axis = op.axis(axes[0], len(shape))
    count = op.integer("num_splits")
    op.require(
        count == len(op.outputs) == len(sizes),
        f"num_splits is {count} for {len(op.outputs)} outputs and {len(sizes)} sizes",
    )
    op.require(
        min(sizes) >= 0 and sum(sizes) == shape[axis], f"sizes {list(sizes)} do not add up to {shape[axis]}"
    )
    for tensor, size in zip(op.outputs, sizes, strict=True):
        op.expect_shape(tensor, (*shape[:axis], size, *shape[axis + 1 :]))


def strided_slice(op: OperatorView) -> None:
    """Check ``STRIDED_SLICE``: inputs are tensor, begin, end, strides."""
    _expect_copy(op)
    shape = op.input(0).shape
    op.require(0 < len(shape) <= _MAX_KERNEL_RANK, f"slicing {len(shape)} dimensions is not supported")
    begin, end, strides = (
        op.constant_integers(i, name) for i, name in ((1, "begin"), (2, "end"), (3, "strides"))
    )
    op.require(
        len(begin) == len(end) == len(strides) == len(shape),
        f"begin, end and strides do not have one value for each of {len(shape)} dimensions",
    )
    for key in ("ellipsis_mask", "new_axis_mask", "offset"):
        op.require(op.integer(key) == 0, f"{key} is not supported")
    masks = {key: op.integer(f"{key}_mask") for key in ("begin", "end", "shrink_axis")}
    result = []
    for i, size in enumerate(shape):
        op.require(strides[i] != 0, f"the stride of dimension {i} is 0")
        if masks["shrink_axis"] >> i & 1:
            op.axis(begin[i], size)
            op.require(strides[i] > 0, f"the stride of dimension {i}, which is removed, is negative")
            continue
        first = None if masks["begin"] >> i & 1 else begin[i]
        last = None if masks["end"] >> i & 1 else end[i]
        result.append(len(range(*slice(first, last, strides[i]).indices(size))))
    op.expect_shape(op.output, tuple(result))


def slice_(op: OperatorView) -> None:
    """Check ``SLICE``: inputs are tensor, begin, size; a size of -1 is all that is left."""
    _expect_copy(op)
    shape = op.input(0).shape
    begin, sizes = op.constant_integers(1, "begin"), op.constant_integers(2, "size")
    op.require(
        len(begin) == len(sizes) == len(shape),
        f"begin and size do not have one value for each of {len(shape)} dimensions",
    )
    result = []
    for i, (first, size, available) in enumerate(zip(begin, sizes, shape, strict=True)):
        taken = available - first if size == -1 else size
        op.require(
            0 <= first <= available and 0 <= taken <= available - first,
            f"{size} from {first} leaves dimension {i} of {available}",
        )
        result.append(taken)
    op.expect_shape(op.output, tuple(result))


def fill(op: OperatorView) -> None:
    """Check ``FILL``: inputs are the output's shape, and one value."""
    _expect_copy(op, 1)
    op.require(op.input(1).element_count == 1, "the value is not a single number")
    op.expect_shape(op.output, op.constant_integers(0, "dims"))


def gather(op: OperatorView) -> None:
    """Check ``GATHER``; its kernel checks the indices themselves."""
    _expect_copy(op)
    shape, indices = op.input(0).shape, op.input(1)
    op.expect_dtype(indices, "int32")
    axis = op.axis(op.integer("axis"), len(shape))
    batch_dims = op.integer("batch_dims")
    op.require(0 <= batch_dims <= min(axis, len(indices.shape)), f"batch_dims {batch_dims} is out of range")
    op.require(
        shape[:batch_dims] == indices.shape[:batch_dims],
        f"{list(shape)} and indices {list(indices.shape)} differ in their {batch_dims} batch dimensions",
    )
    op.expect_shape(op.output, (*shape[:axis], *indices.shape[batch_dims:], *shape[axis + 1 :]))


def _reduced_shape(op: OperatorView, axes: Shape, keep_dims: bool) -> Shape:
    shape = op.input(0).shape
    reduced = {op.axis(a, len(shape)) for a in axes}
    op.require(len(reduced) == len(axes), f"axes {list(axes)} repeat")
    return tuple(1 if i in reduced else d for i, d in enumerate(shape) if keep_dims or i not in reduced)


def reduction(op: OperatorView) -> None:
    """Check ``MEAN``, ``SUM``, ``REDUCE_MAX`` and ``REDUCE_MIN``."""
    source = op.input(0)
    op.require(
        len(source.shape) <= _MAX_KERNEL_RANK, f"reducing {len(source.shape)} dimensions is not supported"
    )
    op.expect_dtype(op.input(1), "int32")
    op.expect_same_dtype(source, op.output)
    op.expect_quantized(source, op.output)
    axes = op.constant_integers(1, "axis")
    op.expect_shape(op.output, _reduced_shape(op, axes, bool(op.integer("keep_dims"))))


def arg_extremum(op: OperatorView) -> None:
    """Check ``ARG_MAX`` and ``ARG_MIN``."""
    op.expect_dtype(op.output, op.text("output_type"))
    op.expect_dtype(op.output, "int32", "int64")
    axes = op.constant_integers(1, "axis")
    op.require(len(axes) == 1, f"there are {len(axes)} axes, not 1")
    op.expect_shape(op.output, _reduced_shape(op, axes, keep_dims=False))


def resize(op: OperatorView) -> None:
    """Check ``RESIZE_BILINEAR`` and ``RESIZE_NEAREST_NEIGHBOR``."""
    _expect_copy(op)
    source = op.input(0)
    op.expect_rank(source, 4)
    op.expect_dtype(op.input(1), "int32")
    size = op.constant_integers(1, "size")
    op.require(len(size) == 2 and min(size) >= 1, f"size {list(size)} is not a height and a width")
    op.require(
        not (op.integer("align_corners") and op.integer("half_pixel_centers")),
        "align_corners and half_pixel_centers exclude each other",
    )
    op.expect_shape(op.output, (source.shape[0], *size, source.shape[3]))


def depth_to_space(op: OperatorView) -> None:
    """Check ``DEPTH_TO_SPACE``."""
    _expect_copy(op)
    op.expect_rank(op.input(0), 4)
    batches, height, width, depth = op.input(0).shape
    block = op.positive("block_size")
    op.require(depth % (block * block) == 0, f"depth {depth} does not divide into blocks of {block}x{block}")
    op.expect_shape(op.output, (batches, height * block, width * block, depth // (block * block)))


def space_to_depth(op: OperatorView) -> None:
    """Check ``SPACE_TO_DEPTH``."""
    _expect_copy(op)
    op.expect_rank(op.input(0), 4)
    batches, height, width, depth = op.input(0).shape
    block = op.positive("block_size")
    op.require(
        height % block == 0 and width % block == 0,
        f"{height}x{width} does not divide into blocks of {block}x{block}",
    )
    op.expect_shape(op.output, (batches, height // block, width // block, depth * block * block))


def _blocks(op: OperatorView, margins_name: str) -> tuple[Shape, Shape]:
    """Return block sizes and the sums of the margins, one for each dimension between batch and depth."""
    _expect_copy(op)
    source = op.input(0)
    op.expect_rank(source, 3, 4)
    for position in (1, 2):
        op.expect_dtype(op.input(position), "int32")
    sizes, margins = op.constant_integers(1, "block_shape"), op.constant_integers(2, margins_name)
    count = len(source.shape) - 2
    op.require(
        len(sizes) == count and len(margins) == 2 * count,
        f"{len(sizes)} block sizes and {len(margins)} {margins_name} for {count} dimensions",
    )
    op.require(min(sizes) >= 1, f"block_shape {list(sizes)} is not positive")
    op.require(min(margins) >= 0, f"{margins_name} {list(margins)} are negative")
    return sizes, tuple(margins[2 * i] + margins[2 * i + 1] for i in range(count))


def space_to_batch(op: OperatorView) -> None:
    """Check ``SPACE_TO_BATCH_ND``: inputs are tensor, block shape, paddings."""
    sizes, margins = _blocks(op, "paddings")
    op.expect_quantized(op.input(0), op.output)
    batches, *space, depth = op.input(0).shape
    padded = [d + margin for d, margin in zip(space, margins, strict=True)]
    op.require(
        all(d % size == 0 for d, size in zip(padded, sizes, strict=True)),
        f"{padded} do not divide into blocks of {list(sizes)}",
    )
    result = [d // size for d, size in zip(padded, sizes, strict=True)]
    op.expect_shape(op.output, (batches * math.prod(sizes), *result, depth))


def batch_to_space(op: OperatorView) -> None:
    """Check ``BATCH_TO_SPACE_ND``: inputs are tensor, block shape, crops."""
    sizes, margins = _blocks(op, "crops")
    batches, *space, depth = op.input(0).shape
    op.require(
        batches % math.prod(sizes) == 0, f"{batches} batches do not divide into blocks of {list(sizes)}"
    )
    result = [d * size - margin for d, size, margin in zip(space, sizes, margins, strict=True)]
    op.expect_shape(op.output, (batches // math.prod(sizes), *result, depth))
