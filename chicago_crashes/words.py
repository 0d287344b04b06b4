"""How numbers are said in messages."""


def counted(number: int, noun: str) -> str:
    """A number with its noun: `1 day`, `1,200 days`. For nouns whose plural ends with an s."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
