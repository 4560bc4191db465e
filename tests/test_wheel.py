"""The wheel holds what the checkout holds, and what it holds can be read from it."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SUFFIXES = {".py", ".sql", ".json", ".typed", ".md", ".html", ".css", ".js", ".txt", ".po", ".mo", ".ndjson"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, timeout=900)
    (file,) = folder.glob("auditsearch-*.whl")
    with zipfile.ZipFile(file) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


def contents(folder: Path) -> dict[str, bytes]:
    """Relative path -> bytes of each source and resource."""
    paths = [path for path in folder.rglob("*") if path.suffix in SUFFIXES and "__pycache__" not in path.parts]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_the_wheel_holds_the_package_the_index_templates_and_the_dashboards_byte_for_byte(wheel: Path) -> None:
    file = "dashboards/auditsearch.ndjson"
    others = {file: (ROOT / file).read_bytes()}
    templates = {f"index_templates/{name}": raw for name, raw in contents(ROOT / "index_templates").items()}
    assert templates
    assert contents(wheel / "auditsearch") == contents(ROOT / "auditsearch") | templates | others


def test_the_packaged_templates_are_read_from_the_package(wheel: Path) -> None:
    code = (
        "import sys, json; sys.path.insert(0, sys.argv[1]); from auditsearch import resources as r; "
        "print(json.dumps([r.__file__, r.read_json('index_templates/index-template.json')]))"
    )
    command = [sys.executable, "-c", code, str(wheel)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, cwd=wheel, timeout=900)
    file, template = json.loads(answer.stdout)
    assert file.startswith(str(wheel))
    assert template == json.loads((ROOT / "index_templates" / "index-template.json").read_bytes())


def test_the_wheel_names_its_licence_and_readme(wheel: Path) -> None:
    (metadata,) = wheel.glob("*.dist-info/METADATA")
    assert "License-Expression: BSD-3-Clause" in metadata.read_text()
    assert "# auditsearch" in metadata.read_text()
