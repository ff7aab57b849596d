"""The messages of Python and numpy that a student needs, by their forms.

Theory of operation. Such a message is fixed words with a few things between them: names, types, sizes. It crosses the
wall as a text like any other, and a student's code can make up one. So what is between the words is looked at: names
are kept where they are known anyway, numbers (of the ten digits of ASCII: Unicode has hundreds) only as far as
together they say no more than one float does, and what is a value is always cut.
"""

import re
from collections.abc import Callable
from functools import cache

_DIGITS = 16  # and minus signs, of all numbers of a message together
_LAMBDAS = {"<lambda>", "<locals>", "<listcomp>", "<genexpr>", "<dictcomp>", "<setcomp>"}
_SLOTS = {
    "name": r"([\w.<>]{1,200})",
    "type": r"([\w.<>]{1,200})",
    "names": r"('\w{1,100}'(?:, '\w{1,100}'){0,5}(?:,? and '\w{1,100}')?)",
    "n": r"(-?[0-9]{1,6})",
    "shape": r"(\((?:[0-9]{1,6}(?:, ?[0-9]{1,6}){0,5},?)?\))",
    "op": r"(?:[-+*/%@&|^]=?|(?://|<<|>>|\*\*)=?|[<>]=?|\*\* or pow\(\)|divmod\(\))",
    "value": r"((?s:.+))",
    "s": "s?",
    "was": "(?:was|were)",
}
_FORMS = """
name '{name}' is not defined
local variable '{name}' referenced before assignment
cannot access local variable '{name}' where it is not associated with a value
cannot access free variable '{name}' where it is not associated with a value in enclosing scope
{name}() takes {n} positional argument{s} but {n} {was} given
{name}() takes from {n} to {n} positional arguments but {n} {was} given
{name}() takes {n} positional argument{s} but {n} positional argument{s} (and {n} keyword-only argument{s}) were given
{name}() missing {n} required positional argument{s}: {names}
{name}() missing {n} required keyword-only argument{s}: {names}
{name}() got an unexpected keyword argument '{name}'
{name}() got multiple values for argument '{name}'
{name}() got some positional-only arguments passed as keyword arguments: '{name}'
{name}() takes no arguments
{name}() takes no keyword arguments
{name}() takes exactly one argument ({n} given)
{name}() takes at most {n} argument{s} ({n} given)
{name}() takes at least {n} argument{s} ({n} given)
{name} expected {n} argument{s}, got {n}
{name} expected at most {n} argument{s}, got {n}
{name} expected at least {n} argument{s}, got {n}
__init__() should return None, not '{name}'
'{name}' object has no attribute '{name}'
'{name}' object has no attribute '{name}' and no __dict__ for setting new attributes
type object '{name}' has no attribute '{name}'
module '{name}' has no attribute '{name}'
can't set attribute '{name}'
cannot assign to field '{name}'
property '{name}' of '{name}' object has no setter
No module named '{name}'
unsupported operand type(s) for {op}: '{type}' and '{type}'
bad operand type for unary {op}: '{type}'
bad operand type for abs(): '{type}'
'{op}' not supported between instances of '{type}' and '{type}'
can't multiply sequence by non-int of type '{type}'
can only concatenate {type} (not "{type}") to {type}
must be real number, not {type}
float() argument must be a string or a real number, not '{type}'
int() argument must be a string, a bytes-like object or a real number, not '{type}'
'{type}' object cannot be interpreted as an integer
'{type}' object is not callable
'{type}' object is not subscriptable
'{type}' object is not iterable
'{type}' object is not an iterator
'{type}' object is not reversible
'{type}' object does not support item assignment
'{type}' object does not support item deletion
'{type}' object does not support the context manager protocol
object of type '{type}' has no len()
unhashable type: '{type}'
cannot unpack non-iterable {type} object
not enough values to unpack (expected {n}, got {n})
not enough values to unpack (expected at least {n}, got {n})
too many values to unpack (expected {n})
too many values to unpack (expected {n}, got {n})
division by zero
float division by zero
complex division by zero
integer division or modulo by zero
integer modulo by zero
float modulo
float floor division by zero
0.0 cannot be raised to a negative power
math domain error
math range error
cannot convert float NaN to integer
cannot convert float infinity to integer
could not convert string to float: {value}
could not convert string to complex: {value}
complex() arg is a malformed string
invalid literal for int() with base {n}: {value}
list index out of range
list assignment index out of range
tuple index out of range
string index out of range
range object index out of range
pop from empty list
pop from an empty deque
list indices must be integers or slices, not {type}
tuple indices must be integers or slices, not {type}
string indices must be integers, not '{type}'
slice indices must be integers or None or have an __index__ method
range() arg 3 must not be zero
min() arg is an empty sequence
max() arg is an empty sequence
min() iterable argument is empty
max() iterable argument is empty
maximum recursion depth exceeded
maximum recursion depth exceeded in comparison
maximum recursion depth exceeded while calling a Python object
generator didn't yield
dictionary changed size during iteration
index {n} is out of bounds for axis {n} with size {n}
index {n} is out of bounds for size {n}
axis {n} is out of bounds for array of dimension {n}
too many indices for array: array is {n}-dimensional, but {n} were indexed
only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean arrays are valid indices
arrays used as indices must be of integer (or boolean) type
invalid index to scalar variable.
operands could not be broadcast together with shapes {shape} {shape}
operands could not be broadcast together with shapes {shape} {shape} {shape}
could not broadcast input array from shape {shape} into shape {shape}
non-broadcastable output operand with shape {shape} doesn't match the broadcast shape {shape}
shapes {shape} and {shape} not aligned: {n} (dim {n}) != {n} (dim {n})
matmul: Input operand {n} has a mismatch in its core dimension {n}, with gufunc signature (n?,k),(k,m?)->(n?,m?) \
(size {n} is different from {n})
matmul: Input operand {n} does not have enough dimensions (has {n}, gufunc core with signature \
(n?,k),(k,m?)->(n?,m?) requires {n})
cannot reshape array of size {n} into shape {shape}
zero-dimensional arrays cannot be concatenated
need at least one array to concatenate
need at least one array to stack
all input arrays must have the same shape
all the input array dimensions except for the concatenation axis must match exactly, but along dimension {n}, the \
array at index {n} has size {n} and the array at index {n} has size {n}
all the input arrays must have same number of dimensions, but the array at index {n} has {n} dimension(s) and the \
array at index {n} has {n} dimension(s)
setting an array element with a sequence.
setting an array element with a sequence. The requested array has an inhomogeneous shape after {n} dimensions. The \
detected shape was {shape} + inhomogeneous part.
only length-1 arrays can be converted to Python scalars
only 0-dimensional arrays can be converted to Python scalars
can only convert an array of size 1 to a Python scalar
only integer scalar arrays can be converted to a scalar index
iteration over a 0-d array
len() of unsized object
The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()
The truth value of an empty array is ambiguous. Use `array.size > 0` to check that an array is not empty.
zero-size array to reduction operation {name} which has no identity
ufunc '{name}' not supported for the input types, and the inputs could not be safely coerced to any supported types \
according to the casting rule ''{name}''
ufunc '{name}' did not contain a loop with signature matching types {value} -> {value}
loop of ufunc does not support argument {n} of type {name} which has no callable {name} method
Cannot cast ufunc '{name}' output from dtype('{name}') to dtype('{name}') with casting rule '{name}'
output array is read-only
assignment destination is read-only
Singular matrix
Incompatible dimensions
Last 2 dimensions of the array must be square
{n}-dimensional array given. Array must be at least two-dimensional
{n}-dimensional array given. Array must be two-dimensional
Eigenvalues did not converge
SVD did not converge
x and y must have same first dimension, but have shapes {shape} and {shape}
raised by a function of the test
raised by a right version of this, which stood in for yours
"""

# What of a text is kept: how many names, and the places that are cut out.
Match = tuple[int, list[tuple[int, int]]]


def match(text: str, is_known: Callable[[str], bool]) -> Match | None:
    """Look at a text as one of these messages.

    Args:
        text: what crossed the wall, whole.
        is_known: tells whether a name, without dots, may be shown.

    Returns:
        How many names it shows, and which places of it are to be cut; None where it is none of them.
    """
    found = _pattern().fullmatch(text.removesuffix(" "))  # numpy leaves one behind its shapes
    if found is None:
        return None
    names, digits, cuts = 0, 0, list[tuple[int, int]]()
    for number, kind in enumerate(_kinds(), 1):
        if found.start(number) < 0:
            continue
        slot = found[number]
        words = re.findall(r"'(\w+)'", slot) if kind == "names" else slot.split(".") if kind in ("name", "type") else []
        if kind == "value" or not all(word in _LAMBDAS or is_known(word) for word in words):
            cuts.append(found.span(number))
        elif words:
            names += len(words)
        else:
            digits += len(re.findall(r"[-0-9]", slot))
    return None if digits > _DIGITS else (names, cuts)


def is_of_types(text: str, is_known: Callable[[str], bool]) -> bool:
    """Whether a text is one of these messages that say nothing but types and operators.

    Args:
        text: the whole of it.
        is_known: tells whether a type's name, without dots, may be shown.
    """
    found = _pattern_of_types().fullmatch(text)
    slots = (slot for slot in found.groups() if slot is not None) if found is not None else ()
    return found is not None and all(is_known(word) for slot in slots for word in slot.split("."))


@cache
def _lines() -> list[str]:
    return _FORMS.strip().splitlines()


@cache
def _kinds() -> list[str]:
    return [kind for line in _lines() for kind in re.findall(r"\{(\w+)\}", line) if "(" in _bare(kind)]


def _bare(kind: str) -> str:
    """A slot's pattern without what does not capture."""
    return _SLOTS[kind].replace("(?:", "").replace(r"\(", "")


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile("|".join(map(_pattern_of, _lines())))


@cache
def _pattern_of_types() -> re.Pattern[str]:
    lines = [line for line in _lines() if set(re.findall(r"\{(\w+)\}", line)) <= {"type", "op"}]
    return re.compile("|".join(map(_pattern_of, lines)))


def _pattern_of(line: str) -> str:
    pieces = re.split(r"\{(\w+)\}", line)
    return "".join(_SLOTS[piece] if i % 2 else re.escape(piece) for i, piece in enumerate(pieces))
