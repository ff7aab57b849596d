"""What a mutant may change: a table of operators, each of which yields what may stand for a node of the code.

The general ones are mutmut's. Those that are added here, in mutmut's form, are the slips of numerical code: a transpose
too many or too few, a sign, an index or a bound off by one, arguments in the wrong order, a sum for a mean, a function
or a statement left out. Of mutmut's those are left out that put None for a value, which fails at once wherever it is
used and so proves little of a test, and those for strings.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import libcst as cst
import libcst.matchers as m
from mutmut.mutation import mutators

Operator = Callable[[Any], Iterable[cst.CSTNode]]

# Both directions hold.
_PAIRS = [
    ("sum", "mean"),
    ("max", "min"),
    ("maximum", "minimum"),
    ("argmax", "argmin"),
    ("zeros", "ones"),
    ("zeros_like", "ones_like"),
    ("sin", "cos"),
    ("exp", "expm1"),
    ("log", "log1p"),
    ("floor", "ceil"),
    ("hstack", "vstack"),
    ("var", "std"),
    ("any", "all"),
    ("linspace", "geomspace"),
    ("cumsum", "cumprod"),
    ("matmul", "multiply"),
    ("normal", "uniform"),
    ("triu", "tril"),
]
_OTHER_FUNCTION = {**dict(_PAIRS), **{right: left for left, right in _PAIRS}}

_PRODUCTS: dict[type[cst.CSTNode], type[cst.BaseBinaryOp]] = {
    cst.MatrixMultiply: cst.Multiply,
    cst.Multiply: cst.MatrixMultiply,
    cst.Divide: cst.FloorDivide,
    cst.Power: cst.Add,
}
_REVERSED: dict[type[cst.CSTNode], type[cst.BaseCompOp]] = {
    cst.LessThan: cst.GreaterThan,
    cst.LessThanEqual: cst.GreaterThanEqual,
    cst.GreaterThan: cst.LessThan,
    cst.GreaterThanEqual: cst.LessThanEqual,
}
_NUMBER = m.OneOf(m.Integer(), m.Float(), m.UnaryOperation(expression=m.Integer()))
_MODULES = {"np", "numpy", "math", "random", "scipy", "plt"}
_LOOSE = (
    cst.BinaryOperation,
    cst.UnaryOperation,
    cst.BooleanOperation,
    cst.Comparison,
    cst.IfExp,
    cst.Lambda,
    cst.Tuple,
    cst.GeneratorExp,
)


def _closed(node: cst.BaseExpression) -> cst.BaseExpression:
    """Return an expression that holds together whatever stands beside it."""
    if not isinstance(node, _LOOSE) or node.lpar:
        return node
    return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def _plus(node: cst.BaseExpression, number: int) -> cst.BaseExpression:
    operator = cst.Add() if number > 0 else cst.Subtract()
    return cst.BinaryOperation(left=_closed(node), operator=operator, right=cst.Integer(str(abs(number))))


def _transposed(node: cst.BaseExpression) -> cst.BaseExpression:
    return cst.Attribute(value=_closed(node), attr=cst.Name("T"))


def _call(node: cst.Call, arguments: Sequence[cst.Arg]) -> cst.Call:
    """Return the call with other arguments, without the comma that the last one may have from its former place."""
    last = [argument.with_changes(comma=cst.MaybeSentinel.DEFAULT) for argument in arguments[-1:]]
    return node.with_changes(args=[*arguments[:-1], *last])


def drop_argument(node: cst.Call) -> Iterator[cst.Call]:
    """`f(a, axis=1)` becomes `f(a)`; mutmut's own leaves a call's only argument in its place."""
    for i, argument in enumerate(node.args):
        if len(node.args) > 1 or argument.keyword:
            yield _call(node, [*node.args[:i], *node.args[i + 1 :]])


def swap_arguments(node: cst.Call) -> Iterator[cst.Call]:
    """`f(a, b)` becomes `f(b, a)`."""
    for i, (left, right) in enumerate(pairwise(node.args)):
        if not (left.keyword or right.keyword or left.star or right.star):
            arguments = list(node.args)
            arguments[i] = left.with_changes(value=right.value)
            arguments[i + 1] = right.with_changes(value=left.value)
            yield node.with_changes(args=arguments)


def swap_elements(node: cst.Tuple | cst.List) -> Iterator[cst.CSTNode]:
    """`(a, b)` becomes `(b, a)`."""
    for i, (left, right) in enumerate(pairwise(node.elements)):
        if isinstance(left, cst.Element) and isinstance(right, cst.Element):
            elements = list(node.elements)
            elements[i] = left.with_changes(value=right.value)
            elements[i + 1] = right.with_changes(value=left.value)
            yield node.with_changes(elements=elements)


def leave_out_function(node: cst.Call) -> Iterator[cst.BaseExpression]:
    """`np.abs(x)` and `x.sum()` become `x`; what an omitted line is not, see `omit_statement`."""
    places = [argument for argument in node.args if not argument.keyword]
    if len(places) == 1 and not places[0].star:
        yield _closed(places[0].value)
    elif not places and isinstance(node.func, cst.Attribute):
        owner = node.func.value
        if not (isinstance(owner, cst.Name) and owner.value in _MODULES):
            yield owner


def other_function(node: cst.Call) -> Iterator[cst.Call]:
    """`np.sum(x)` becomes `np.mean(x)`, and `x.max()` becomes `x.min()`."""
    if isinstance(node.func, cst.Attribute):
        other = _OTHER_FUNCTION.get(node.func.attr.value)
        if other:
            yield node.with_changes(func=node.func.with_changes(attr=cst.Name(other)))
    elif isinstance(node.func, cst.Name) and node.func.value in ("max", "min", "any", "all"):
        yield node.with_changes(func=cst.Name(_OTHER_FUNCTION[node.func.value]))


def shift_range(node: cst.Call) -> Iterator[cst.Call]:
    """`range(n)` becomes `range(n - 1)`, `range(n + 1)` and `range(1, n)`."""
    if not m.matches(node.func, m.Name("range") | m.Attribute(attr=m.Name("arange"))) or any(
        argument.keyword or argument.star for argument in node.args
    ):
        return
    for i, argument in enumerate(node.args[:2]):
        for number in (-1, 1):
            shifted = argument.with_changes(value=_plus(argument.value, number))
            yield node.with_changes(args=[*node.args[:i], shifted, *node.args[i + 1 :]])
    if len(node.args) == 1:
        yield node.with_changes(args=[cst.Arg(cst.Integer("1")), *node.args])


def shift_index(node: cst.Index) -> Iterator[cst.Index]:
    """`x[i]` becomes `x[i + 1]` and `x[i - 1]`; of an index that is a number, the operators of numbers take care."""
    if isinstance(node.value, cst.Name) and node.star is None:
        yield node.with_changes(value=_plus(node.value, 1))
        yield node.with_changes(value=_plus(node.value, -1))


def shift_slice(node: cst.Slice) -> Iterator[cst.Slice]:
    """`x[1:n]` becomes `x[1:n - 1]`, `x[1:n + 1]`, `x[1:]` and `x[:n]`."""
    for side in ("lower", "upper"):
        bound = getattr(node, side)
        if bound is None:
            continue
        if not m.matches(bound, _NUMBER):  # of numbers, the operators of numbers take care
            yield node.with_changes(**{side: _plus(bound, -1)})
            yield node.with_changes(**{side: _plus(bound, 1)})
        yield node.with_changes(**{side: None})


def drop_transpose(node: cst.Attribute) -> Iterator[cst.BaseExpression]:
    """`x.T` becomes `x`."""
    if node.attr.value == "T":
        yield node.value


def add_transpose(node: cst.BinaryOperation) -> Iterator[cst.BinaryOperation]:
    """`a @ b` becomes `a.T @ b` and `a @ b.T`."""
    if isinstance(node.operator, cst.MatrixMultiply):
        for side in ("left", "right"):
            operand = getattr(node, side)
            if not m.matches(operand, m.Attribute(attr=m.Name("T"))):
                yield node.with_changes(**{side: _transposed(operand)})


def swap_operands(node: cst.BinaryOperation) -> Iterator[cst.BinaryOperation]:
    """`a - b` becomes `b - a`, and the same for division, powers and matrix products."""
    if isinstance(node.operator, cst.Subtract | cst.Divide | cst.Power | cst.MatrixMultiply):
        yield node.with_changes(left=_closed(node.right), right=_closed(node.left))


def drop_operand(node: cst.BinaryOperation) -> Iterator[cst.BaseExpression]:
    """`a + b` becomes `a` and `b`."""
    yield node.left
    yield node.right


def other_product(node: cst.BinaryOperation) -> Iterator[cst.BinaryOperation]:
    """`a @ b` becomes `a * b` and the reverse; `a / b` becomes `a // b`."""
    other = _PRODUCTS.get(type(node.operator))
    if other:
        yield node.with_changes(operator=other())


def reverse_comparison(node: cst.ComparisonTarget) -> Iterator[cst.ComparisonTarget]:
    """`a > b` becomes `a < b`."""
    other = _REVERSED.get(type(node.operator))
    if other:
        yield node.with_changes(operator=other())


def negate(node: cst.Assign | cst.AnnAssign | cst.Return) -> Iterator[cst.CSTNode]:
    """`s = a * b` becomes `s = -(a * b)`, for what is computed."""
    if isinstance(node.value, cst.BinaryOperation):
        yield node.with_changes(value=cst.UnaryOperation(operator=cst.Minus(), expression=_closed(node.value)))


def vary_number(node: cst.BaseNumber) -> Iterator[cst.BaseExpression]:
    """`2` becomes `1`, `0` becomes `-1`, `0.5` becomes `0.55` and `-0.5`."""
    if isinstance(node, cst.Integer):
        below = node.evaluated_value - 1
        yield cst.Integer(str(below)) if below >= 0 else _closed(_minus(cst.Integer(str(-below))))
    elif isinstance(node, cst.Float) and node.evaluated_value:
        yield cst.Float(repr(float(f"{1.1 * node.evaluated_value:.6g}")))
        yield _closed(_minus(node))


def _minus(node: cst.BaseExpression) -> cst.UnaryOperation:
    return cst.UnaryOperation(operator=cst.Minus(), expression=node)


def omit_statement(node: cst.BaseSmallStatement) -> Iterator[cst.Pass]:
    """`self.forward(x)` becomes `pass`."""
    told = getattr(node, "value", None)
    if isinstance(node, cst.Expr):
        changes_something = not isinstance(told, cst.BaseString | cst.Ellipsis)
    else:
        changes_something = told is not None or isinstance(node, cst.Raise | cst.Del | cst.Assert)
    if changes_something:
        yield cst.Pass()


def omit_loop(node: cst.For | cst.While) -> Iterator[cst.CSTNode]:
    """A loop is not entered."""
    yield (
        node.with_changes(iter=cst.List([])) if isinstance(node, cst.For) else node.with_changes(test=cst.Name("False"))
    )


def turn_condition(node: cst.If) -> Iterator[cst.If]:
    """`if a:` becomes `if not (a):`, `if True:` and `if False:`."""
    yield node.with_changes(test=cst.UnaryOperation(operator=cst.Not(), expression=_closed(node.test)))
    for value in ("True", "False"):
        yield node.with_changes(test=cst.Name(value))


OPERATORS: Sequence[tuple[Any, Operator]] = [
    (cst.BaseNumber, mutators.operator_number),
    (cst.Name, mutators.operator_name),
    (cst.AugAssign, mutators.operator_augmented_assignment),
    (cst.UnaryOperation, mutators.operator_remove_unary_ops),
    (cst.CSTNode, mutators.operator_keywords),
    (cst.CSTNode, mutators.operator_swap_op),
    (cst.Match, mutators.operator_match),
    (cst.IfExp, mutators.operator_if_exp),
    (cst.Call, drop_argument),
    (cst.Call, swap_arguments),
    (cst.Call, leave_out_function),
    (cst.Call, other_function),
    (cst.Call, shift_range),
    ((cst.Tuple, cst.List), swap_elements),
    (cst.Index, shift_index),
    (cst.Slice, shift_slice),
    (cst.Attribute, drop_transpose),
    (cst.BinaryOperation, add_transpose),
    (cst.BinaryOperation, swap_operands),
    (cst.BinaryOperation, drop_operand),
    (cst.BinaryOperation, other_product),
    (cst.ComparisonTarget, reverse_comparison),
    ((cst.Assign, cst.AnnAssign, cst.Return), negate),
    (cst.BaseNumber, vary_number),
    (cst.BaseSmallStatement, omit_statement),
    ((cst.For, cst.While), omit_loop),
    (cst.If, turn_condition),
]
