"""What becomes of a use on many releases at once. Sets of releases are masks: bits over the known releases."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from harness.api.collect import Guard, Guards, Sites, Use
from harness.api.constants import Constants, absence_test
from harness.api.infer import Inference
from harness.api.judge import Finding, Judge, Level, Verdict
from harness.api.names import Names
from harness.api.scopes import Scope
from harness.support.replacements import replacement
from harness.support.surfaces import Language, Surface
from harness.versions import Release


class Ruling(NamedTuple):
    """A verdict with what can be said about it."""

    symbol: str
    level: Level
    message: str
    gone_from: Release | None
    use: str
    source: str


Rulings = list[tuple[Ruling, int]]


class Panel:
    """One judge for each release. Uses that look alike are judged once."""

    def __init__(
        self,
        targets: Sequence[Surface],
        names: Names,
        *,
        old: Surface | None,
        own_names: set[str],
        language: Language = Language.PYTHON,
    ) -> None:
        self.targets = targets
        self._names = names
        self._language = language
        self._judges = [Judge(target, names, old=old, own_names=own_names, language=language) for target in targets]
        self._releases = {1 << target.index: target.release for target in targets}
        self._known: dict[object, Rulings] = {}
        self._tuples: dict[int, tuple[Release, ...]] = {}
        self.everywhere = sum(self._releases)

    def rulings(self, use: Use) -> Rulings:
        """The rulings on a use, each with the releases it is for; the oldest release first."""
        key = (use.owners, use.name, use.call, use.called, use.writes, use.module)
        if key not in self._known:
            self._known[key] = [] if self._settled(use) else self._ask(use)
        return self._known[key]

    def refusals(self, refused: int) -> Rulings:
        """The same for a place where the user's own code ends on some releases."""
        return [
            (self._ruling(judge.refusal(), judge), 1 << target.index)
            for judge, target in zip(self._judges, self.targets, strict=True)
            if refused >> target.index & 1
        ]

    def findings(self, use: Use, rulings: Rulings, reached: int, file: str) -> Iterator[Finding]:
        for ruling, mask in rulings:
            if mask & reached:
                yield Finding(file, use.line, use.column, use.end_column, *ruling, self._named(mask & reached))

    def _settled(self, use: Use) -> bool:
        return bool(use.owners) and all(self._names.settled(symbol, self.everywhere) for symbol in use.symbols)

    def _ask(self, use: Use) -> Rulings:
        masks: dict[Ruling, int] = {}
        for judge, target in zip(self._judges, self.targets, strict=True):
            verdict = judge.verdict(use)
            if verdict:
                ruling = self._ruling(verdict, judge)
                masks[ruling] = masks.get(ruling, 0) | 1 << target.index
        return list(masks.items())

    def _ruling(self, verdict: Verdict, judge: Judge) -> Ruling:
        symbol, level, _ = verdict
        if level is Level.DEPRECATED:
            return Ruling(*verdict, None, "", "")
        instead = replacement(self._names.owner(symbol) or symbol, self._language)
        gone = judge.gone_from(symbol)
        return Ruling(*verdict, gone, instead.use if instead else "", instead.source if instead else "")

    def _named(self, mask: int) -> tuple[Release, ...]:
        if mask not in self._tuples:
            self._tuples[mask] = tuple(release for bit, release in self._releases.items() if bit & mask)
        return self._tuples[mask]


class Reach:
    """On which releases a place in the user's code is reached."""

    def __init__(self, targets: Sequence[Surface], inference: Inference, sites: Sites) -> None:
        self._constants = [(1 << target.index, Constants(inference, target)) for target in targets]
        self._everywhere = sum(bit for bit, _ in self._constants)
        self._inference = inference
        self._sites = sites
        self._truths: dict[ast.expr, tuple[int, int]] = {}
        self._called: dict[Scope, int] = {}

    def reached(self, guards: Guards, within: Scope) -> int:
        """A function inside another is reached where one of the places that name it is."""
        mask = self._everywhere
        for guard in guards:
            mask &= ~self.truth(guard)[not guard.expected]
        inner = within.parent is not None and isinstance(within.parent.node, (ast.FunctionDef, ast.AsyncFunctionDef))
        return mask & self._named(within) if inner and mask else mask

    def truth(self, guard: Guard) -> tuple[int, int]:
        """The releases on which a condition is false, and those on which it is true; it may be unknown on others."""
        if guard.node not in self._truths:
            self._truths[guard.node] = self._work_out(guard.node, guard.scope)
        return self._truths[guard.node]

    def _work_out(self, node: ast.expr, scope: Scope) -> tuple[int, int]:
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            false, true = self._work_out(node.operand, scope)
            return true, false
        symbols = absence_test(self._inference, node, scope)
        if symbols:
            has = self._inference.names.anywhere(symbols) & self._everywhere
            return self._everywhere & ~has, has
        masks = [0, 0]
        for bit, constants in self._constants:
            truth = constants.truth(node, scope)
            if truth is not None:
                masks[truth] |= bit
        return masks[0], masks[1]

    def _named(self, within: Scope) -> int:
        """Where some place that names the function is reached; everywhere, if none does or it names itself alone."""
        if within not in self._called:
            self._called[within] = self._everywhere
            mask = 0
            for guards, scope in self._sites.get(within, []):
                mask |= self.reached(guards, scope)
            self._called[within] = mask if within in self._sites else self._everywhere
        return self._called[within]
