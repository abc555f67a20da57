"""Folding gives black's bytes, claims nearly every statement of generated code, and takes linear time."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import black
import pytest
from black.mode import TargetVersion
from black.strings import normalize_string_quotes, str_width
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import orcagen

from orcagen.pipeline import generate
from orcagen.render import split
from orcagen.render.fold import fold_piece, format_module, format_modules

ROOT = Path(__file__).parents[2]
PYTHON = black.Mode(target_versions={TargetVersion.PY311})
STUB = black.Mode(target_versions={TargetVersion.PY311}, is_pyi=True)
# Statements on one line, without trailing commas, as templates write them.
ONE_LINE = black.Mode(
    target_versions={TargetVersion.PY311}, line_length=100_000, magic_trailing_comma=False
)


# Statements of generated code, on one line each


def literal(text: str) -> str:
    return normalize_string_quotes(repr(text))


LENGTHS = st.one_of(*[st.integers(1, most) for most in (8, 12, 20, 40, 100)])
NAMES = LENGTHS.map(lambda length: ("a_name" * 17)[:length].strip("_"))
CLASSES = LENGTHS.map(lambda length: ("SomeModel" * 12)[:length])
ASCII = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=50).map(literal)
STRINGS = st.one_of(ASCII, NAMES.map(literal))
ANY_STRINGS = st.one_of(STRINGS, st.text(max_size=100).map(literal))
SCALARS = st.one_of(
    st.sampled_from(["None", "True", "UNSET", "-1", "200", "0.5", "models.Pet"]), STRINGS
)


def joined(items: st.SearchStrategy[str], low: int, high: int, by: str = ", ") -> Any:
    return st.lists(items, min_size=low, max_size=high).map(by.join)


def in_brackets(opening: str, content: st.SearchStrategy[str], closing: str) -> Any:
    return content.map(lambda text: f"{opening}{text}{closing}")


def containers(items: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Lists, dicts, tuples and calls, some with trailing commas."""
    pairs = st.builds("{}: {}".format, st.one_of(STRINGS, NAMES), items)
    keywords = st.builds("{}={}".format, NAMES, items)
    return st.one_of(
        in_brackets("[", joined(items, 0, 5), "]"),
        in_brackets("{", joined(pairs, 0, 6), "}"),
        in_brackets("(", joined(items, 2, 4), ")"),
        in_brackets("(", items, ",)"),
        in_brackets("{", joined(pairs, 1, 6), ",}"),
        in_brackets("[", joined(items, 2, 5), ",]"),
        st.builds("{}({})".format, NAMES, joined(keywords, 0, 4)),
        st.builds("{}.{}({}, {})".format, CLASSES, NAMES, items, joined(keywords, 1, 4)),
        st.builds("{}({},)".format, NAMES, joined(keywords, 1, 4)),
        st.builds("{} | {}".format, NAMES, items),
        st.builds("{} or {}".format, NAMES, items),
    )


VALUES = st.recursive(SCALARS, containers, max_leaves=25)


def generics(types: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        joined(types, 2, 4, " | "),
        st.builds("{}[{}]".format, CLASSES, joined(types, 1, 4)),
        in_brackets("tuple[", types, ", ...]"),
        in_brackets("Union[", joined(types, 2, 4), "]"),
        in_brackets("Literal[", joined(STRINGS, 1, 6), "]"),
        in_brackets("Literal[", joined(STRINGS, 1, 6), "] | str"),
        st.builds("Annotated[{}, Discriminator({}, {})]".format, types, STRINGS, VALUES),
    )


TYPES = st.recursive(st.one_of(CLASSES, st.sampled_from(["str", "None"])), generics, max_leaves=12)
PARAMETERS = st.builds("{}: {}".format, NAMES, TYPES)
OPTIONS = st.builds("{}: {} = {}".format, NAMES, TYPES, st.one_of(SCALARS, VALUES))


@st.composite
def functions(draw: st.DrawFn) -> str:
    parameters = draw(st.lists(PARAMETERS, max_size=3))
    if draw(st.booleans()):
        parameters.insert(0, "self")
    if options := draw(st.lists(OPTIONS, max_size=5)):
        parameters += ["*", *options]
    if draw(st.booleans()):
        parameters.append("**kwargs: Unpack[Options]")
    keyword = draw(st.sampled_from(["def", "async def"]))
    comma = "," if len(parameters) > 1 and draw(st.integers(0, 9)) == 0 else ""
    body = draw(st.sampled_from([" ...", "\n    return None"]))
    result = draw(st.one_of(st.just("None"), TYPES))
    return f"{keyword} {draw(NAMES)}({', '.join(parameters)}{comma}) -> {result}:{body}"


def codecs(name: str, wrapper: str, arguments: str) -> str:
    return f"{name}Codec: Codec[{name}] = {wrapper}({name}{arguments})"


STATEMENTS = st.one_of(
    functions(),
    st.builds("class {}({}):\n    pass".format, CLASSES, joined(CLASSES, 1, 3)),
    st.lists(st.one_of(NAMES, st.builds("{0} as {0}".format, NAMES)), min_size=1, max_size=6).map(
        lambda names: "from ..models import " + ", ".join(names)
    ),
    st.builds("{}: {} = {}".format, NAMES, TYPES, VALUES),
    st.builds("{}: {}".format, NAMES, TYPES),
    st.builds("{}: TypeAlias = {}".format, CLASSES, TYPES),
    st.builds("{}: TypeAlias = ({})".format, CLASSES, TYPES),
    st.builds(
        codecs, CLASSES, CLASSES, st.sampled_from(["", ', tag="type", tags={"a": "A", "b": "B"}'])
    ),
    st.builds(
        '{}: {} = field(default=UNSET, metadata={{"wire": {}}}, alias={})'.format,
        NAMES,
        TYPES,
        STRINGS,
        STRINGS,
    ),
    st.builds("{} = {}".format, NAMES, VALUES),
    st.builds("{}.{} = {}".format, NAMES, NAMES, VALUES),
    st.builds("return {}".format, VALUES),
    st.builds(
        'return Call.of("GET", {}, path_params={}, responses={}, security=(("a",), ({}, "c")))'.format,
        STRINGS,
        VALUES,
        VALUES,
        STRINGS,
    ),
    st.builds("if {} == {}:\n    pass\nelse:\n    pass".format, NAMES, STRINGS),
    st.builds("if {} == {} and {}:\n    pass".format, NAMES, STRINGS, VALUES),
    st.builds("@define(kw_only={})\nclass A:\n    pass".format, VALUES),
    st.builds("{}({}, {})".format, NAMES, VALUES, NAMES),
)


def indented(text: str, levels: int) -> str:
    """The statement inside classes."""
    for _ in range(levels):
        text = "class Outer:\n" + "".join(f"    {line}\n" for line in text.split("\n")).rstrip("\n")
    return text


INDENTED = st.builds(indented, STATEMENTS, st.integers(0, 4))


@given(INDENTED)
@settings(max_examples=600)
def test_a_statement_is_folded_as_black_does(statement: str) -> None:
    assert format_module(statement + "\n") == black.format_str(statement, mode=PYTHON)


@given(INDENTED)
@settings(max_examples=200)
def test_a_folded_statement_stays_as_it_is(statement: str) -> None:
    folded = black.format_str(statement, mode=PYTHON)
    assert format_module(folded) == folded


def test_nearly_every_statement_is_claimed() -> None:
    claims = []

    @given(INDENTED)
    @settings(max_examples=600)
    def collect(statement: str) -> None:
        claims.append(fold_piece(statement) is not None)

    collect()
    assert len(claims) >= 600
    assert claims.count(False) < 0.05 * len(claims)


@given(st.lists(st.tuples(NAMES, ANY_STRINGS), max_size=6), ANY_STRINGS)
@settings(max_examples=300)
def test_strings_of_any_characters(items: list[tuple[str, str]], text: str) -> None:
    content = ", ".join(f"{literal(name)}: {value}" for name, value in items)
    for statement in (f"TABLE = {{{content}}}", f"TEXT: str = {text}", f"return call({text})"):
        assert format_module(statement + "\n") == black.format_str(statement, mode=PYTHON)


DOCUMENTATION = st.lists(
    st.sampled_from(
        [
            "Text.",
            "word " * 30,
            "\n",
            "\n\n",
            "\n    ",
            "    ",
            " ",
            '"',
            "\\\\",
            "\\n",
            "\\xA9",
            "\\\n",
        ]
    ),
    max_size=9,
).map(lambda parts: "".join(parts).replace('"""', '"'))


@given(DOCUMENTATION, st.sampled_from(["", "\n    ", "\n", " "]))
@settings(max_examples=500)
def test_docstrings_that_black_changes_go_to_black(text: str, end: str) -> None:
    if (text + end)[-1:] in ('"', "\\"):
        end = "."
    text = f'def name() -> None:\n    """{text}{end}"""\n    return None\n'
    assert format_module(text) == black.format_str(text, mode=PYTHON)


def test_docstrings_as_templates_write_them_are_claimed() -> None:
    piece = '''class Pet(ApiModel):
    """A pet.

    Attributes:
        name: Its name, (not unique.

        - an item
    """

    name: str
    """Its `"name"`."""
    age: float
    """ "quoted", with a backslash: \\\\xAB

    More.
    """
    size: int
    """ "quoted" """
    kind: str
    """Its kind. Default:
    "cat".
    """
'''
    assert fold_piece(piece) == black.format_str(piece, mode=PYTHON) == piece


# Examples


@pytest.mark.parametrize(
    ("statement", "folded"),
    [
        (
            "def get_pet(pet_id: int, *, expand: str | None = None, trace: str | None = None) -> Call[Pet]: ...",
            """def get_pet(
    pet_id: int, *, expand: str | None = None, trace: str | None = None
) -> Call[Pet]: ...""",
        ),
        (
            "def get_pet() -> StreamCall[SomeVeryLongNameOfAModelOfAPetShop, AnotherVeryLongNameOfAModelHere]: ...",
            """def get_pet() -> (
    StreamCall[SomeVeryLongNameOfAModelOfAPetShop, AnotherVeryLongNameOfAModelHere]
): ...""",
        ),
        (
            "def get_pet(pet: str) -> Call[SomeVeryLongNameOfAModelOfAPetShop, AnotherVeryLongNameOfAModelHere, Cats]: ...",
            """def get_pet(
    pet: str,
) -> Call[
    SomeVeryLongNameOfAModelOfAPetShop, AnotherVeryLongNameOfAModelHere, Cats
]: ...""",
        ),
        (
            "    icon: SomeVeryLongNameOfAModelOfAPetShop | AnotherNameOfAModel | Unset | None = UNSET",
            """    icon: SomeVeryLongNameOfAModelOfAPetShop | AnotherNameOfAModel | Unset | None = (
        UNSET
    )""",
        ),
        (
            '    kind: Literal["first kind", "second kind", "third kind"] | str = field(metadata={"wire": "Kind"})',
            """    kind: Literal["first kind", "second kind", "third kind"] | str = field(
        metadata={"wire": "Kind"}
    )""",
        ),
        (
            'Animal: TypeAlias = Union["SomeVeryLongNameOfAModelOfAPetShop", "AnotherVeryLongNameOfAModel", "Cat"]',
            """Animal: TypeAlias = Union[
    "SomeVeryLongNameOfAModelOfAPetShop", "AnotherVeryLongNameOfAModel", "Cat"
]""",
        ),
        (
            "Animal: TypeAlias = SomeVeryLongNameOfAModelOfAPetShop | AnotherVeryLongNameOfAModel | Cat | Dogs",
            """Animal: TypeAlias = (
    SomeVeryLongNameOfAModelOfAPetShop | AnotherVeryLongNameOfAModel | Cat | Dogs
)""",
        ),
        (
            "from ..models import (SomeModel)",
            "from ..models import SomeModel",
        ),
        (
            'return Call.of("GET", "/pets/{id}", path_params={"id": id}, security=(("key",), ("a", "b",)))',
            """return Call.of(
    "GET",
    "/pets/{id}",
    path_params={"id": id},
    security=(
        ("key",),
        (
            "a",
            "b",
        ),
    ),
)""",
        ),
        (
            'if media_type == "application/a.rather.long.media.type+json" or media_type == "application/json":',
            """if (
    media_type == "application/a.rather.long.media.type+json"
    or media_type == "application/json"
):""",
        ),
        ("x = [1, 2,]", "x = [\n    1,\n    2,\n]"),
        ("x = [\n    1,\n    2\n]", "x = [1, 2]"),
        ('x: tuple[str, ...] = ("a",)', 'x: tuple[str, ...] = ("a",)'),
    ],
)  # fmt: skip
def test_examples(statement: str, folded: str) -> None:
    assert fold_piece(statement) == folded
    nested = ("class A:\n" if statement.startswith(" ") else "") + statement
    nested += "\n    pass" if statement.startswith("if") else ""
    assert format_module(nested) == black.format_str(nested, mode=PYTHON).rstrip("\n")


LONG = "a_rather_long_name_of_something_that_does_not_fit"


@pytest.mark.parametrize(
    "statement",
    [
        f"{LONG} = {LONG}  # a comment",
        f"{LONG} = [\n    1,  # a comment\n    {LONG},\n]",
        f"{LONG} = [{LONG} for {LONG} in range(10)]",
        f"{LONG} = lambda x: {LONG}(x, {LONG})",
        f"{LONG} = {LONG} if {LONG} else None",
        f"{LONG} = {LONG}({LONG}).{LONG}().another()",
        f"{LONG} = first({LONG}).second(name).third(name)",
        f"{LONG} = f'{{{LONG}}}' + {LONG}",
        f"{LONG} = {LONG} ** 2 + {LONG}",
        f'{LONG} = ("a string of some length" "another string of some length", {LONG})',
        f'x = call("{LONG}{LONG}" "{LONG}", 1)',
        f"{LONG}: list[{LONG}_a_bit_longer | {LONG}] = (call(name=1, other=2),)",
        f"x = {{{LONG}: 1}} | {{{LONG}: 2}}",
        f"x = (name, {LONG}) + {LONG}_more",
        f"x: Codec[{LONG},] = [{LONG}, {LONG}]",
        "x = ((1))",
        f"{LONG} + {LONG}({LONG})",
        f"x: Annotated[{LONG}, field(name=1)] = {LONG}{LONG}",
        f"match {LONG}({LONG}):\n    case 1:\n        pass",
        f"class A:\n    def {LONG}(self) -> int: return {LONG}",
        f'class A:\n    def {LONG}(self) -> "{LONG}{LONG}": ...',
        f"class A:\n    def {LONG}(*args: dict[int, {LONG}]) -> None: ...",
        f"class A:\n    def name(a: {LONG} | {LONG} and {LONG}) -> None: ...",
        f"{LONG} = {LONG}, {LONG}",
        f"{LONG} = {LONG} = {LONG}",
        f"{LONG} = ['unusual', 'quotation marks', {LONG}]",
        f'{LONG} = ["{"東京" * 20}", {LONG}]',
        f'{LONG} = """{LONG}\n{LONG}"""',
        f"{LONG} = '''{LONG}\n{LONG}'''",
        f"# fmt: off\n{LONG}  =  [{LONG}]\n# fmt: on",
        f"{LONG} += {LONG}({LONG})",
        f"{LONG}_{LONG} = [{LONG}]",
        f"assert {LONG}, {LONG}({LONG})",
        f"del {LONG}, {LONG}, {LONG}",
        f"with {LONG}({LONG}) as {LONG}:\n    pass",
        f"for {LONG} in {LONG}({LONG}):\n    pass",
        f"class {LONG}{LONG}():\n    pass",
        f"{LONG} = {LONG} + \\\n    {LONG}",
        "x = 1e+16",
        "x = (1)",
        "x = [(1)]",
        "x = 1,",
        "x = [\n\t1,\n]",
        "if x:\n\ty = 1",
        "x = 1\n\f\ny = 2",
        "# yapf: disable\nx = [\n    1]\n# yapf: enable",
        'x = """a\ny = [1, 2,]\nz"""',
        "x = '''a\ny = [1, 2,]\nz'''",
        'def name():\n    """a\rb"""',
        "x: (int) = 1",
        "while (x):\n    pass",
        'x = [\n    """a string""",\n    """another"""\n]',
        "'a docstring'",
    ],
)
def test_what_is_not_claimed_goes_to_black(statement: str) -> None:
    assert format_module(statement + "\n") == black.format_str(statement, mode=PYTHON)
    nested = f"if name:\n    x = 1\n    {statement.replace(chr(10), chr(10) + '    ')}\n"
    assert format_module(nested) == black.format_str(nested, mode=PYTHON)


@pytest.mark.parametrize("keyword", ["lambda: ", "await ", "*", "not "])
def test_values_that_are_not_claimed(keyword: str) -> None:
    assert fold_piece(f"{LONG} = {keyword}{LONG}({LONG}, {LONG})") is None


def test_type_parameters_are_not_claimed() -> None:
    assert fold_piece(f"def {LONG}[T]({LONG}: T) -> T: ...") is None


def test_only_characters_of_one_column_are_measured() -> None:
    characters = [chr(n) for n in range(sys.maxunicode + 1) if split.NARROW.fullmatch(chr(n))]
    assert len(characters) > 1000
    assert {str_width(character) for character in characters} == {1}
    wide = f'x = ["{"é" * 30}", "{"東京" * 15}"]\n'
    assert len(wide) < 88 < str_width(wide)
    assert format_module(wide) == black.format_str(wide, mode=PYTHON)


@pytest.mark.parametrize(
    "statement",
    [
        # The commas that black adds at first change what it does next.
        f"def get() -> Call[{LONG}, {LONG}_too]: ...",
        f"def get(pet: int) -> Call[{LONG}, {LONG}_too]: ...",
        f"def get(pet: tuple[int, str] = (1, 2)) -> Call[{LONG}, {LONG}]: ...",
        f"def name(a: (A | B) = None, {LONG}: int = 1, {LONG}_b: int = 2) -> None: ...",
        "def name() -> (int): ...",
        "def name():\n    return (x)",
        "if (x):\n    pass",
        f"def name(*{LONG}: {LONG} | {LONG}_b) -> None: ...",
        f"x: Codec[{LONG}, None,] = {LONG}_too",
        f"x = {LONG}({LONG}) + {LONG}()",
        f"x = {LONG}({LONG}) + {LONG}[0]",
        f"{LONG}: A | B = ({LONG} + {LONG})",
        f"{LONG}_{LONG}: A | B = 1",
        f"name: {LONG}_{LONG} = field(default=UNSET, alias=1)",
        f"name: {LONG}_{LONG} = field(default=UNSET)",
        f"from {LONG}.{LONG} import ({LONG},)",
        f"class {LONG}({LONG}):\n    pass",
        f"while {LONG} < {LONG}:\n    pass",
        # The first line does not fit: parentheses around the value, if all lines fit then.
        f"{LONG}_of_a_client_of_pets_and_a_shop = Method({LONG}_of_a_client_of_pets_and_a_shop)",
        f"{LONG}_of_a_client_of_pets_and_a_big_shop = Method({LONG}_of_a_client_of_pets_and_a_big_shop)",
        f"{LONG}_{LONG} = Method({LONG}_{LONG})",
        f'{LONG}: APetShop{LONG}[ClientT] = load("{LONG}", "{LONG}")',
        f'{LONG}: Methods[ClientT] = load_the_methods_of("{LONG}", "{LONG}")',
        f'{LONG}_of_pets: Methods[{LONG}] = load_methods("{LONG}", "{LONG}")',
        f"if {LONG}_of_a_client_of_pets_and_a_shop({LONG}, {LONG}):\n    pass",
    ],
)
def test_rules_of_black(statement: str) -> None:
    assert fold_piece(statement) == black.format_str(statement, mode=PYTHON).rstrip("\n")


# Modules


MODULE = f'''"""A module."""

from __future__ import annotations

from ..models import {", ".join(f"SomeModel{n}" for n in range(9))}

TABLE: dict[str, Any] = {{"a": [{", ".join(map(str, range(50)))}]}}


def first(*, {LONG}: str | None = None, limit: int | None = None) -> Call[Any]:
    """The first.

    More.
    """
    return Call.of("GET", "/", query_params={{"name": {LONG}, "limit": limit}})


def second() -> Call[Any]:
    return Call.of([{LONG} for x in {LONG}], answer={LONG})
'''


def count_calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that black gets."""
    texts: list[str] = []
    format_str: Callable[..., str] = black.format_str

    def counted(text: str, **options: Any) -> str:
        texts.append(text)
        return format_str(text, **options)

    monkeypatch.setattr(black, "format_str", counted)
    return texts


def test_black_gets_only_the_pieces_that_are_not_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    formatted = black.format_str(MODULE, mode=PYTHON)
    texts = count_calls(monkeypatch)
    assert format_module(MODULE) == formatted
    assert [text.split("(")[0] for text in texts] == ["def second"]


DOCUMENT = """
openapi: 3.1.0
info: {title: Pets, version: '1'}
paths:
  /reports:
    get:
      operationId: getReport
      tags: [reports]
      responses: {'200': &report {description: '', content: {text/csv: {schema: {type: string}}, application/json: {}}}}
  /pets:
    get:
      operationId: getPetReport
      tags: [pets]
      responses: {'200': *report}
    put: {operationId: NAME, tags: [pets], responses: {'204': {description: ''}}}
components:
  schemas:
    Pet: {properties: {kind: {type: string, description: DESCRIPTION, default: cat}}}
"""


def test_black_gets_nothing_of_a_usual_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = DOCUMENT.replace("NAME", f"{LONG}_in_the_shop_of_the_pets_and_a_report")
    document = document.replace("DESCRIPTION", "A kind of a pet. " * 4 + "These are all pets.")
    (tmp_path / "pets.yaml").write_text(document, encoding="utf-8")
    texts = count_calls(monkeypatch)
    files = generate(str(tmp_path / "pets.yaml"), "pets").files
    assert texts == []
    own = {path: text for path, text in files.items() if path.endswith(".py") and text}
    assert format_modules(own, fold=False) == own


def test_switched_off_black_formats_whole_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = count_calls(monkeypatch)
    assert format_module(MODULE, fold=False) == format_module(MODULE)
    assert texts[0] == MODULE


def test_the_same_piece_is_formatted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = count_calls(monkeypatch)
    files = format_modules({"a.py": MODULE, "b.py": MODULE.replace("first", "other")})
    assert files["b.py"] == files["a.py"].replace("first", "other")
    assert len(texts) == 1


def test_many_pieces_for_black() -> None:
    files = {f"{n}.py": MODULE.replace("second", f"second_{n}") for n in range(45)}
    formatted = format_modules(files)
    assert formatted["7.py"] == black.format_str(files["7.py"], mode=PYTHON)
    assert formatted["8.py"] == formatted["7.py"].replace("second_7", "second_8")


def test_stubs_and_other_files() -> None:
    stub = f"from .a import {LONG} as {LONG}\nfrom .b import B as B\n\nMODULES: dict[str, str]\n"
    odd = "class A:\n    def f(self) -> int: ...\n    x = lambda: 1\n\nclass B: ...\n"
    files = format_modules({"a.pyi": stub, "b.pyi": odd, "py.typed": "", "notes.md": "a" * 100})
    assert files["a.pyi"] == black.format_str(stub, mode=STUB)
    assert files["py.typed"] == ""
    assert files["notes.md"] == "a" * 100
    off = format_modules({"a.pyi": stub, "b.pyi": odd}, fold=False)
    assert off["a.pyi"] == files["a.pyi"]
    assert off["b.pyi"] == black.format_str(odd, mode=STUB)


@pytest.mark.parametrize(
    "text",
    [
        f'"""A module.\n\n\n{LONG}\n"""\n\nx = [{LONG}, {LONG}]\n',
        f'x = 1\n\n\n"""Not a docstring. """\ny = [{LONG}, {LONG}]\n',
        f"class A:\n    x = 1\n\n\n    y = [{LONG}, {LONG}]\n    z = lambda: None\n",
        f"# fmt: off\nx  = 1\n\n\ny = [{LONG}, {LONG}]\n# fmt: on\n",
        "",
        "\n",
    ],
)
def test_gaps_that_separate_no_pieces(text: str) -> None:
    assert format_module(text) == black.format_str(text, mode=PYTHON)


def test_a_generated_package(tmp_path: Path) -> None:
    """The modules of a package, with each statement on one line."""
    orcagen("generate", ROOT / "spec/openapi.yaml", "--output", tmp_path, "--package", "videos")
    files = {
        str(path): black.format_str(path.read_text(encoding="utf-8"), mode=ONE_LINE)
        for path in sorted((tmp_path / "videos").rglob("*.py"))
        if "_runtime" not in path.parts
    }
    assert len(files) > 50
    for name, text in format_modules(files).items():
        assert text == black.format_str(files[name], mode=PYTHON), name
    pieces = [piece for text in files.values() for piece in text.split("\n\n\n")]
    unclaimed = [piece for piece in pieces if fold_piece(piece) is None]
    assert len(unclaimed) <= 0.01 * len(pieces), unclaimed


# Time


def count_lines(text: str) -> int:
    """How many lines of Python are executed in order to fold a piece."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Callable[..., Any]:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        assert fold_piece(text) is not None
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("kind", ["table", "parameters", "union", "statements", "broken"])
def test_time_is_linear(kind: str) -> None:
    def text(size: int) -> str:
        row = '{"name": "a name", "values": [1, 2, {"of": ("a",)}], "and": "' + "long " * 15 + '"}'
        match kind:
            case "table":
                rows = ", ".join(f'"{n}": {row}' for n in range(size))
                return f"TABLE: dict[str, Any] = {{{rows}}}"
            case "parameters":
                names = ", ".join(f"{LONG}_{n}: {LONG} | None = None" for n in range(size))
                return f"def name({names}) -> None: ..."
            case "union":
                return f"A: TypeAlias = {' | '.join(f'{LONG}_{n}' for n in range(size))}"
            case "statements":
                return "class A:" + f'\n    {LONG}: Literal["{LONG}"] | None = UNSET' * size
            case _:
                return "TABLE = [\n" + f"    {row},\n" * size + "]"

    assert count_lines(text(400)) < 4.4 * count_lines(text(100))


def test_deep_nesting_is_left_to_black() -> None:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(1000)  # Python's own: the command line, which other tests call, raises it
    try:
        assert fold_piece(f"x = {'[' * 2000}{LONG}, {LONG}{']' * 2000}") is None
    finally:
        sys.setrecursionlimit(limit)
