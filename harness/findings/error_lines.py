"""What an error looks like where no rule knows it: texts to search for, and the judgement of a line."""

from __future__ import annotations

from harness.findings.any_of import AnyOf
from harness.findings.lines import level, message

# Paddle's kinds of errors, as it writes them before what an error says.
_PADDLE = (
    *("InvalidArgument", "NotFound", "OutOfRange", "AlreadyExists", "ResourceExhausted", "PreconditionNotMet"),
    *("PermissionDenied", "ExecutionTimeout", "Unimplemented", "Unavailable", "Fatal", "External"),
)
# Judged again by ``error_level``. Plain texts: one expression with a choice in it would halve the speed of the search.
ERROR_MARKS = (
    *(r"\[E\]", r"\[F\]"),
    r"Error\[",
    r"Error Code ",
    *(r"error:", r"error\]", r"Error:", r"Error\]", r"Exception:"),
    *(r"ERROR", r"FATAL"),
    # Google's logger: the letter, then the month; after a line's end, or after what a container puts before it.
    *(before + letter + month for before in (r"\n", r"\| ", "F ") for letter in "EF" for month in "01"),
    *(r": E tensorflow", r": F tensorflow", r": E external/", r": F external/", r"\[E:onnxruntime", r"\[F:onnxruntime"),
    *(r"Segmentation fault", r"core dumped", r"terminate called", r"Aborted", r"Bus error", r"Killed"),
    # The same in Chinese, as bash and glibc print it: of a fault, given up, memory written out.
    *("段错误", "已放弃", "核心已转储"),
    *(r"SIGSEGV", r"SIGABRT", r"0xC0000", r"Illegal instruction", r"Floating point exception"),
    *(r"Unhandled exception", r"Access violation", r"fatal exception"),
    *(r"exited with code ", r"returned non-zero exit status", r"returned a non-zero code"),
    # glibc's words before it aborts.
    *(r"double free or corruption", r"invalid pointer", r"stack smashing", r"corrupted size", r"malloc\(\): "),
    # Exceptions that are often printed alone, and errors of TensorRT 5 to 7 without a level.
    *(r"AssertionError", r"NotImplementedError", r" Error in ", r"make: \*\*\* ", r"\]: \*\*\* ", r"\nE: "),
    # Exceptions as they are printed with their quotes, and one that seldom has a message.
    *(r"Error\('", r"Error\(\"", r"Exception\('", r"Exception\(\"", r"StopIteration"),
    # What has no level: of C++, of checks in glog's words, of MPI, of shells, and of programs' own.
    *(r"_error: ", r"Check failed: ", r"MPI_ABORT was invoked", r"Process received signal", r"ld: cannot "),
    *(r"fatal\]", r"fatal: ", r"Fatal: ", r"ERR: ", r"Err: ", r"Error!", r"Error, ", r"rror occur"),
    *(r": Permission denied", r": not found"),
    # Paddle's, and Kubernetes' node's.
    *(rf"\({kind}\) " for kind in _PADDLE),
    r"\" err=\"",
    *(r"Assertion `", r"Assertion failed", r"Parameter check failed"),
    # Microsoft's compiler and linker; loaders, nvcc, the kernel, Rust.
    *(r"error [CD][1-9]", r"error LNK", r"error MSB", r"error while loading shared", r"nvcc fatal"),
    *(r"segfault at ", r"panicked at ", r"libc\+\+abi"),
    # Linkers, shells, ninja, MPI, UCX, Java, and a short form of the level.
    *(r"cannot find -l", r"undefined reference to ", r"command not found", r"ninja: build stopped"),
    *(r"exited on signal ", r"Caught signal ", r'Exception in thread "', r"\[ERR\]"),
    r"\[ONNXRuntimeError\]",
    *(r"critical\]", r"CRITICAL", r'":"error"', r'": "error"', r"level=error", r"level=fatal", r"ERRO\[", r"FATA\["),
    *(r"Error response from daemon", r"CMake Error", r"\[!\]", r"export failure"),
)
_FATAL = AnyOf(
    # An exception, behind the mark of a rank, of pytest, of a box or of a debugger.
    r"^\s*(?:\[rank\d{1,3}\]:\s+|stderr:\s+|[E>│*!]{1,3}\s+)?"
    r"(?:[\w.]+(?:Error|Exception)(?::|\(['\"]|$)|StopIteration$|Exception: )",
    r"^\s*(?:Segmentation fault|Aborted|Killed$|Bus error|terminate called)",
    r"^\s*(?:Illegal instruction|Floating point exception)",
    *(r"(?:free|munmap_chunk|realloc)\(\): invalid", r"\bmalloc\(\): ", r"double free or corruption"),
    *(r"stack smashing detected", r"corrupted size vs"),
    *(r"Unhandled exception", r"Access violation (?:reading|writing)", r"EXCEPTION_ACCESS_VIOLATION"),
    *(r"Windows fatal exception: ", r"Fatal Python error: ", r"\(0xC0000\w{3,4}\)"),
    *(r"\bsegfault at [0-9a-f]+ ip", r"\bpanicked at ", r"libc\+\+abi: terminating"),
    *(r"\(core dumped\)", r"段错误", r"已放弃", r"核心已转储", r"Assertion `[^`]{1,300}' failed"),
    *(r": +(?:line )?\d+:? .{0,40}Segmentation fault", r": Segmentation fault(?: \(\d{1,2}\))?$"),
    *(r"\bMPI_ABORT was invoked on rank ", r"\*\*\* Process received signal \*\*\*"),
    *(r"\bCaught signal \d{1,2} \(", r"\bexited on signal \d{1,2} \("),
    *(r"\bSIG(?:SEGV|ABRT|BUS|FPE) \(@0x", r"\b(?:signal|Signal):? SIG(?:SEGV|ABRT|BUS)"),
    r"\((?:interrupted by )?signal \d+: SIG(?:SEGV|ABRT|BUS|KILL)\)",
)
# Not a measure ("mean error: 0.0003") and no empty field ("error: null").
_NOTHING = r"(?:null|none|nil|ok|no|false)\s*(?:[,;.)}\]]|$)"
_SAYS = rf"Error: (?!\s*(?:[-+]?\d|{_NOTHING}))"
_SAYS_SMALL = rf"(?:fatal )?error: (?!\s*(?:[-+]?\d+(?:\.\d+|e[-+]?\d)|{_NOTHING}))"
_ERROR = AnyOf(
    *(r"^\s*Error\[\d+\]: ", r"^\s*(?:[*!#>]{1,4}\s+)?ERROR\b[:\s]", r"^\s*Assertion failed: ", r"^E: [A-Z]"),
    *(
        r"^\s*Parameter check failed at: ",
        rf"^\s*\((?:{'|'.join(_PADDLE)})\) [A-Z]",
        r"^\s*\"[^\"]{3,120}\" err=\"[^\"]",
    ),
    *(r"^\s*(?:docker: )?Error response from daemon: ", r"^CMake Error(?: at |: )"),
    *(r"^g?make(?:\[\d+\])?: \*\*\* ", r"^nvcc fatal ", r"^ninja: build stopped: ", r"^Exception in thread \""),
    *(r": cannot find -l\w", r": undefined reference to ", r": command not found$", r"\[ERR\]"),
    *(r"\[ONNXRuntimeError\]", r"\bError Code [1-9]\d*: ", r": export failure\b"),
    *(r"\.(?:cpp|cu|cc|h) \(\d+\) - \w+ Error in \w+: ", r"\b(?:fatal )?error (?:[CD]|LNK|MSB)\d{3,5}\b"),
    *(
        r": error while loading shared libraries: ",
        r"\breturned (?:non-zero exit status|a non-zero code:) ",
        r"\bexited with code (?!0\b)\d",
    ),
    *(r"^\s*std::\w{1,40}_error: ", r"\bCheck failed: \S", r"\bld: cannot ", r"^\s*(?:[fF]atal|ERR|Err): [\w'\"]"),
    *(r"^\s*Error[!,] \S", r"^\s*(?:An )?[eE]rror occurr?ed\b"),
    r"^\S{0,20}sh: .{1,200}: (?:Permission denied|not found)$",
    *(rf"^\s*(?:[*!#>]{{1,4}}\s+)?{_SAYS}", rf": {_SAYS}", rf"^{_SAYS_SMALL}", rf"[\s:]{_SAYS_SMALL}"),
)


def error_level(text: str) -> str:
    """``F`` or ``E`` where a line is an error, else an empty text."""
    if _FATAL.found_in(text) or _FATAL.found_in(message(text)):
        return "F"
    mark = level(text[:400])
    if mark in ("E", "F"):
        return mark
    return "E" if not mark and _ERROR.found_in(text) else ""
