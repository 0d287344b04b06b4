"""The rules as people read them: the table in `docs/checks.md`, told from the declarations.

`make docs` writes it anew; a test holds it equal to what is declared.
"""

from collections.abc import Iterator, Sequence

from chicago_crashes.feeds.catalogue import FEEDS, Feed
from chicago_crashes.feeds.catalogue.comparisons import comparisons_of
from chicago_crashes.feeds.catalogue.rules import Rule, quarantine_rules, value_rules
from chicago_crashes.settings import PROJECT_ROOT

PAGE = PROJECT_ROOT / "docs" / "checks.md"


def rulebook() -> str:
    """Every rule of every table as Markdown; rules that are the same for many columns stand in one line."""
    return "\n".join(line for feed in FEEDS for line in _feed_section(feed)).strip()


def _feed_section(feed: Feed) -> Iterator[str]:
    yield f"### {feed.table}"
    yield ""
    yield "| question | rule | columns | meaning | what is done | most that may break it |"
    yield "|---|---|---|---|---|--:|"
    relations = [rule for comparison in comparisons_of(feed) for rule in comparison.relations]
    for rules in _alike([*quarantine_rules(feed), *value_rules(feed), *relations]):
        rule = rules[0]
        yield (
            f"| {rule.question} | `{rule.name}` | {_columns(rules)} | {rule.meaning} | {rule.action} "
            f"| {rule.threshold:.1%} |"
        )
    yield ""


def _alike(rules: Sequence[Rule]) -> Iterator[list[Rule]]:
    """The rules in their order, those that differ only in their column together."""
    groups: dict[tuple[str, str, str], list[Rule]] = {}
    for rule in rules:
        groups.setdefault((rule.question, rule.name, rule.meaning), []).append(rule)
    yield from groups.values()


FEW = 6


def _columns(rules: Sequence[Rule]) -> str:
    names = [name for rule in rules for name in rule.columns]
    if len(rules) > FEW:
        return f"{len(rules)} columns"
    return ", ".join(f"`{name}`" for name in names)


def with_section(page: str, name: str, text: str) -> str:
    """The page with another text between the marks of a section."""
    start, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before, _, rest = page.partition(start)
    _, _, after = rest.partition(end)
    return f"{before}{start}\n\n{text}\n\n{end}{after}"


if __name__ == "__main__":
    PAGE.write_text(with_section(PAGE.read_text(), "rules", rulebook()))
