"""One line of a log: the frame that some logger put around it, and the message inside."""

from __future__ import annotations

import json
import re
from functools import lru_cache

_MARK = re.compile(
    # What any of them begins with where it does not begin the line: most letters are passed over at once.
    r"(?:^|(?=[\[\"klVDTIWEFC]))(?:"
    r"\[(?P<letter>[VIWEFD])(?::onnxruntime[^\]]{0,200})?\]"
    r"|\[(?P<lower>verbose|debug|trace|info|warn|warning|error|fatal|critical)\]"
    # .NET's words.
    r"|\[(?P<net>Verbose|Debug|Information|Warning|Error|Fatal|Critical)\]"
    # A word in capitals is a level where a logger puts one: before a mark, or after times and numbers alone.
    r"|(?<![\w=])k?(?P<word>VERBOSE|DEBUG|TRACE|INFO|WARN|WARNING|ERROR|FATAL|CRITICAL|INTERNAL_ERROR)"
    r"(?=\s{0,10}[:\]|>]|\s+-\s)"
    r"|^(?:[\w.-]{1,60}\s+\||\([\w .=-]{1,60}\))?(?:[\s\d:.,/TZ+\[\]()#x-]|0x[0-9a-f]{1,16})*"
    r"(?P<start>VERBOSE|DEBUG|TRACE|INFO|WARN|WARNING|ERROR|FATAL|CRITICAL|INTERNAL_ERROR)\b(?!=)"
    # After the name and process that the system's journal writes.
    r"|\[\d{1,8}\]:\s(?P<journal>INFO|WARN|WARNING|ERROR|FATAL|CRITICAL)\b(?!=)"
    r"|(?<![^|\s])(?P<glog>[IWEF])\d{4}\s\d\d:\d\d:\d\d"
    r"|(?<=\d:\s)(?P<tensorflow>[IWEF])\s"
    r"|^(?P<python>Error)\[\d+\]:"
    r"|\[libprotobuf (?P<protobuf>INFO|WARNING|ERROR|FATAL)"
    # Logs as JSON or as logfmt, and Go's short words.
    r"|\"(?:level|severity|levelname|lvl)\":\s?\"(?P<json>[A-Za-z])[A-Za-z]{2,7}\""
    r"|\blevel=(?P<logfmt>trace|debug|info|warn|error|fatal)"
    r"|^(?P<go>ERRO|FATA|WARN|INFO)\["
    # Polygraphy's mark of what ends it.
    r"|^\[(?P<fatal>!)\]\s"
    r")"
)
# Makes all digits alike.
DIGITS = bytes.maketrans(b"123456789", b"0" * 9)
# Of so many letters a level is kept.
_SHORT = 400
_LEVELS = {"T": "V", "D": "V", "C": "F", "!": "F", "INTERNAL_ERROR": "F"}

# What loggers, containers and servers put before a message, taken off again and again until none is left.
_FRAME = re.compile(
    r"""\s*(?:
      \[\d\d/\d\d/\d{4}-\d\d:\d\d:\d\d\]                                   # TensorRT's own
    | \[?\d{4}-\d\d-\d\d[T\s]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?:?\]?
    | \[?\d\d:\d\d:\d\d(?:[.,]\d+)?\]?
    | \[\d{4}-\d\d-\d\d[T\s]\d\d:\d\d:\d\d(?:[.,]\d+)?\s+[A-Z]+\]                # ONNX Runtime, Polygraphy
    | \[[a-z][\w.]{2,60}-\d{1,3}\](?=\s)                                     # a node of ROS
    | \[[VIWEFDO!]\](?=\s|$) | \[[VIWEF]:onnxruntime[^\]]{0,200}\]
    | \[(?:verbose|debug|trace|info|warn|warning|error|fatal|VERBOSE|DEBUG|TRACE|INFO|WARN|WARNING|ERROR|FATAL)\]
    | (?:VERBOSE|DEBUG|TRACE|INFO|WARN|WARNING|ERROR|FATAL|INTERNAL_ERROR):
    | \[(?:TRT|TensorRT|TensorRT-LLM|TRT-LLM)\]:?
    | [IWEF]\d{4}\s\d\d:\d\d:\d\d\.\d+\s+\d+\s+\S{1,80}\]                  # Triton
    | [IWEF]\s+tensorflow\S{1,120}\] | TF-TRT\sWarning: | DefaultLogger
    | [\w.-]{1,60}\s+\|(?=\s)                                             # docker compose
    | \|(?=\s)
    )\s*""",
    re.VERBOSE,
)


def message(line: str) -> str:
    """The line without its frame."""
    position = 0
    while found := _FRAME.match(line, position):
        position = found.end()
    return line[position:].strip()


def level(before: str) -> str:
    """``V I W E F`` as the last mark in ``before`` says, or an empty text."""
    if len(before) > _SHORT:
        return _level(before)
    return _level_kept(before.encode("utf-8", "surrogatepass").translate(DIGITS))


@lru_cache(maxsize=2000)
def _level_kept(before: bytes) -> str:
    """Of a text whose digits are all alike: its times do not make it another one."""
    return _level(before.decode("utf-8", "surrogatepass"))


def _level(before: str) -> str:
    last = ""
    for found in _MARK.finditer(before):
        last = next(value for value in found.groups() if value)
    letter = last[:1].upper()
    return _LEVELS.get(last) or _LEVELS.get(letter, letter)


def decoded(raw: bytes | bytearray) -> str:
    """A line as text; a line of Docker's own log files (JSON) is opened."""
    text = raw.decode("utf-8", "replace").rstrip("\r\n")
    if text.startswith('{"log":"'):
        try:
            return str(json.loads(text)["log"]).rstrip("\r\n")
        except (ValueError, KeyError, TypeError, RecursionError):
            return text
    return text
