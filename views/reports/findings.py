"""What a study found, in sentences with intervals.

A finding is data: a label and a sentence in which two asterisks stand about what is emphasised. Reports show it in
bold type, the terminal leaves the marks out.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

import pandas as pd

from views import theme
from views.figures.marks import clear
from views.figures.sweeps import points_of_sweep
from views.results import LANDED, Shown, StudyResults


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


def effect(row: Mapping[Any, Any], shown: Shown) -> str:
    """What a difference is, in words that its interval allows."""
    size, low, high = (float(row[column]) * shown.factor for column in ("effect", "low", "high"))
    if not math.isfinite(low):
        return f"differs by {theme.signed(size)} {shown.unit}, with too few seeds to say how surely"
    if low == 0.0 == high:
        return "does not change"
    span = f"{theme.signed(low)} to {theme.signed(high)}"
    if low <= 0.0 <= high:
        return f"cannot be told from zero ({span} {shown.unit})"
    return f"**{theme.number(abs(size), 2)} {shown.unit} {'more' if size > 0 else 'less'}** (95% interval {span})"


def _answers(supply: str) -> str:
    return supply.replace("answers", "answers price", 1)


def _packages(study: StudyResults, landed: pd.DataFrame) -> str:
    """What lands under each scenario, under one answer of supply."""
    shown, baseline, told = study.outcome(LANDED), theme.lower(study.baseline), clear(landed)
    effects = landed[told].sort_values("effect").to_dict("records")
    rest = theme.listed([study.inside(name) for name in landed.loc[~told, "scenario"]])
    sentences = (
        *(f"{study.scenario(row['scenario'])} lands {effect(row, shown)}." for row in effects),
        f"What lands under {rest} cannot be told from {baseline}." if rest else "",
        f"Against {baseline}, {int(landed['n'].min())} paired seeds.",
        f"With {len(landed)} packages an interval that ends near zero is no finding." if len(landed) > 1 else "",
    )
    return " ".join(filter(None, sentences))


def _first_supply(study: StudyResults, rows: pd.DataFrame, told: str, untold: str, *, ascending: bool = True) -> str:
    """`told` with the effects, under the first answer of supply, whose intervals exclude zero; else `untold`."""
    supply, shown = str(rows["supply"].iloc[0]), study.outcome(str(rows["outcome"].iloc[0]))
    rows = rows[(rows["supply"] == supply) & clear(rows)].sort_values("effect", ascending=ascending)
    effects = [f"{effect(row, shown)} under {study.inside(row['scenario'])}" for row in rows.to_dict("records")]
    return (
        f"With supply that {'is fixed' if supply == 'fixed' else _answers(supply)}, {told.format('; '.join(effects))}"
        if effects
        else untold
    )


def _worth(study: StudyResults, costs: pd.DataFrame) -> str:
    known = costs[costs["eur_per_kg"].notna()].sort_values("eur_per_kg")
    if known.empty:
        return "No scenario keeps enough from the market for a cost per kilogram to be given."
    texts = [
        f"{study.scenario(row['scenario'])} **{theme.number(row['eur_per_kg'], 2)} EUR** "
        f"({theme.span(row['eur_low'], row['eur_high'], 2)})"
        for row in known.to_dict("records")
    ]
    found = f"A kilogram kept from the market costs: {'; '.join(texts)}. Costs are mostly assumed."
    rest = len(costs) - len(known)
    if not rest:
        return found
    return (
        f"{found} For {'one other' if rest == 1 else f'the other {rest}'} it is withheld, since what is kept may be "
        "nothing."
    )


def _swept(study: StudyResults) -> str:
    return theme.upper(study.factor(str(study.table("spans")["factor"].iloc[0])))


def _sharing(study: StudyResults, spans: pd.DataFrame) -> str:
    """From one end of the first lever to the other, seed by seed, and what another factor changes in that."""
    lever, shown = spans["factor"].iloc[0], study.outcome(LANDED)
    mine = spans[spans["factor"] == lever]
    several, texts = len(set(mine["supply"])) > 1, []
    for (scenario, supply), group in mine.groupby(["scenario", "supply"], sort=False):
        whole = group[group["given"].isna()].to_dict("records")[0]
        name = study.scenario(str(scenario)) + (f", supply {_answers(str(supply))}" if several else "")
        texts.append(f"{name}: {effect(whole, shown)}{_level(study, whole, shown)}.")
        texts += [_given(study, row, shown) for row in group[group["given"].notna()].to_dict("records")]
    first, last = (study.level(str(lever), whole[end]) for end in ("from", "to"))
    alone = "" if several else f", supply {_answers(str(mine['supply'].iloc[0]))}"
    return f"From {first} to {last}, and what lands in Europe{alone}. {' '.join(texts)}"


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
    texts = []
    for outcome, group in rows.groupby("outcome", sort=False):
        shown, largest = study.outcome(str(outcome)), group.sort_values(size, ascending=False).head(3)
        names = [f"{study.factor(row['factor'])} ({said(row, shown)})" for row in largest.to_dict("records")]
        texts.append(f"**{shown.name}**: {theme.listed(names)}")
    return "; ".join(texts)


def _screening(study: StudyResults, morris: pd.DataFrame) -> str:
    return (
        "What matters most, by mean absolute effect over the range: "
        f"{_three_largest(study, morris, 'mu_star', lambda row, shown: shown.amount(row['mu_star']))}."
    )


def _variance(study: StudyResults, sobol: pd.DataFrame) -> str:
    def said(row: Mapping[Any, Any], shown: Shown) -> str:
        return f"{100 * row['st']:.0f}%, {100 * row['st_low']:.0f} to {100 * row['st_high']:.0f}"

    return f"Share of the variance in which a factor takes part: {_three_largest(study, sobol, 'st', said)}."


def _shares(study: StudyResults, shapley: pd.DataFrame) -> str:
    texts = []
    for outcome, group in shapley.groupby("outcome", sort=False):
        shown, told = study.outcome(str(outcome)), group[clear(group)]
        told = told.sort_values("share", key=lambda share: -share.abs(), kind="stable")
        ends = (told[["share", "low", "high"]] * shown.factor).map(theme.signed)
        names = [
            f"{name} {share} {shown.unit} ({low} to {high})"
            for name, (share, low, high) in zip(told["name"], ends.to_numpy(), strict=True)
        ]
        if rest := len(group) - len(told):
            names.append(
                f"the shares of {rest} others cannot be told from zero" if names else "no share can be told from zero"
            )
        texts.append(f"**{shown.name}**: {'; '.join(names)}.")
    return " ".join(texts)


def _mixes(study: StudyResults, rows: pd.DataFrame) -> str:
    front, random = rows[rows["kind"] == "front"], rows[rows["kind"] == "random"]
    if front.empty:
        return "No mix that was found beats the status quo and the random mixes in fresh worlds."
    best = front.sort_values(LANDED).iloc[0].to_dict()
    row = {"effect": best[f"{LANDED}_change"], "low": best[f"{LANDED}_low"], "high": best[f"{LANDED}_high"]}
    million = f"{theme.number(abs(best['cost_eur']) / 1e6, 2)} EUR m a year"
    return (
        f"{'1 mix is' if len(front) == 1 else f'{len(front)} mixes are'} on the front in fresh worlds. The one that "
        f"lands least lands {effect(row, study.outcome(LANDED))} against the status quo and "
        f"{f'costs {million} more' if best['cost_eur'] >= 0 else f'saves {million}'}; "
        f"{(random[LANDED] < best[LANDED]).sum()} of {len(random)} random mixes of the same budget land less than it."
    )


type Maker = Callable[[StudyResults, pd.DataFrame], str]

FINDINGS: Final[tuple[tuple[str | Callable[[StudyResults], str], str, dict[str, str], Maker], ...]] = (
    ("What lands, supply fixed", "paired", {"outcome": LANDED, "supply": "fixed"}, _packages),
    ("What lands where supply answers price", "paired", {"outcome": LANDED, "supply": "answers"}, _packages),
    (_swept, "spans", {"outcome": LANDED}, _sharing),
    (
        "West Africa",
        "paired",
        {"outcome": "west_africa_kg"},
        partial(
            _first_supply,
            told="through West Africa moves {}. Under the others the change cannot be told from zero.",
            untold="What moves through West Africa cannot be told from the baseline in any scenario.",
        ),
    ),
    (
        "Price",
        "paired",
        {"outcome": "price_europe"},
        partial(
            _first_supply,
            ascending=False,
            told="the wholesale price in Europe is {}.",
            untold="The wholesale price in Europe cannot be told from the baseline in any scenario.",
        ),
    ),
    ("Cost", "costs", {}, _worth),
    ("What matters most", "morris", {}, _screening),
    ("What the variance comes from", "sobol", {}, _variance),
    ("Shares", "shapley", {}, _shares),
    ("The front", "front", {}, _mixes),
)
"""Label, table, values that its rows hold in some columns, sentences; a study has those whose rows it wrote."""


def study_findings(study: StudyResults) -> list[Finding]:
    """What a policy reader wants to know."""
    note, found = theme.bracketed(study.note()), []
    for label, name, held, make in FINDINGS:
        rows = study.table(name)
        for column, value in held.items() if len(rows) else ():
            rows = rows[rows[column] == value]
        if len(rows):
            found.append(Finding(f"{label(study) if callable(label) else label}{note}", make(study, rows)))
    return found
