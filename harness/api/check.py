"""Check a user's files against releases: what of TensorRT's API they use that will not survive."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from harness.api.collect import Collector, Use
from harness.api.infer import Inference
from harness.api.judge import Finding, Level
from harness.api.names import Names
from harness.api.panel import Panel, Reach
from harness.errors import InputError
from harness.support.surfaces import Language, Surface, Surfaces, load
from harness.versions import Release

_IGNORE = r"#\s*trt-matrix:\s*ignore\[([^\]\n]+)\]|//\s*trt-matrix:\s*ignore\[([^\]\n]+)\]"
_LARGEST = 8 * 1024 * 1024
PYTHON_SUFFIXES = (".py", ".pyw")
CPP_SUFFIXES = (".cpp", ".cc", ".cxx", ".cu", ".h", ".hpp", ".hh", ".cuh", ".inl")


class Report(NamedTuple):
    """What was found, and what could not be looked at. ``ignored`` are findings with a comment."""

    findings: list[Finding]
    ignored: list[tuple[Finding, str]]
    files: list[str]
    notes: list[str]

    @property
    def broken(self) -> bool:
        return any(finding.level is not Level.DEPRECATED for finding in self.findings)


class _File(NamedTuple):
    name: str
    text: str
    lines: list[str]
    tree: ast.Module


def check(paths: Sequence[Path], targets: Sequence[Release] | None, old: Release | None) -> Report:
    """Check files, and the source files of folders, against releases; ``old`` is what they run on today.

    Without ``targets``: against every release whose API of a file's language is known.
    """
    files = sorted({file for path in paths for file in _sources(path)})
    cpp = [file for file in files if file.suffix in CPP_SUFFIXES]
    python = [file for file in files if file.suffix not in CPP_SUFFIXES]
    reports = [_check_language(Language.PYTHON, python, targets, old)] if python else []
    reports += [_check_language(Language.CPP, cpp, targets, old)] if cpp else []
    return Report(
        [finding for report in reports for finding in report.findings],
        [pair for report in reports for pair in report.ignored],
        [name for report in reports for name in report.files],
        [note for report in reports for note in report.notes],
    )


def _check_language(
    language: Language, files: list[Path], targets: Sequence[Release] | None, old: Release | None
) -> Report:
    surfaces = load(language)
    surfaces_of = surfaces.all() if targets is None else _surfaces_of(targets, surfaces)
    before = surfaces.surface(old) if old else None
    if language is Language.PYTHON:
        return check_python(files, surfaces_of, before, surfaces)
    from harness.api.cpp_check import check_cpp  # not needed for Python alone, which is the usual

    texts = {str(file): read_source(file).decode("utf-8", errors="replace") for file in files}
    findings, notes = check_cpp(texts, surfaces_of, before, surfaces)
    kept, ignored = split_ignored(_sorted(findings), texts)
    return Report(kept, ignored, list(texts), notes)


def _surfaces_of(targets: Sequence[Release], surfaces: Surfaces) -> list[Surface]:
    """Of several targets those are left out whose API of this language is not known."""
    known = [found for found in map(surfaces.find, targets) if found] if len(targets) > 1 else []
    return known or [surfaces.surface(release) for release in targets]


def targets(words: Sequence[str]) -> list[Release] | None:
    """The releases that ``--to`` names; None for ``all``."""
    if "all" in words:
        return None
    return sorted(map(Release.parse, words), key=lambda release: (release.flavour, release.version))


def _sources(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    suffixes = (*PYTHON_SUFFIXES, *CPP_SUFFIXES)
    hidden = (file for file in path.rglob("*") if file.suffix in suffixes and file.is_file())
    return [file for file in hidden if not any(part.startswith(".") for part in file.relative_to(path).parts)]


def check_python(paths: Sequence[Path], targets: Sequence[Surface], old: Surface | None, surfaces: Surfaces) -> Report:
    """Check Python files together: one that imports another by its file name is followed into it."""
    files, notes = list[_File](), list[str]()
    for path in paths:
        try:
            files.append(_parse(path))
        except SyntaxError as error:
            notes.append(f"{path}: not read, it is no Python 3 ({error.msg}, line {error.lineno})")
    names = Names(surfaces)
    inference = Inference(_modules(files), names)
    collector = Collector(inference)
    uses = {file.name: _relevant(collector.module(inference.scopes[file.tree]), file, files) for file in files}
    panel = Panel(targets, names, old=old, own_names=inference.own_names)
    reach = Reach(targets, inference, collector.sites)
    findings: list[Finding] = []
    for file in files:
        for use in uses[file.name]:
            rulings = panel.refusals(reach.truth(use.guards[-1])[True]) if use.refuses else panel.rulings(use)
            if rulings:
                found = panel.findings(use, rulings, reach.reached(use.guards, use.within), file.name)
                findings += found if file.text.isascii() else [_in_characters(one, file.lines) for one in found]
    kept, ignored = split_ignored(_sorted(findings), {file.name: file.text for file in files})
    return Report(kept, ignored, [file.name for file in files], notes)


def _sorted(findings: list[Finding]) -> list[Finding]:
    """By place, each once."""
    once = {(one.file, one.line, one.column, one.symbol, one.level, one.message): one for one in findings}
    return sorted(once.values(), key=lambda one: (one.file, one.line, one.column, one.symbol))


def _parse(path: Path) -> _File:
    data = read_source(path)
    text = data.decode(_encoding(data), errors="replace")
    return _File(str(path), text, text.splitlines(), ast.parse(data, filename=str(path)))


def _encoding(data: bytes) -> str:
    """Of a source file; most need no module to tell it."""
    if data.isascii() and b"coding" not in b"".join(data.split(b"\n", 2)[:2]):
        return "ascii"
    import tokenize

    return tokenize.detect_encoding(BytesIO(data).readline)[0]


def read_source(path: Path) -> bytes:
    """A source file's bytes. Raises InputError where it cannot be read or is no source file by its size."""
    try:
        if path.stat().st_size > _LARGEST:
            raise InputError(f"{path}: {path.stat().st_size} bytes is more than a source file has; leave it out")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}; name a readable file") from error


def _modules(files: list[_File]) -> dict[str, ast.Module]:
    """The trees by module name. Of two files with one name the first is imported by it, a module before a package."""
    modules: dict[str, ast.Module] = {}
    for number, file in enumerate(sorted(files, key=lambda file: Path(file.name).stem == "__init__")):
        path = Path(file.name)
        name = path.parent.name if path.stem == "__init__" else path.stem
        modules[f"{name}#{number}" if name in modules else name] = file.tree
    return modules


def _relevant(uses: list[Use], file: _File, files: list[_File]) -> list[Use]:
    """Uses judged by the name alone count only in files that have to do with TensorRT."""
    modules = {Path(other.name).stem for other in files if "tensorrt" in other.text}
    concerned = "tensorrt" in file.text or any(
        isinstance(node, (ast.Import, ast.ImportFrom)) and _imports(node) & modules for node in ast.walk(file.tree)
    )
    return uses if concerned else [use for use in uses if use.owners or use.module]


def _imports(node: ast.Import | ast.ImportFrom) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name.rpartition(".")[2] for alias in node.names}
    return {(node.module or "").rpartition(".")[2], *(alias.name for alias in node.names)}


def _in_characters(finding: Finding, lines: list[str]) -> Finding:
    """Columns in characters: the syntax tree counts bytes of UTF-8."""
    line = lines[finding.line - 1]
    if line.isascii():
        return finding
    data = line.encode()
    column, end = (len(data[: at - 1].decode(errors="replace")) + 1 for at in (finding.column, finding.end_column))
    return finding._replace(column=column, end_column=end)


def split_ignored(findings: list[Finding], texts: dict[str, str]) -> tuple[list[Finding], list[tuple[Finding, str]]]:
    """Take out the findings on lines with a comment ``# trt-matrix: ignore[reason]``."""
    lines = {name: text.splitlines() for name, text in texts.items() if "trt-matrix:" in text}
    kept, ignored = list[Finding](), list[tuple[Finding, str]]()
    for finding in findings:
        at = lines.get(finding.file, [])[finding.line - 1 : finding.line]
        comment = re.search(_IGNORE, at[0]) if at else None
        if comment:
            ignored.append((finding, (comment[1] or comment[2]).strip()))
        else:
            kept.append(finding)
    return kept, ignored
