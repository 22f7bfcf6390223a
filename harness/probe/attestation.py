"""What is really loaded in this cell, found out in a child: a library that crashes on loading costs only that."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import platform
import select
import signal
import sys
import traceback
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional

from . import events, gpus, library
from .job import Job

PATIENCE_S = 180.0


@dataclass(frozen=True)
class Attested:
    """The child's answer. ``reason`` is empty where the asked library is loaded, else why no case may be built."""

    child: int
    facts: Dict[str, Any] = field(default_factory=dict)
    outcome: str = ""
    reason: str = ""


def attest(job: Job) -> Attested:
    """Fork a child that loads and imports as a case would, and judge its answer.

    The child goes on to hash the files while cases are built; ``finish`` waits for it.
    """
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read_end)
        _child(job, write_end)
    os.close(write_end)
    answer = _answer(read_end)
    os.close(read_end)
    if answer is None:
        return _silent(job, child)
    if answer.get("error"):
        _write(job, {**_nothing_loaded(), "notes": [answer["error"]]})
        return Attested(child, {}, "failed", "library-not-loaded: " + answer["error"])
    return Attested(child, answer, *judge(job, answer))


def judge(job: Job, facts: Dict[str, Any]) -> List[str]:
    """Outcome and reason for the cases of a cell; both empty where the library is the asked one."""
    for version, path in facts["loaded"]:
        if library.flavour(path) != job.flavour or not library.covers(job.version, version):
            asked = "{} {}".format(job.flavour, job.version)
            loaded = "{} {}".format(library.flavour(path), version or "of no known version")
            return ["failed", "wrong-version: asked {}, loaded {} from {}".format(asked, loaded, path)]
    if not facts["loaded"]:
        return ["failed", "wrong-version: asked {}, but no TensorRT library is loaded".format(job.version)]
    return ["", ""]


def finish(job: Job, attested: Attested) -> None:
    """Wait for the child; where it was lost, leave what it had said. Adds the users' libraries that cases loaded."""
    if attested.child:
        os.waitpid(attested.child, 0)
    if attested.facts and not os.path.exists(_path(job)):
        notes = ["the process that hashes the library's files was lost"]
        _write(job, {**_public(attested.facts), "notes": notes})
    loaded = _plugins(job)
    if loaded:
        with open(_path(job), encoding="ascii") as file:
            facts = json.load(file)
        _write(job, {**facts, "plugins": loaded})


def _plugins(job: Job) -> List[Dict[str, Any]]:
    """Each library once, with all that it brought in some case."""
    found: Dict[Any, Dict[str, Any]] = {}
    for case in job.cases:
        for event in events.named(job.folder(case), "plugin-library"):
            file = {name: event[name] for name in ("library", "sha256")}
            known = found.setdefault(tuple(file.values()), {**file, "creators": []})
            told = ["{name} {version}".format(**creator) for creator in event["creators"]]
            known["creators"] += [words for words in told if words not in known["creators"]]
    return list(found.values())


def _child(job: Job, pipe: int) -> None:
    status = 1
    try:
        facts = _facts(job)
        os.write(pipe, json.dumps(facts).encode("ascii") + b"\n")
        os.close(pipe)
        if not facts.get("error"):
            _write(job, _with_hashes(facts))
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _facts(job: Job) -> Dict[str, Any]:
    try:
        library.load(job.libraries)
        module = importlib.import_module(job.module)
    except Exception as error:
        return {"error": "{}: {}".format(type(error).__name__, error)}
    parsers = library.mapped(library.PARSER)
    loaded = [(library.reported_version(path), path) for path in library.mapped(library.CORE)]
    return {
        "library_version": loaded[0][0] if loaded else "",
        "library_path": loaded[0][1] if loaded else "",
        "loaded": [[version, path] for version, path in loaded],
        "module": job.module,
        "module_version": str(getattr(module, "__version__", "")),
        "python": platform.python_version(),
        "parser_path": parsers[0] if parsers else "",
        "cuda_runtime": library.cuda_runtime(),
        "driver": gpus.driver(),
        "gpus": gpus.gpus(),
        "packages": _packages(),
        "notes": [*("also loaded: " + path for _, path in loaded[1:]), *library.stand_ins()],
    }


def _packages() -> Dict[str, str]:
    found = {}
    for distribution in importlib.metadata.distributions():
        name = distribution.metadata["Name"]
        if name:
            found[name] = distribution.version
    return dict(sorted(found.items()))


def _public(facts: Dict[str, Any]) -> Dict[str, Any]:
    """The fields of the host's ``Attestation`` record."""
    return {**_nothing_loaded(), **{k: v for k, v in facts.items() if k != "loaded"}}


def _with_hashes(facts: Dict[str, Any]) -> Dict[str, Any]:
    hashes = {
        name + "_sha256": library.sha256(facts[name + "_path"])
        for name in ("library", "parser")
        if facts[name + "_path"]
    }
    return {**_public(facts), **hashes}


def _nothing_loaded() -> Dict[str, Any]:
    return {
        "library_version": "",
        "library_path": "",
        "library_sha256": "",
        "parser_sha256": "",
        "python": platform.python_version(),
        "notes": [],
    }


def _path(job: Job) -> str:
    return os.path.join(job.out, "attestation.json")


def _write(job: Job, facts: Dict[str, Any]) -> None:
    """Whole or not at all."""
    temporary = _path(job) + ".tmp"
    with open(temporary, "w", encoding="ascii") as file:
        json.dump(facts, file, indent=1, sort_keys=True)
    os.replace(temporary, _path(job))


def _answer(pipe: int) -> Optional[Dict[str, Any]]:
    """The child's line; ``None`` where it ended or hung without one."""
    data = b""
    while not data.endswith(b"\n"):
        ready, _, _ = select.select([pipe], [], [], PATIENCE_S)
        block = os.read(pipe, 65536) if ready else b""
        if not block:
            return None
        data += block
    answer = json.loads(data)
    return answer if isinstance(answer, dict) else None


def _silent(job: Job, child: int) -> Attested:
    """The child ended, or hangs, without a word."""
    os.kill(child, signal.SIGKILL) if not _ended(child) else None
    _, status = os.waitpid(child, 0)
    reason = "library-not-loaded: " + _ending(status)
    _write(job, {**_nothing_loaded(), "notes": [reason]})
    return Attested(0, {}, "crashed", reason)


def _ended(child: int) -> bool:
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _ending(status: int) -> str:
    if os.WIFSIGNALED(status):
        return "{} while the library was loaded and imported".format(signal.Signals(os.WTERMSIG(status)).name)
    return "the process ended with status {} while the library was loaded".format(os.WEXITSTATUS(status))
