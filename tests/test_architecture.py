"""The direction of imports, and the size of files: what keeps one part changeable without the others."""

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "auditsearch"
FILES = sorted(path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts)
MODULES = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in FILES}
LINES = 250
CLIENTS = ("opensearchpy", "sqlite3", "requests", "httpx", "urllib.request", "urllib3", "http", "socket")
RINGS = {
    ("auditsearch.delivery", "auditsearch.sweep"),
    ("auditsearch.delivery", "auditsearch.thread"),
    ("auditsearch.delivery", "auditsearch.tasks"),
    ("auditsearch.capture.gap", "auditsearch.capture.actions"),
}  # what a commit rings writes and ships by the outbox, which rings it
WRITES = ("auditsearch.capture", "auditsearch.outbox", "auditsearch.ship", "auditsearch.delivery", "auditsearch.models")


def imported(path: Path) -> set[str]:
    """Dotted names that the file imports, wherever in it: modules, and what is taken from them."""
    return {name for node in ast.walk(ast.parse(path.read_text())) for name in names(node)}


def names(node: ast.AST) -> Iterator[str]:
    """The names that one statement imports."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        assert not node.level, "imports are absolute, so that they can be read and searched for"
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def needed(path: Path) -> set[str]:
    """Modules of the package that the file imports in any of its lines, but for the sake of types alone."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    found = {name for node in ast.walk(tree) for name in names(node)}
    return {name if name in MODULES else name.rpartition(".")[0] for name in found} & MODULES.keys()


def offences(part: str, *forbidden: str, but: tuple[str, ...] = ()) -> list[str]:
    """Imports of a file or folder of the package that begin with a forbidden name."""
    paths = [path for path in FILES if path.relative_to(PACKAGE).as_posix().startswith(part)]
    assert paths, f"there is no {part}"
    return sorted(
        f"{path.relative_to(ROOT)} imports {name}"
        for path in paths
        for name in imported(path)
        if any(f"{name}.".startswith(f"{start}.") for start in forbidden) and name not in but
    )


def test_capture_never_sees_a_backend() -> None:
    forbidden = ("auditsearch.backends", "auditsearch.ship", "auditsearch.query", "auditsearch.search")
    assert offences("capture/", *forbidden, *CLIENTS) == []


def test_shipping_sees_no_model_but_the_outbox() -> None:
    forbidden = ("auditsearch.capture", "auditsearch.query", "auditsearch.search", "auditsearch.api")
    assert offences("ship.py", *forbidden, "django.db.models", "django.apps", "django.contrib", *CLIENTS) == []


def test_the_outbox_does_not_see_what_fills_it() -> None:
    assert offences("outbox.py", "auditsearch.capture", "auditsearch.logs", "auditsearch.api", *CLIENTS) == []


def test_a_question_is_pure() -> None:
    forbidden = (*WRITES, *CLIENTS, "auditsearch.backends", "auditsearch.search", "auditsearch.api", "django.db")
    assert offences("query/", *forbidden, but=("django.db.models.Q",)) == []


def test_a_backend_sees_neither_capture_nor_outbox() -> None:
    assert offences("backends/", *WRITES, "auditsearch.search", "auditsearch.api", "django.db") == []


def test_the_document_depends_on_no_part_that_uses_it() -> None:
    forbidden = (*WRITES, *CLIENTS, "auditsearch.backends", "auditsearch.query", "auditsearch.search")
    for part in ("words.py", "canonical.py", "event.py", "facts.py", "document.py", "partition.py"):
        assert offences(part, *forbidden) == []


def test_commands_only_parse_call_and_print() -> None:
    assert offences("management/", *CLIENTS, "auditsearch.query", "django.db.models", "django.db.connection") == []


def test_one_module_imports_the_client_of_the_server() -> None:
    using = [path.name for path in FILES if any(name.split(".")[0] == "opensearchpy" for name in imported(path))]
    assert len(using) == 1


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        (r"\bmark_safe\b|\|\s*safe\b|autoescape off|__html__", "a value that is not escaped"),
        (r"""["'](simple_)?query_string["']\s*:""", "a question in the engine's own language"),
        (r"\bsniff_", "hosts that the settings do not name"),
    ],
)
def test_no_file_has(pattern: str, meant: str) -> None:
    templates = sorted((PACKAGE / "templates").rglob("*.*"))
    assert templates
    assert [path.name for path in [*FILES, *templates] if re.search(pattern, path.read_text())] == [], meant


def test_one_module_imports_dramatiq() -> None:
    using = [path.name for path in FILES if any(name.split(".")[0] == "dramatiq" for name in imported(path))]
    assert using == ["tasks.py"]


def test_imports_go_in_no_circle_but_through_what_a_commit_rings() -> None:
    graph = {module: needed(path) for module, path in MODULES.items()}
    TopologicalSorter({m: {n for n in found if (m, n) not in RINGS} for m, found in graph.items()}).prepare()
    assert {(m, n) for m, n in RINGS if n in graph[m]} == RINGS


def test_there_is_no_drawer() -> None:
    assert [path for path in FILES if path.stem in ("utils", "util", "helper", "misc", "common")] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_file_is_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LINES
