from pathlib import Path

import pytest

from sealgrade.bank import BankError, Change, load_bank

CHANGE = '[[change]]\ncell = "one"\nold = "a"\nnew = "b"\n'
MISTAKE = 'kind = "mistake"\nsummary = "S"\nhint = "H"\nloses = ["p"]\n'
ALTERNATIVE = 'kind = "alternative"\nsummary = "S"\n'
CELLS = {"one": "x = a\n", "two": "y = b\n"}


def write(folder: Path, text: str, name: str = "entry") -> Path:
    (folder / f"{name}.toml").write_text(text)
    return folder


def test_entries_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    write(tmp_path, ALTERNATIVE + CHANGE, "other")
    write(tmp_path, MISTAKE + CHANGE, "mistake")

    mistake, other = load_bank(tmp_path)

    assert (mistake.name, mistake.kind, mistake.summary, mistake.hint, mistake.loses) == (
        "mistake",
        "mistake",
        "S",
        "H",
        ("p",),
    )
    assert mistake.changes == (Change(cell="one", old="a", new="b"),)
    assert (other.name, other.kind, other.hint, other.loses) == ("other", "alternative", "", ())


def test_an_entry_replaces_text_or_whole_cells_and_leaves_what_it_was_given_alone(tmp_path: Path) -> None:
    whole = '[[change]]\ncell = "two"\nsource = """\ny = 3\n"""\n'
    (entry,) = load_bank(write(tmp_path, ALTERNATIVE + CHANGE + whole))

    assert entry.apply(CELLS) == {"one": "x = b\n", "two": "y = 3"}
    assert CELLS["one"] == "x = a\n"


def test_changes_of_one_cell_follow_one_another(tmp_path: Path) -> None:
    (entry,) = load_bank(write(tmp_path, ALTERNATIVE + CHANGE + CHANGE.replace('"b"', '"c"').replace('"a"', '"b"')))

    assert entry.apply(CELLS)["one"] == "x = c\n"


@pytest.mark.parametrize(("source", "count"), [("x = a + a", 2), ("x = 1", 0)])
def test_text_that_does_not_stand_exactly_once_is_an_error(tmp_path: Path, source: str, count: int) -> None:
    (entry,) = load_bank(write(tmp_path, ALTERNATIVE + CHANGE))

    with pytest.raises(BankError, match=rf"entry\.toml: old = 'a' stands {count} times in the solved cell one"):
        entry.apply({"one": source})


def test_a_cell_that_does_not_exist_is_an_error_that_lists_the_cells(tmp_path: Path) -> None:
    (entry,) = load_bank(write(tmp_path, ALTERNATIVE + CHANGE))

    with pytest.raises(BankError, match=r"'one' is not a solution cell\. These are: three, two"):
        entry.apply({"two": "", "three": ""})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind = ", "is not a TOML file"),
        ('kind = "error"\n', r"kind = 'error'\. Write kind = \"mistake\" or"),
        ('summary = "S"\n', "kind = None"),
        (MISTAKE.replace('hint = "H"\n', "") + CHANGE, "hint is missing"),
        (MISTAKE.replace('["p"]', "[]") + CHANGE, "List the parts"),
        (MISTAKE.replace('["p"]', '"p"') + CHANGE, "List the parts"),
        (MISTAKE.replace('["p"]', '["p", "p"]') + CHANGE, "names a part twice"),
        (MISTAKE.replace('"S"', '""') + CHANGE, "summary = ''. Write one line"),
        (ALTERNATIVE + 'hint = "H"\n' + CHANGE, "hint is not known"),
        (ALTERNATIVE + 'loses = ["p"]\n' + CHANGE, "loses is not known"),
        (MISTAKE.replace("summary", "sumary").replace("hint", "#") + CHANGE, "sumary is not known .* Is summary meant"),
        (MISTAKE.replace("summary", "sumary").replace("hint", "#") + CHANGE, "hint, summary are missing"),
        (ALTERNATIVE, "change is missing"),
        (ALTERNATIVE + "change = []\n", r"each headed \[\[change\]\]"),
        (ALTERNATIVE + 'change = "x"\n', r"each headed \[\[change\]\]"),
        (ALTERNATIVE + '[[change]]\ncell = "one"\n', "new, old are missing"),
        (ALTERNATIVE + CHANGE + 'source = "s"\n', "new is not known"),
        (ALTERNATIVE + CHANGE.replace('"b"', "1"), "new = 1 in a"),
        (ALTERNATIVE + CHANGE.replace('"a"', '""'), "old = '' in a"),
        (ALTERNATIVE + CHANGE.replace('"b"', '"a"'), "old and new are the same"),
    ],
)
def test_an_entry_that_is_not_valid_is_refused_with_its_file_the_key_and_what_to_write(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(BankError, match=message) as caught:
        load_bank(write(tmp_path, text))

    assert str(caught.value).startswith(str(tmp_path / "entry.toml"))


def test_all_entries_that_are_not_valid_or_do_not_fit_the_solution_are_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, 'kind = "error"\n', "first")
    write(tmp_path, ALTERNATIVE + CHANGE, "right")
    write(tmp_path, ALTERNATIVE + CHANGE.replace('"a"', '"c"'), "second")

    with pytest.raises(BankError) as caught:
        load_bank(tmp_path, CELLS)

    lines = str(caught.value).split("\n")
    assert [line.partition(".toml")[0].rpartition("/")[2] for line in lines] == ["first", "second"]


def test_a_name_that_cannot_be_part_of_a_student_id_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BankError, match="used in student ids"):
        load_bank(write(tmp_path, ALTERNATIVE + CHANGE, "a+b"))


def test_a_bank_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BankError, match="There is no bank in"):
        load_bank(tmp_path / "bank")
