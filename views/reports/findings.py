"""What a study found, in sentences with intervals; what cannot be told from zero is said to be so.

A finding is data: a label and a sentence in which two asterisks stand about what is emphasised. Reports show it in
bold type, the terminal leaves the marks out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import pandas as pd

from views import theme
from views.figures.sweeps import points_of_sweep
from views.results import Shown, StudyResults

__all__ = ["Finding", "clear", "effect", "interval", "study_findings"]

LANDED, AFRICA, PRICE = "arrived_europe_kg", "west_africa_kg", "price_europe"


class Finding(NamedTuple):
    """A label and what was found, in sentences; a list may follow, or a table with its heading.

    The last columns of the table, as many as `words`, hold words.
    """

    label: str
    text: str
    items: Sequence[str] = ()
    heading: str = ""
    table: pd.DataFrame | None = None
    words: int = 0

    @property
    def plain(self) -> str:
        """The sentences without marks of emphasis."""
        return self.text.replace("**", "")


def clear(row: Mapping[Any, Any]) -> bool:
    """Whether an interval leaves zero out."""
    return bool(float(row["low"]) > 0.0 or float(row["high"]) < 0.0)


def interval(row: Mapping[Any, Any], shown: Shown, digits: int = 2) -> str:
    """The ends of an interval, signed, in one unit."""
    ends = [float(row[end]) * shown.factor for end in ("low", "high")]
    if not all(map(math.isfinite, ends)):
        return "no interval: too few seeds"
    return f"95% interval {' to '.join(theme.signed(end, digits) for end in ends)}"


def effect(row: Mapping[Any, Any], shown: Shown) -> str:
    """What a difference is, in words that its interval allows."""
    size = float(row["effect"]) * shown.factor
    low, high = (theme.signed(float(row[end]) * shown.factor) for end in ("low", "high"))
    if not math.isfinite(float(row["low"])):
        return f"differs by {theme.signed(size)} {shown.unit}, with too few seeds to say how surely"
    if low == high == "0":
        return "does not change"
    if not clear(row):
        return f"cannot be told from zero ({low} to {high} {shown.unit})"
    return f"**{theme.number(abs(size), 2)} {shown.unit} {'more' if size > 0 else 'less'}** ({interval(row, shown)})"


def _told(rows: pd.DataFrame) -> list[dict[Any, Any]]:
    """The rows whose interval leaves zero out."""
    return [row for row in rows.to_dict("records") if clear(row)]


def _supply(word: str) -> str:
    return word.replace("answers", "answers price", 1)


def _packages(study: StudyResults, paired: pd.DataFrame, supply: str) -> str:
    """What lands under each scenario, with supply fixed or answering."""
    landed = paired[(paired["supply"] == supply) & (paired["outcome"] == LANDED)]
    if landed.empty:
        return ""
    shown, baseline = study.outcome(LANDED), theme.lower(study.baseline)
    parts = [
        f"{study.scenario(row['scenario'])} lands {effect(row, shown)}." for row in _told(landed.sort_values("effect"))
    ]
    rest = [theme.lower(study.scenario(row["scenario"])) for row in landed.to_dict("records") if not clear(row)]
    if rest:
        parts.append(f"What lands under {theme.listed(rest)} cannot be told from {baseline}.")
    parts.append(f"Against {baseline}, {int(landed['n'].min())} paired seeds.")
    if len(landed) > 1:
        parts.append(f"With {len(landed)} packages an interval that ends near zero is no finding.")
    return " ".join(parts)


def _fixed(study: StudyResults, paired: pd.DataFrame) -> str:
    return _packages(study, paired, "fixed")


def _answers(study: StudyResults, paired: pd.DataFrame) -> str:
    return _packages(study, paired, "answers")


def _elsewhere(study: StudyResults, paired: pd.DataFrame, outcome: str, ascending: bool) -> tuple[str, str, bool]:
    """An outcome under the first answer of supply: the supply in words, effects told from zero, whether it is known."""
    supply = str(paired["supply"].iloc[0])
    rows = paired[(paired["outcome"] == outcome) & (paired["supply"] == supply)]
    shown = study.outcome(outcome)
    effects = [
        f"{effect(row, shown)} under {theme.lower(study.scenario(row['scenario']))}"
        for row in _told(rows.sort_values("effect", ascending=ascending))
    ]
    fixed = "is fixed" if supply == "fixed" else _supply(supply)
    return f"With supply that {fixed}", "; ".join(effects), not rows.empty


def _africa(study: StudyResults, paired: pd.DataFrame) -> str:
    supply, effects, _ = _elsewhere(study, paired, AFRICA, ascending=True)
    if not effects:
        return "What moves through West Africa cannot be told from the baseline in any scenario."
    rest = "Under the others the change cannot be told from zero."
    return f"{supply}, through West Africa moves {effects}. {rest}"


def _price(study: StudyResults, paired: pd.DataFrame) -> str:
    supply, effects, known = _elsewhere(study, paired, PRICE, ascending=False)
    if effects:
        return f"{supply}, the wholesale price in Europe is {effects}."
    return "The wholesale price in Europe cannot be told from the baseline in any scenario." if known else ""


def _worth(study: StudyResults, costs: pd.DataFrame) -> str:
    known = costs[costs["eur_per_kg"].notna()].sort_values("eur_per_kg")
    if known.empty:
        return "No scenario keeps enough from the market for a cost per kilogram to be given."
    texts = [
        f"{study.scenario(row['scenario'])} **{theme.number(row['eur_per_kg'], 2)} EUR** "
        f"({theme.span(row['eur_low'], row['eur_high'], 2)})"
        for row in known.to_dict("records")
    ]
    rest = len(costs) - len(known)
    others = "one other" if rest == 1 else f"the other {rest}"
    withheld = f" For {others} it is withheld, since what is kept may be nothing." if rest else ""
    return f"A kilogram kept from the market costs: {'; '.join(texts)}. Costs are mostly assumed.{withheld}"


def _swept(study: StudyResults) -> str:
    """Title of the lever that is swept first."""
    spans = study.table("spans")
    title = "The lever" if spans.empty else study.factor(str(spans["factor"].iloc[0]))
    return title[:1].upper() + title[1:]


def _sharing(study: StudyResults, spans: pd.DataFrame) -> str:
    """From one end of the first lever to the other, seed by seed, and what another factor changes in that."""
    lever, shown = spans["factor"].iloc[0], study.outcome(LANDED)
    mine = spans[(spans["factor"] == lever) & (spans["outcome"] == LANDED)]
    mine = mine.assign(given=mine["given"].fillna(""))
    if mine.empty:
        return ""
    several, texts = len(set(mine["supply"])) > 1, []
    for (scenario, supply), group in mine.groupby(["scenario", "supply"], sort=False):
        whole = group[group["given"] == ""].to_dict("records")[0]
        name = study.scenario(str(scenario)) + (f", supply {_supply(str(supply))}" if several else "")
        texts.append(f"{name}: {effect(whole, shown)}{_level(study, whole, shown)}.")
        texts += [_given(study, row, shown) for row in group[group["given"] != ""].to_dict("records")]
    ends = f"From {study.level(str(lever), whole['from'])} to {study.level(str(lever), whole['to'])}"
    alone = "" if several else f", supply {_supply(str(mine['supply'].iloc[0]))}"
    return f"{ends}, and what lands in Europe{alone}. {' '.join(texts)}"


def _level(study: StudyResults, span: Mapping[Any, Any], shown: Shown) -> str:
    """From what to what, where the lever is swept alone."""
    rows = points_of_sweep(study)
    rows = rows[(rows["outcome"] == LANDED) & (rows["scenario"] == span["scenario"])]
    if "supply_answer" in rows:
        rows = rows[(rows["supply_answer"].fillna(0.0) == 0.0) == (span["supply"] == "fixed")]
    ends = [rows[rows[span["factor"]] == span[end]]["mean"] for end in ("from", "to")]
    if any(len(end) != 1 for end in ends):
        return ""
    first, last = (theme.number(float(end.iloc[0]) * shown.factor, 4) for end in ends)
    return f", from {first} to {last} {shown.unit}"


def _given(study: StudyResults, span: Mapping[Any, Any], shown: Shown) -> str:
    text = effect(span, shown)
    verb = f"is {text}" if text.startswith("**") else text
    if not math.isfinite(float(span["at"])):
        return f"Between these two the effect {verb}."
    given = str(span["given"])
    return f"With {theme.lower(study.factor(given))} at {study.level(given, span['at'])} it {verb}."


def _three_largest(
    study: StudyResults, rows: pd.DataFrame, size: str, said: Callable[[Mapping[Any, Any], Shown], str]
) -> str:
    """The three factors of largest size, for each outcome."""
    texts = []
    for outcome, group in rows.groupby("outcome", sort=False):
        shown, largest = study.outcome(str(outcome)), group.sort_values(size, ascending=False).head(3)
        names = [f"{study.factor(row['factor'])} ({said(row, shown)})" for row in largest.to_dict("records")]
        texts.append(f"**{shown.name}**: {theme.listed(names)}")
    return "; ".join(texts)


def _screening(study: StudyResults, morris: pd.DataFrame) -> str:
    largest = _three_largest(study, morris, "mu_star", lambda row, shown: shown.amount(row["mu_star"]))
    return f"What matters most, by mean absolute effect over the range: {largest}."


def _variance(study: StudyResults, sobol: pd.DataFrame) -> str:
    def said(row: Mapping[Any, Any], shown: Shown) -> str:
        return f"{100 * row['st']:.0f}%, {100 * row['st_low']:.0f} to {100 * row['st_high']:.0f}"

    return f"Share of the variance in which a factor takes part: {_three_largest(study, sobol, 'st', said)}."


def _shares(study: StudyResults, shapley: pd.DataFrame) -> str:
    texts = []
    for outcome, group in shapley.groupby("outcome", sort=False):
        shown = study.outcome(str(outcome))
        told = _told(group.sort_values("share", key=lambda share: -share.abs(), kind="stable"))
        names = []
        for row in told:
            share, low, high = (theme.signed(row[column] * shown.factor) for column in ("share", "low", "high"))
            names.append(f"{row['name']} {share} {shown.unit} ({low} to {high})")
        rest = len(group) - len(told)
        if not names:
            names.append("no share can be told from zero")
        elif rest:
            names.append(f"the shares of {rest} others cannot be told from zero")
        texts.append(f"**{shown.name}**: {'; '.join(names)}.")
    return " ".join(texts)


def _mixes(study: StudyResults, rows: pd.DataFrame) -> str:
    front, random = rows[rows["kind"] == "front"], rows[rows["kind"] == "random"]
    if front.empty:
        return "No mix that was found beats the status quo and the random mixes in fresh worlds."
    best = front.sort_values(LANDED).iloc[0].to_dict()
    row = {"effect": best[f"{LANDED}_change"], "low": best[f"{LANDED}_low"], "high": best[f"{LANDED}_high"]}
    below = int((random[LANDED] < best[LANDED]).sum())
    million = theme.number(abs(best["cost_eur"]) / 1e6, 2)
    bill = f"costs {million} EUR m a year more" if best["cost_eur"] >= 0 else f"saves {million} EUR m a year"
    many = "1 mix is" if len(front) == 1 else f"{len(front)} mixes are"
    return (
        f"{many} on the front in fresh worlds. The one that lands least lands {effect(row, study.outcome(LANDED))} "
        f"against the status quo and {bill}; {below} of {len(random)} random mixes of the same budget land less than "
        "it."
    )


type Maker = Callable[[StudyResults, pd.DataFrame], str]

FINDINGS: Final[tuple[tuple[str | Callable[[StudyResults], str], str, Maker], ...]] = (
    ("What lands, supply fixed", "paired", _fixed),
    ("What lands where supply answers price", "paired", _answers),
    (_swept, "spans", _sharing),
    ("West Africa", "paired", _africa),
    ("Price", "paired", _price),
    ("Cost", "costs", _worth),
    ("What matters most", "morris", _screening),
    ("What the variance comes from", "sobol", _variance),
    ("Shares", "shapley", _shares),
    ("The front", "front", _mixes),
)
"""Label, table and sentences of every finding, in order; a study has those whose tables it wrote."""


def study_findings(study: StudyResults) -> list[Finding]:
    """What a policy reader wants to know."""
    note, found = theme.bracketed(study.note()), []
    for label, name, make in FINDINGS:
        rows = study.table(name)
        if len(rows) and (text := make(study, rows)):
            found.append(Finding(f"{label(study) if callable(label) else label}{note}", text))
    return found
