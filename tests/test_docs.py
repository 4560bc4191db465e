"""What the documentation says exists, and what exists stands in the documentation."""

import ast
import importlib
import re
from pathlib import Path

import pytest
from django.core.management import BaseCommand, load_command_class

from auditsearch.conf import NAMES, Settings
from auditsearch.monitor.metrics import METRICS
from auditsearch.query.lookups import LOOKUPS
from auditsearch.query.parse import FIELDS, LIKE

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.glob("*.md"))]
COMMANDS = sorted(path.stem for path in (ROOT / "auditsearch/management/commands").glob("auditsearch_*.py"))
OTHERS = {"auditsearch_outbox", "auditsearch_events"}  # a table, a fixture


def sections(page: str, level: str) -> dict[str, str]:
    """Heading -> the text beneath it."""
    parts = re.split(rf"^{level} (.+)$", (DOCS / page).read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def anchors(page: Path) -> set[str]:
    """The fragments that a page's headings can be linked by."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def options(command: str) -> set[str]:
    """The long options that a command adds to those of every command."""
    own, common = load_command_class("auditsearch", command), BaseCommand()
    return long_options(own) - long_options(common)


def long_options(command: BaseCommand) -> set[str]:
    """The options that the command's parser knows."""
    parser = command.create_parser("manage.py", "")
    return {option for action in parser._actions for option in action.option_strings if option.startswith("--")}


def test_the_settings_page_lists_exactly_the_settings() -> None:
    assert sorted(heading for heading in sections("settings.md", "###")) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_is_documented_with_its_default_and_a_meaning(name: str) -> None:
    text = sections("settings.md", "###")[name]
    default, meaning = re.match(r"\n+Default: `(.+)`\n\n(.+)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    assert ast.literal_eval(default) == getattr(Settings, name)
    assert len(meaning.split()) > 5


def test_the_commands_page_lists_exactly_the_commands() -> None:
    assert sorted(sections("commands.md", "##")) == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_documented_with_each_of_its_options(command: str) -> None:
    told = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", sections("commands.md", "##")[command]))
    assert told - {"--help"} == options(command)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_tells_what_it_and_each_of_its_options_does(command: str) -> None:
    parser = load_command_class("auditsearch", command).create_parser("manage.py", command)
    assert parser.description
    assert [action.dest for action in parser._actions if not action.help] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_a_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if re.match(r"https?:", target):
            continue
        name, _, fragment = target.partition("#")
        file = (page.parent / name) if name else page
        assert file.exists(), target
        assert not fragment or fragment in anchors(file), target


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_a_dotted_name_exists(page: Path) -> None:
    text = re.sub(r"getLogger\(.+?\)", "", page.read_text())  # a logger's name is no module's
    for name in set(re.findall(r"\bauditsearch(?:\.[A-Za-z_]+)+\b", text)):
        if not name.endswith((".sqlite3", ".sqlite", ".log")):
            assert resolves(name), name


def resolves(name: str) -> bool:
    """Whether a dotted name is a module of the package or something in one."""
    module, _, attribute = name.rpartition(".")
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        return hasattr(importlib.import_module(module), attribute)
    return True


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_what_the_examples_import_exists(page: Path) -> None:
    for module, names in re.findall(r"^from (auditsearch[\w.]*) import (.+)$", page.read_text(), re.MULTILINE):
        for name in names.split(", "):
            assert hasattr(importlib.import_module(module), name), f"{module}.{name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_a_command_of_make_or_of_manage_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = page.read_text()
    assert set(re.findall(r"(?:^ {4}|`)make ([a-z0-9-]+)", text, re.MULTILINE)) <= targets
    assert set(re.findall(r"\bauditsearch_[a-z_]+", text)) <= {*COMMANDS, *OTHERS, *METRICS}


def test_the_readme_begins_with_the_demo_and_then_the_tests() -> None:
    commands = re.findall(r"^ {4}(\S.+)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert commands[:2] == ["make demo", "make test"]


def test_the_readme_names_each_page_of_the_documentation() -> None:
    readme = (ROOT / "README.md").read_text()
    assert [page.name for page in DOCS.glob("*.md") if f"(docs/{page.name})" not in readme] == []


def first_column(page: str, heading: str) -> set[str]:
    """What stands in code in the first column of the table that a section begins with."""
    table = sections(page, "##")[heading].strip().split("\n\n")[0]
    cells = re.findall(r"^\| (`.+?) \|", table, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def test_the_querying_page_lists_exactly_the_lookups() -> None:
    assert first_column("querying.md", "Lookups") == set(LOOKUPS)


def test_the_querying_page_lists_exactly_the_fields_that_can_be_asked() -> None:
    names = {name for name in first_column("querying.md", "Fields") if not name.startswith("_")}
    assert names == set(FIELDS) - {"_changed"} | {"search", "phrase", *(f"search__{how}" for how in LIKE)}


def test_the_operations_page_lists_exactly_the_metrics() -> None:
    text = sections("operations.md", "##")["Health and metrics"]
    assert set(re.findall(r"^\| `(auditsearch_\w+)` \|", text, re.MULTILINE)) == set(METRICS)


def test_the_page_about_questions_says_what_stores_need_not_agree_about() -> None:
    told = (DOCS / "querying.md").read_text().partition("**Where stores may differ.**")[2].partition("\n\n")[0]
    assert [name for name in ("`search__fuzzy`", "`SEARCH_LANGUAGES`", "relevance") if name not in told] == []
