from __future__ import annotations

import msgspec

from harness.analysis.changes import Change, Comparison, Kind, Proof, Suspect
from harness.report.comparison import as_markdown, as_text, summary
from harness.report.markup import code, table, text


def change(kind: Kind = Kind.BROKEN, words: str = "passed → failed", **more: str | Proof) -> Change:
    return Change(kind=kind, cell="cell", cell_before="cell", case="case", text=words, worse=True, **more)  # type: ignore[arg-type]


def comparison(*changes: Change) -> Comparison:
    return Comparison(before="A", after="B", compared=4, changes=list(changes))


def test_summary_counts_kinds() -> None:
    assert summary(comparison(change(), change(Kind.WARNED))) == "1 newly broken, 1 newly warned; 4 cases compared"
    assert summary(comparison()) == "no difference; 4 cases compared"
    assert summary(comparison(change(waived="known"))).endswith("1 changes waived")


def test_text_marks_without_colour() -> None:
    shown = as_text(comparison(change(), change(words="x", waived="known")))
    assert "  ! cell / case\n      passed → failed" in shown
    assert "  w cell / case" in shown


def test_what_else_changed_stands_before_the_changes() -> None:
    with_it = [Suspect(text="driver 1 → 2", cases=["cell / a", "cell / b"]), Suspect(text="x", cases=["c / a"] * 5)]
    found = Comparison(before="A", after="B", compared=4, changes=[change()], with_it=with_it)
    assert "What else changed where something did\n  driver 1 → 2: a, b\n  x: 5 cases\n" in as_text(found)
    assert "- driver 1 → 2: a, b\n- x: 5 cases\n" in as_markdown(found)


def test_long_groups_are_cut_and_say_so() -> None:
    many = comparison(*[change()] * 25)
    assert "... and 5 more" in as_text(many)
    assert "more" not in as_text(many, None)


def test_each_row_of_the_markdown_has_its_evidence() -> None:
    sides = {"proof_before": Proof(run="one", path="evidence/cell/case"), "proof_after": Proof(run="two", path="x/y")}
    changes = [change(Kind.COUNT, "a 1 → 2", **sides), change(Kind.COUNT, "b 1 → 2", **sides)]
    named = as_markdown(comparison(*changes))
    assert "| a 1 → 2<br>b 1 → 2 | before: run `one` `evidence/cell/case`<br>after: run `two` `x/y` |" in named
    linked = as_markdown(comparison(*changes), "https://ci.example.org/x")
    one, two = "https://ci.example.org/x/one/index.html#cell::case", "https://ci.example.org/x/two/x/y"
    assert f"| [before]({one})<br>[after]({two}) |" in linked


def test_the_markdown_fits_a_comment_and_counts_what_it_leaves_out() -> None:
    wide = [
        msgspec.structs.replace(change(kind, "x" * 900), case=f"{kind}{n}")
        for kind in (Kind.BROKEN, Kind.COUNT, Kind.LATENCY)
        for n in range(60)
    ]
    shown = as_markdown(comparison(*wide))
    assert len(shown) < 65_536
    assert shown.count("`broken") == 40
    assert "... and 20 more" in shown
    assert "<summary>Latency: 60</summary>\n\n60 more" in shown


def test_hostile_words_are_harmless() -> None:
    hostile = "\x1b[31m | <b>x</b> @someone ![x](http://evil) `tick` \u202e"
    shown = as_markdown(comparison(change(words=hostile)))
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "\\<b\\>x" in shown
    assert "@someone" not in shown
    assert "\x1b" not in as_text(comparison(change(words=hostile)))


def test_code_may_hold_ticks_and_bars() -> None:
    assert code("a|b") == "`a\\|b`"
    assert code("a`b") == "``a`b``"
    assert code("`a") == "`` `a ``"


def test_table_has_a_rule_under_its_head() -> None:
    assert table(("a", "b"), [("1", text("x_y"))]) == "| a | b |\n| --- | --- |\n| 1 | x\\_y |\n"
