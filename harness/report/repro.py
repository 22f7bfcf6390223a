"""A folder that repeats one case without this project: model, script, requirements, and a bug report to fill in."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

import msgspec

from harness import templates
from harness.errors import InputError, UsageError
from harness.evidence.records import Attestation, CaseRecord, CellRecord, Host, Results
from harness.neutral import neutral
from harness.report.redact import redacted

_LOG_BYTES = 32 * 2**20
_NOT_NEEDED = frozenset(
    ("pytest", "pluggy", "iniconfig", "packaging", "pygments", "exceptiongroup", "tomli", "typing-extensions")
)
_SCRIPTED = ("fp32", "fp16-flag", "fp16-typed", "bf16-flag", "bf16-typed", "int8-qdq", "fp8-qdq")


class _JobCase(msgspec.Struct):
    id: str
    model: str | None = None
    options: dict[str, object] = {}


class _Job(msgspec.Struct):
    libraries: list[str] = []
    module: str = ""
    cases: list[_JobCase] = []


@dataclass(frozen=True, slots=True)
class Subject:
    """One case of one run, with what its cell was asked.

    ``elsewhere``: how the same case last ended in other cells, from other runs.
    """

    results: Results
    cell: CellRecord
    case: CaseRecord
    folder: Path
    elsewhere: dict[str, str] = field(default_factory=dict)

    @property
    def job(self) -> _Job:
        """What the run that executed the case asked of its cell; a reused case's is in an earlier run's folder."""
        run = self.folder.resolve().parent / self.case.reused_from if self.case.reused_from else self.folder
        path = run / (self.cell.evidence or f"evidence/{self.cell.id}") / "job.json"
        try:
            return msgspec.json.decode(path.read_bytes(), type=_Job)
        except (OSError, msgspec.DecodeError) as error:
            raise InputError(f"{path}: cannot be read ({error}); run the case again") from error


def find(results: Results, folder: Path, words: str) -> Subject:
    """The case that ``CELL::CASE`` (or a case's id that only one cell has) names."""
    wanted_cell, separator, wanted_case = words.rpartition("::")
    found = [
        Subject(results, cell, case, folder)
        for cell in results.cells
        for case in cell.cases
        if case.id == wanted_case and (not separator or cell.id == wanted_cell)
    ]
    if len(found) != 1:
        raise UsageError(_not_one(results, words, [f"{each.cell.id}::{each.case.id}" for each in found]))
    return found[0]


def _not_one(results: Results, words: str, found: Sequence[str]) -> str:
    run = results.run.id
    if found:
        return f"case {words!r} is {len(found)} cases of run {run} ({', '.join(found[:3])}); name one as CELL::CASE"
    names = [f"{cell.id}::{case.id}" for cell in results.cells for case in cell.cases]
    near = get_close_matches(words, names, n=2, cutoff=0.5)
    hint = f"near to it: {', '.join(near)}" if near else "`trt-matrix show CELL` lists the cases of a cell"
    return f"case {words!r} is not in run {run}; {hint}"


def possible(subject: Subject) -> bool:
    """``write`` would make the folder."""
    try:
        _model(subject)
    except (InputError, UsageError):
        return False
    return True


def _model(subject: Subject) -> Path:
    """The model that the case was built from."""
    case = subject.case
    if case.route != "onnx" or case.recipe not in _SCRIPTED:
        raise UsageError(
            f"case {case.id}: route {case.route} with recipe {case.recipe} needs this project; use `{case.repeat}`"
        )
    if any(each.options.get("plugins") for each in subject.job.cases if each.id == case.id):
        raise UsageError(f"case {case.id}: its plugin libraries need this project; use `{case.repeat}`")
    model = next((Path(each.model) for each in subject.job.cases if each.id == case.id and each.model), None)
    if model is None or not model.is_file():
        raise InputError(
            f"{model or case.id}: the model is no longer there; run the case again, then `trt-matrix repro`"
        )
    return model


def write(subject: Subject, to: Path) -> Path:
    """Make the folder; returns it. Refuses a case that the script could not repeat truly, and a folder in use."""
    case, cell = subject.case, subject.cell
    model = _model(subject)
    if to.exists() and any(to.iterdir()):
        raise UsageError(f"{to}: is not empty; name another folder with --to")
    to.mkdir(parents=True, exist_ok=True)
    for file in [model, *_external(model)]:
        shutil.copyfile(file, to / ("model.onnx" if file == model else file.name))
    attestation = cell.attestation or Attestation(library_version="", library_path="", library_sha256="")
    (to / "repro.py").write_text(_script(subject, subject.job), encoding="utf-8")
    (to / "requirements.txt").write_text(_requirements(attestation), encoding="utf-8")
    (to / "README.md").write_text(_readme(subject, attestation), encoding="utf-8")
    _copy_log(subject.folder / case.evidence / "tensorrt.log", to / "tensorrt.log")
    return to


def _external(model: Path) -> list[Path]:
    """External data lies beside the model that this project emitted."""
    return [path for path in sorted(model.parent.iterdir()) if path.suffix in (".data", ".bin") and path.is_file()]


def _script(subject: Subject, job: _Job) -> str:
    case = subject.case
    return templates.render(
        templates.folder("reports/templates"),
        "repro.py.txt",
        module=repr(job.module),
        libraries=repr([Path(path).name for path in job.libraries]),
        recipe=repr(case.recipe),
        target=repr(case.target),
        expected=ascii(redacted(neutral(f"{case.outcome.value} {case.reason}".strip()))),
    )


def _requirements(attestation: Attestation) -> str:
    """What was installed in the cell, without what only the tests needed."""
    kept = {name: version for name, version in attestation.packages.items() if name.lower() not in _NOT_NEEDED}
    head = f"# Python {attestation.python}\n"
    return head + "".join(f"{name}=={version}\n" for name, version in sorted(kept.items()))


def _copy_log(source: Path, to: Path) -> None:
    try:
        with source.open("rb") as file:
            text = file.read(_LOG_BYTES).decode(errors="replace")
    except OSError:
        return
    to.write_text(redacted(neutral(text)), encoding="utf-8")


def _readme(subject: Subject, attestation: Attestation) -> str:
    case, cell, host = subject.case, subject.cell, subject.results.run.host
    fields = {
        "TensorRT Version": f"{cell.flavour} {attestation.library_version or cell.version}",
        "NVIDIA GPU": ", ".join(attestation.gpus or host.gpus) or f"none (built for {case.target} without a device)",
        "NVIDIA Driver Version": attestation.driver or host.driver or "none",
        "CUDA Version": attestation.cuda_runtime or cell.cuda,
        "CUDNN Version": attestation.packages.get("nvidia-cudnn-cu12", "not used"),
        "Operating System": _system(host, cell),
        "Python Version": attestation.python or cell.python,
        "Baremetal or Container (if so, version)": attestation.image_digest
        or (cell.source if cell.environment == "docker" else "bare metal"),
    }
    findings = [f"- {finding.title} (`{finding.rule}`)" for finding in case.findings if not finding.predicted]
    told = "; ".join(finding.title for finding in case.findings if not finding.predicted)
    lines = [
        f"# {case.outcome.value}: {case.id} in {cell.id}",
        "",
        "## To repeat",
        "",
        "```sh",
        "python -m venv venv && venv/bin/pip install -r requirements.txt",
        "venv/bin/python repro.py      # -v for the whole log",
        "```",
        "",
        f"Recorded: {case.outcome.value} at {case.stage.value}. {case.reason}".rstrip(),
        *(["", *findings] if findings else []),
        "",
        "## For a bug report to NVIDIA",
        "",
        "### Description",
        "",
        f"{case.reason or told or case.outcome.value} (recipe {case.recipe}, target {case.target})",
        "",
        "### Environment",
        "",
        *(f"**{name}**: {value}" for name, value in fields.items()),
        "",
        "### Relevant Files",
        "",
        f"**Model link**: model.onnx in this folder, with tensorrt.log; library sha256 {attestation.library_sha256}",
        "",
        "### Steps To Reproduce",
        "",
        "**Commands or scripts**: see above",
        f"**Have you tried the latest release?**: {_other_releases(subject)}",
        "**Can this model run on other frameworks?**: not tried here; `polygraphy run model.onnx --onnxrt` tells",
        "",
        "Home folders and what looks like a secret were taken out of these files; look at the model itself before you",
        "pass it on: its weights are yours.",
        "",
    ]
    return redacted(neutral("\n".join(lines)))


def _other_releases(subject: Subject) -> str:
    """How the same case ended in the other cells of its run, else as the history has it, where it was executed."""
    own = f"{subject.cell.flavour} {subject.cell.version}"
    here = {
        f"{cell.flavour} {cell.version}": case.outcome.value
        for cell in subject.results.cells
        for case in cell.cases
        if case.id == subject.case.id and case.outcome.executed
    }
    ended = {release: outcome for release, outcome in (subject.elsewhere | here).items() if release != own}
    told = "; ".join(f"{release}: {outcome}" for release, outcome in sorted(ended.items()))
    return told or "no other release ran this case"


def _system(host: Host, cell: CellRecord) -> str:
    return f"Ubuntu {cell.ubuntu}" if cell.ubuntu else f"{host.os} {host.machine}"
