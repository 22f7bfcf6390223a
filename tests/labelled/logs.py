"""The labelled logs: messages in the frames that loggers, servers and containers put around them."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import msgspec
import yaml

HERE = Path(__file__).parent
_WORDS = {"E": "ERROR", "W": "WARNING", "I": "INFO", "V": "VERBOSE"}
_SPD = {"E": "error", "W": "warning", "I": "info", "V": "trace"}


class Labelled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``lines`` begin with the severity (``R``: as it stands); ``expect``: the findings that are no part of another."""

    name: str
    frame: str
    lines: list[str]
    expect: list[str]
    first: str
    source: str = ""
    crlf: bool = False
    wrap: int = 0
    ansi: bool = False
    utf16: bool = False


def labelled(half: str) -> list[Labelled]:
    """One of ``benchmarks.labelled.HALVES``; README.md beside this file tells what they are."""
    return msgspec.convert(yaml.safe_load((HERE / f"{half}.yaml").read_text()), list[Labelled])


def render(log: Labelled) -> bytes:
    lines = [_framed(log, line[0], line[2:]) for line in log.lines] if log.frame != "raw" else list(log.lines)
    if log.wrap:
        lines = [part for line in lines for part in textwrap.wrap(line, log.wrap)]
    if log.ansi:
        lines = [f"\x1b[33m{line}\x1b[0m" for line in lines]
    text = "\n".join(lines) + "\n"
    return text.replace("\n", "\r\n" if log.crlf else "\n").encode("utf-16" if log.utf16 else "utf-8")


def _framed(log: Labelled, level: str, text: str) -> str:
    if level == "R":
        return text
    word = _WORDS[level]
    frames = {
        "python": f"[11/23/2026-08:00:00] [TRT] [{level}] {text}",
        "cpp": f"[11/23/2026-08:00:00] [{level}] [TRT] {text}",
        "trtexec": f"[11/23/2026-08:00:00] [{level}] {text}",
        "old": f"[TensorRT] {word}: {text}",
        "triton": f"{level.replace('V', 'I')}1123 08:00:00.000000 1 logging.cc:43] {text}",
        "ort": f"2026-11-23 08:00:00.000000 [{level}:onnxruntime:Default, tensorrt_execution_provider.h:84 log] "
        f"[2026-11-23 08:00:00 {word:>7}] {text}",
        "spdlog": f"[2026-11-23 08:00:00.000] [{_SPD[level]}] {text}",
        "compose": f"trt-1  | [11/23/2026-08:00:00] [TRT] [{level}] {text}",
        "dockerjson": json.dumps(
            {"log": f"[{level}] [TRT] {text}\n", "stream": "stdout", "time": "2026-11-23T08:00:00Z"}
        ).replace('": "', '":"'),
        "ours": f"[{level}] {text}",
        "loguru": f"2026-11-23 08:00:00.000 | {word:<8} | job.build:run:12 - {text}",
        "journal": f"Nov 23 08:00:00 host trt[123]: [11/23/2026-08:00:00] [{level}] [TRT] {text}",
        "cri": f"2026-11-23T08:00:00.123456789Z stderr F [11/23/2026-08:00:00] [{level}] [TRT] {text}",
        "ros": f"[node_exe-1] [11/23/2026-08:00:00] [{level}] [TRT] {text}",
        "jetson": f"[TRT]    {text}",
        "sample": f"[2026-11-23 08:00:00 {word:>7}] {text}",
        "llm": f"[TensorRT-LLM][{word}] {text}",
        "deepstream": f"{word}: [TRT]: {text}",
        "torch": f"{word}: [Torch-TensorRT] - {text}",
        "tftrt": f"2026-11-23 08:00:00.000000: {level} tensorflow/compiler/tf2tensorrt/utils/trt_logger.cc:41] {text}",
        "mmdeploy": f"11/23 08:00:00 - mmengine - {word} - job.py - run - 80 - {text}",
        "jsonlog": json.dumps({"level": _SPD[level], "logger": "trt", "msg": text}),
    }
    return frames[log.frame]
