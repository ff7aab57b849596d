"""What a student reads of a message: what is needed to mend the work, and nothing that a hidden test has handed in."""

from time import process_time
from typing import Any

import pytest

from sealgrade.examiner.vocabulary import vocabulary

CALL = "from sealgrade.testing import call, compare, numbers\n"
RK4 = """class RK4:
    def __init__(self, f): self.f = f
    def step({arguments}):
        return {result}
"""


def reads(one: Any, test: str) -> str:
    """What the student reads of a test that fails."""
    verdict = one.test(test)
    assert verdict.error is not None
    return str(verdict.for_student)


def reads_all(one: Any, test: str) -> None:
    """The student reads what the instructor does."""
    verdict = one.test(test)
    assert verdict.error is not None
    assert verdict.for_student == verdict.error[1]


# What a student needs


def test_a_wrong_number_of_arguments_is_told(student: Any) -> None:
    one = student(RK4.format(arguments="t, y, h", result="y"))

    message = reads(one, "RK4(abs).step(0.5, 1, 0.8)")
    assert message == "RK4.step() takes 3 positional arguments but 4 were given"
    reads_all(one, CALL + "call('RK4(f).step(0.5, y, 0.8)', RK4(abs).step, 0.5, 1, 0.8)")


def test_a_name_with_a_typing_error_is_told_with_its_line(student: Any) -> None:
    one = student(RK4.format(arguments="self, t, y, h", result="y + k5"))

    message = reads(one, "RK4(abs).step(0.5, 1, 0.8)")
    assert message == "name 'k5' is not defined  (in line 4 of your cell `theirs`: return y + k5)"
    reads_all(one, CALL + "call('RK4(f).step(0.5, y, 0.8)', RK4(abs).step, 0.5, 1, 0.8)")


def test_how_a_test_names_the_thing_is_left_in_a_helper_s_message(student: Any) -> None:
    one = student("class Grid:\n    def __init__(self, n): self.n = n\n    def f(self): return 3.0")

    test = "import numpy as np\ngrid, n = Grid(5), 5\nwhat = f'Grid({n}).f() of Grid'\n"
    test += "compare(what, numbers(what, grid.f(), shape=()), np.array(4.0))"
    reads_all(one, CALL + test)


@pytest.mark.parametrize("label", ["stable", "a", "method", "is", "not"])
def test_the_test_s_own_words_are_left_whatever_the_student_returns(student: Any, label: str) -> None:
    half = len(label) // 2
    one = student(f"def label(h): return {label[:half]!r} + {label[half:]!r}")

    message = reads(
        one,
        "got = label(2.5)\n"
        "assert got == 'x', f'label(2.5) is {got!r}, but a method is unstable from h = 2 on. Is it stable there?'",
    )
    shown = "…" if label in ("stable", "is", "not") else label
    assert message == f"label(2.5) is '{shown}', but a method is unstable from h = 2 on. Is it stable there?"


@pytest.mark.parametrize(
    "line",
    ["self.name = f.__name__ + 1", "assert n % 2 == 0, 'n must be even'", "raise ValueError('n must be even')"],
)
def test_the_quoted_line_of_the_student_s_source_is_never_cut(student: Any, line: str) -> None:
    one = student(f"class A: pass\ndef say(): return ['self', 'must', 'na' + 'me', 'must ' + 'be']\n"
                  f"def f(self, f, n):\n    {line}")  # fmt: skip

    reads_all(one, "say()\nf(A, A, 3)")
    message = reads(one, f"say()\n{CALL}call('f(3)', f, A, A, 3)")
    assert message.endswith(f"  (in line 4 of your cell `theirs`: {line})")


def test_a_text_that_stands_in_the_source_is_shown(student: Any) -> None:
    one = student("def label(h): return 'stable'\ndef check(n): raise ValueError('n must be even')")

    reads_all(one, "assert label(1) == 'x', f'it is {label(1)!r}'")
    reads_all(one, CALL + "call('check(3)', check, 3)")


def test_of_an_f_string_the_words_are_shown(student: Any) -> None:
    one = student("def check(n): raise ValueError(f'n = {n} must be even')")

    assert reads(one, "check('hidden42')").startswith("n = … must be even  (in line 1")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("1 / 0", "division by zero"),
        ("[] ** 2", "unsupported operand type(s) for ** or pow(): 'list' and 'int'"),
        ("np.zeros(3) + np.zeros(2)", "operands could not be broadcast together with shapes (3,) (2,) "),
        ("np.zeros(3)[7]", "index 7 is out of bounds for axis 0 with size 3"),
        ("np.zeros((2, 3)) @ np.zeros(2)", "matmul: Input operand 1 has a mismatch in its core dimension 0, "
         "with gufunc signature (n?,k),(k,m?)->(n?,m?) (size 2 is different from 3)"),
        ("np.linalg.inv(np.zeros((2, 2)))", "Singular matrix"),
        ("f(1, 2)", "f() takes 0 positional arguments but 2 were given"),
        ("g(1)", "g() missing 2 required positional arguments: 'b' and 'c'"),
        ("g(1, 2, 3, d=4)", "g() got an unexpected keyword argument 'd'"),
        ("f.a", "'function' object has no attribute 'a'"),
        ("3(4)", "'int' object is not callable"),
        ("3[4]", "'int' object is not subscriptable"),
        ("a, b = 1, 2, 3", "too many values to unpack (expected 2)"),
        ("for _ in 3: pass", "'int' object is not iterable"),
        ("b = c; c = 1", "cannot access local variable 'c' where it is not associated with a value"),
        ("{}['a']", "'a'"),
        ("float('x' + 'yz')", "could not convert string to float: …"),
        ("if np.zeros(2): pass", "The truth value of an array with more than one element is ambiguous. "
         "Use a.any() or a.all()"),
    ],
)  # fmt: skip
def test_the_messages_of_python_and_numpy_are_told(student: Any, code: str, message: str) -> None:
    one = student(f"import numpy as np\ndef g(a, b, c): pass\ndef f():\n    {code}")

    told = reads(one, "f()")
    assert told.startswith(f"{message}  (in line 4 of your cell"), told


# What a student's code could try


@pytest.mark.parametrize(
    "raises",
    [
        "TypeError(secret)",
        "NameError(f\"name '{secret}' is not defined\")",
        'TypeError(f"{secret}() takes 3 positional arguments but 4 were given")',
        "AttributeError(f\"'{secret}' object has no attribute '{secret}'\")",
        "ValueError(f'could not convert string to float: {secret}')",
        "ValueError(f'division by zero {secret}')",
        "KeyError(secret)",
        "TypeError(f'must {secret} be')",
        "ValueError('index %d is out of bounds for size %d' % (int(secret[6:] * 5), 1234567))",
        "ValueError('shapes (%s,%s) and (%s,%s) not aligned: 1 (dim 1) != 2 (dim 2)' % (*4 * ['424242'],))",
        "ValueError(f'a is {secret}, but b')",
        "ValueError('it is wrong' + secret + 'it is wrong')",
    ],
)
def test_a_hidden_text_in_the_words_of_a_known_message_is_cut(student: Any, raises: str) -> None:
    one = student(f"def f(secret): raise {raises}")

    for test in (
        "f('hidden42')",
        CALL + "call('f()', f, 'hidden42')",
        "try:\n    f('hidden42')\nexcept Exception as e:\n    assert False, f'it is {e}, but wrong'",
    ):
        message = reads(one, test).replace("(in line 1", "").split(" of your cell")[0]
        assert "42" not in message


@pytest.mark.parametrize(
    "names", ["type(secret, (), {})().x", "eval(secret)", "exec(f'def {secret}(): pass\\n{secret}(1)')"]
)
def test_a_name_made_of_a_hidden_text_is_cut(student: Any, names: str) -> None:
    one = student(f"def f(secret): return {names}")

    message = reads(one, "f('hidden_of_the_test')")
    assert "hidden_of" not in message


def test_of_words_that_stand_in_a_dictionary_in_the_source_few_are_shown(student: Any) -> None:
    words = [f"w{i}w" for i in range(500)]
    one = student(f"words = '{' '.join(words)}'.split()\ndef f(numbers): return [words[i] for i in numbers]")

    for test in ("got = f(range(100, 200))\nassert 0, f'{got}'", "assert 0, ' '.join(f(range(100, 200)))"):
        message = reads(one, test)
        assert sum(word in message for word in words) == 4


@pytest.mark.parametrize("letters", ["abcdefghij", "0123456789"])
def test_of_letters_that_stand_in_the_source_few_are_shown(student: Any, letters: str) -> None:
    one = student(f"letters = {list(letters)}\ndef f(numbers): return [letters[i] for i in numbers]")

    message = reads(one, "assert 0, repr(f([3, 1, 4, 1, 5, 9, 2, 6]))")
    assert sum(message.count(letter) for letter in letters) == 4


def test_a_dictionary_for_a_source_says_nothing(student: Any) -> None:
    words = [f"w{i}w" for i in range(5000)]
    one = student(f"words = '{' '.join(words)}'.split()\ndef f(i): return words[i]")

    assert reads(one, "assert 0, f'it is {f(42)}'") == "it is …"


def test_messages_of_python_are_no_alphabet(student: Any) -> None:
    one = student("def f(bits): return ['Singular matrix' if b else 'division by zero' for b in bits]\n")
    one.cell("one, two = ('Singular', 'matrix'), ('division', 'by', 'zero')\n"
             "def f(bits): return [' '.join(one if b else two) for b in bits]")  # fmt: skip

    message = reads(one, "assert 0, repr(f([1, 0, 1, 1, 0, 0, 0, 1]))")
    assert message.count("Singular matrix") + message.count("division by zero") <= 4


def test_the_test_s_own_words_are_no_alphabet(student: Any) -> None:
    """A student's code that knows them repeats them, and what is between them."""
    one = student("def f(secret): return ', but '.join(secret) + ' is wrong' + secret + 'it is '")

    message = reads(one, "got = f('hidden')\nassert 0, f'it is {got}, but not {got} is wrong'")
    assert not set(message.replace("it is ", "").replace(", but not ", "").replace(" is wrong", "")) - set("…, but")
    assert "h" not in message.replace("with", "")


def test_lines_of_the_source_are_no_alphabet(student: Any) -> None:
    """Each of many caught errors makes known a line; a text that repeats the lines shows one of them at most."""
    say = "def say():\n    lines = 'in line %d of your cell `theirs`: def f%d(): raise ValueError(%d)'\n"
    say += "    return ' '.join(lines % (i, i - 1, i - 1) for i in [3, 1, 4, 2])"
    one = student("\n".join([*(f"def f{i}(): raise ValueError({i})" for i in range(8)), say]))
    calls = "".join(f"try: f{i}()\nexcept ValueError: pass\n" for i in range(8))

    message = reads(one, calls + "assert 0, say()")
    assert message.count("of your cell") == 1


SPACES = """
def text(secret, alphabet):
    return ''.join(alphabet[(b >> k) & 3] for b in secret.encode() for k in (6, 4, 2, 0))
"""


@pytest.mark.parametrize(
    "alphabet",
    ["\\x1c\\x1d\\x1e\\x1f", "\\u2000\\u2001\\u2002\\u2003", "\\t\\v\\f\\x85", "\\u2028\\u2029\\xa0\\r", " \\n\\t\\r"],
)
def test_white_space_says_nothing_of_a_hidden_text(student: Any, alphabet: str) -> None:
    one = student(SPACES + f"def say(secret): return text(secret, '{alphabet}')\n"
                  "def fail(secret): raise ValueError(say(secret))")  # fmt: skip

    tests = (
        "fail({!r})",
        CALL + "call('f()', fail, {!r})",
        "got = say({!r})\nassert 0, f'got {{got}}, wrong'",
        "got = say({!r})\nassert 0, f'got {{got!r}}, wrong'",
        "got = say({!r})\nassert 0, ''.join([*got])",
    )
    for test in tests:
        assert reads(one, test.format("hid")) == reads(one, test.format("tex"))


def test_lists_of_blanks_show_no_lengths(student: Any) -> None:
    one = student("def f(secret): return [' ' * (2 + b) for b in secret.encode()]\ndef g(n): return ' ' * n")

    assert reads(one, "got = f('hid')\nassert 0, f'got {got}'") == "got ['…', '…', '…']"
    assert reads(one, "got = g(20)\nassert 0, f'got {got}, wrong'") == "got …, wrong"
    assert reads(one, "got = g(1) + g(1)\nassert 0, f'got {got}, wrong'") == "got  , wrong"


def test_white_space_of_the_test_s_own_is_left(student: Any) -> None:
    one = student("def f(): return '  '")

    assert reads(one, "f()\nassert 0, 'first\\n    second'") == "first\n    second"


@pytest.mark.parametrize(
    "says",
    [
        "index {} is out of bounds for axis 0 with size 1".format("\u0664\u0662"),
        "axis {} is out of bounds for array of dimension 1".format("\U0001d7d0"),
        "operands could not be broadcast together with shapes (\u0967,) (2,) ",
        "operands could not be broadcast together with shapes (3,) (2,)  ",
        "division by zero" + 5 * " ",
        "shapes (1234,56) and (78,90) not aligned: -1 (dim -1) != -1 (dim -1)",
    ],
)
def test_other_digits_more_blanks_and_many_signs_are_none_of_python_s(student: Any, says: str) -> None:
    one = student(f"def f(): raise ValueError({says!r})\n".replace(" by", " b' 'y").replace("ould", "oul' 'd")
                  .replace("of ", "o' 'f ").replace("not al", "no' 't al"))  # fmt: skip

    assert reads(one, "f()").startswith("…  (in line 1")


def test_a_hidden_text_is_cut_where_its_middle_is_left_out(student: Any) -> None:
    one = student("def f(secret): return secret + 'z'")

    message = reads(one, "import reprlib\ngot = f('hidden_secret' * 10)\nassert 0, f'got {reprlib.repr(got)}'")
    assert message == "got '…...…'"


def test_where_too_much_is_found_nothing_is_shown(student: Any) -> None:
    one = student("def f(): return ' ' * 2 + 'abc' * 3000, 'abc'")

    assert reads(one, "got, _ = f()\nassert 0, f'got {got}'") == "…"


def test_blanks_in_quotes_in_the_source_are_no_words(student: Any) -> None:
    one = student("A = '\x1c\x1d', '\x1e'\ndef f(i): return A[i]")

    assert {reads(one, f"got = f({i})\nassert 0, f'got {{got!r}}'") for i in (0, 1)} == {"got '…'"}


@pytest.mark.parametrize("repeated", ['\\\\"', "\\\\'", "\"'\\\\", "'\\\\\"", "r'", '"""\'', "f\"{'"])
def test_the_words_of_a_large_source_are_found_in_time(repeated: str) -> None:
    start = process_time()
    assert "word" in vocabulary(["word = (\n" + repeated * 100_000]).words
    assert process_time() - start < 5


def test_a_source_that_is_too_large_has_no_words() -> None:
    assert not vocabulary(["word = 1\n", "x" * 1_000_000]).words
    assert vocabulary(["word = 1\n"]).knows("word")


def test_a_source_whose_reading_was_ended_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def ends(source: str) -> None:
        raise TimeoutError

    monkeypatch.setattr("sealgrade.examiner.vocabulary._words", ends)
    with pytest.raises(TimeoutError):
        vocabulary(["never_read = 1"])
    assert vocabulary(["never_read = 1"]).words == frozenset()
