"""Sentences made from numbers with their intervals; what cannot be told from zero is said to be so."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd

from views import theme
from views.reports.reading import Shown, Study

__all__ = ["clear", "effect", "findings", "interval", "listed"]

LANDED, AFRICA = "arrived_europe_kg", "west_africa_kg"


def clear(row: Mapping[Any, Any]) -> bool:
    """Whether an interval leaves zero out."""
    return bool(float(row["low"]) > 0.0 or float(row["high"]) < 0.0)


def interval(row: Mapping[Any, Any], shown: Shown, digits: int = 2) -> str:
    """The ends of an interval, signed, in one unit."""
    if not all(math.isfinite(float(row[end])) for end in ("low", "high")):
        return "no interval: too few seeds"
    low, high = (signed(float(row[end]) * shown.factor, digits) for end in ("low", "high"))
    return f"95% interval {low} to {high}"


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign; zero has none."""
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{theme.number(abs(value), digits)}"


def effect(row: Mapping[Any, Any], shown: Shown) -> str:
    """What a difference is, in words that its interval allows (HTML)."""
    size = float(row["effect"]) * shown.factor
    if not math.isfinite(float(row["low"])):
        return f"differs by {signed(size)} {escape(shown.unit)}, with too few seeds to say how surely"
    if float(row["low"]) == 0.0 == float(row["high"]):
        return "does not change"
    if not clear(row):
        low, high = (signed(float(row[end]) * shown.factor) for end in ("low", "high"))
        return f"cannot be told from zero ({low} to {high} {escape(shown.unit)})"
    word = "more" if size > 0 else "less"
    return f"<b>{theme.number(abs(size), 2)} {escape(shown.unit)} {word}</b> ({interval(row, shown)})"


def listed(texts: list[str]) -> str:
    """Texts in a row: a, b and c."""
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}" if texts else ""


def findings(study: Study) -> list[tuple[str, str]]:
    """What a policy reader wants to know: a label and sentences (HTML) for each point."""
    fixed, answers = (lambda s: _packages(s, "fixed")), (lambda s: _packages(s, "answers"))
    packages = (("What lands, supply fixed", fixed), ("What lands where supply answers price", answers))
    others = (("West Africa", _africa), ("Price", _price), ("Cost", _worth))
    sharing = ((_swept(study), _sharing),)
    makers: dict[str, tuple[tuple[str, Any], ...]] = {
        "compare": (*packages, *others), "headline": (*packages, *sharing, *others), "sweep": sharing,
        "screening": (("What matters most", _screening),), "sobol": (("What the variance comes from", _sobol),),
        "attribution": (("Shares", _credit),), "search": (("The front", _mixes),),
    }  # fmt: skip
    note = theme.bracketed(study.note())
    return [(f"{label}{note}", text) for label, make in makers[study.kind] if (text := make(study))]


def _packages(study: Study, supply: str) -> str:
    """What lands under each scenario, with supply fixed or answering."""
    rows = study.table("paired")
    if rows.empty:
        return ""
    rows = rows[rows["supply"] == supply]
    landed = rows[rows["outcome"] == LANDED]
    shown = study.outcome(LANDED)
    told = [row for row in landed.sort_values("effect").to_dict("records") if clear(row)]
    rest = [lower(study.scenario(row["scenario"])) for row in landed.to_dict("records") if not clear(row)]
    parts = [f"{escape(study.scenario(row['scenario']))} lands {effect(row, shown)}." for row in told]
    if rest:
        parts.append(f"What lands under {escape(listed(rest))} cannot be told from {escape(lower(study.baseline))}.")
    if not parts:
        return ""
    many = f" With {len(landed)} packages an interval that ends near zero is no finding." if len(landed) > 1 else ""
    return f"{' '.join(parts)} Against {escape(lower(study.baseline))}, {int(landed['n'].min())} paired seeds.{many}"


def lower(text: str) -> str:
    """A title inside a sentence."""
    return text[:1].lower() + text[1:]


def _africa(study: Study) -> str:
    rows = study.table("paired")
    if rows.empty:
        return ""
    supply = str(rows["supply"].iloc[0])
    rows = rows[(rows["outcome"] == AFRICA) & (rows["supply"] == supply)]
    shown = study.outcome(AFRICA)
    told = [row for row in rows.sort_values("effect").to_dict("records") if clear(row)]
    if not told:
        return "What moves through West Africa cannot be told from the baseline in any scenario."
    text = "; ".join(f"{effect(row, shown)} under {escape(lower(study.scenario(row['scenario'])))}" for row in told)
    rest = "Under the others the change cannot be told from zero."
    return f"With supply that {_is(supply)}, through West Africa moves {text}. {rest}"


def _price(study: Study) -> str:
    rows = study.table("paired")
    if rows.empty:
        return ""
    supply = str(rows["supply"].iloc[0])
    rows = rows[(rows["outcome"] == "price_europe") & (rows["supply"] == supply)]
    told = [row for row in rows.sort_values("effect", ascending=False).to_dict("records") if clear(row)]
    if not told:
        return "" if rows.empty else "The wholesale price in Europe cannot be told from the baseline in any scenario."
    shown = study.outcome("price_europe")
    text = "; ".join(f"{effect(row, shown)} under {escape(lower(study.scenario(row['scenario'])))}" for row in told)
    return f"With supply that {_is(supply)}, the wholesale price in Europe is {text}."


def _is(supply: str) -> str:
    return "is fixed" if supply == "fixed" else _answers(supply)


def _worth(study: Study) -> str:
    rows = study.table("costs")
    if rows.empty:
        return ""
    known = rows[rows["eur_per_kg"].notna()].sort_values("eur_per_kg")
    if known.empty:
        return "No scenario keeps enough from the market for a cost per kilogram to be given."
    texts = [
        f"{escape(study.scenario(row['scenario']))} <b>{theme.number(row['eur_per_kg'], 2)} EUR</b> "
        f"({theme.span(row['eur_low'], row['eur_high'], 2)})" for row in known.to_dict("records")
    ]  # fmt: skip
    rest = len(rows) - len(known)
    others = "one other" if rest == 1 else f"the other {rest}"
    withheld = f" For {others} it is withheld, since what is kept may be nothing." if rest else ""
    return f"A kilogram kept from the market costs: {'; '.join(texts)}. Costs are mostly assumed.{withheld}"


def _sharing(study: Study) -> str:
    """From one end of the first lever to the other, seed by seed, and what another factor changes in that."""
    spans = study.table("spans")
    if spans.empty:
        return ""
    lever, shown = spans["factor"].iloc[0], study.outcome(LANDED)
    mine = spans[(spans["factor"] == lever) & (spans["outcome"] == LANDED)]
    texts, several = [], len(set(mine["supply"])) > 1
    for (scenario, supply), group in mine.groupby(["scenario", "supply"], sort=False):
        rows = group.to_dict("records")
        whole = next(row for row in rows if not _named(row))
        name = escape(study.scenario(str(scenario))) + (f", supply {_answers(str(supply))}" if several else "")
        texts.append(f"{name}: {effect(whole, shown)}{_level(study, whole, shown)}.")
        texts += [_given(study, row, shown) for row in rows if _named(row)]
    ends = f"From {study.level(str(lever), whole['from'])} to {study.level(str(lever), whole['to'])}"
    alone = "" if several or mine.empty else f", supply {_answers(str(mine['supply'].iloc[0]))}"
    return f"{ends}, and what lands in Europe{alone}. {' '.join(texts)}" if texts else ""


def _answers(supply: str) -> str:
    return supply.replace("answers", "answers price", 1)


def _swept(study: Study) -> str:
    """Title of the lever that is swept first."""
    spans = study.table("spans")
    if spans.empty:
        return "The lever"
    title = study.factor(str(spans["factor"].iloc[0]))
    return title[:1].upper() + title[1:]


def _named(row: Mapping[Any, Any]) -> bool:
    """Whether a span is taken at an end of another factor."""
    return isinstance(row["given"], str) and row["given"] != ""


def _level(study: Study, span: Mapping[Any, Any], shown: Shown) -> str:
    """From what to what, where the lever is swept alone."""
    rows = sweep_of(study)
    rows = rows[(rows["outcome"] == LANDED) & (rows["scenario"] == span["scenario"])]
    if "supply_answer" in rows:
        rows = rows[(rows["supply_answer"].fillna(0.0) == 0.0) == (span["supply"] == "fixed")]
    ends = [rows[rows[span["factor"]] == span[end]] for end in ("from", "to")]
    if any(len(end) != 1 for end in ends):
        return ""
    first, last = (theme.number(float(end["mean"].iloc[0]) * shown.factor, 4) for end in ends)
    return f", from {first} to {last} {shown.unit}"


def _given(study: Study, span: Mapping[Any, Any], shown: Shown) -> str:
    name = lower(escape(study.factor(str(span["given"]))))
    if math.isfinite(float(span["at"])):
        return f"With {name} at {study.level(str(span['given']), span['at'])} it {_verb(effect(span, shown))}."
    return f"Between these two the effect {_verb(effect(span, shown))}."


def _verb(text: str) -> str:
    return f"is {text}" if text.startswith("<b>") else text


def sweep_of(study: Study) -> pd.DataFrame:
    """The points of a sweep."""
    rows = study.table("sweep")
    return study.table("arms") if rows.empty else rows


def _screening(study: Study) -> str:
    rows = study.table("morris")
    texts = []
    for outcome, group in rows.groupby("outcome", sort=False):
        top = group.sort_values("mu_star", ascending=False).head(3)
        shown = study.outcome(str(outcome))
        names = [f"{escape(study.factor(r['factor']))} ({shown.amount(r['mu_star'])})" for r in top.to_dict("records")]
        texts.append(f"<b>{escape(shown.name)}</b>: {listed(names)}")
    return f"What matters most, by mean absolute effect over the range: {'; '.join(texts)}." if texts else ""


def _sobol(study: Study) -> str:
    texts = []
    for outcome, group in study.table("sobol").groupby("outcome", sort=False):
        top = group.sort_values("st", ascending=False).head(3).to_dict("records")
        names = [f"{escape(study.factor(r['factor']))} ({100 * r['st']:.0f}%, {100 * r['st_low']:.0f} to "
                 f"{100 * r['st_high']:.0f})" for r in top]  # fmt: skip
        texts.append(f"<b>{escape(study.outcome(str(outcome)).name)}</b>: {listed(names)}")
    return f"Share of the variance in which a factor takes part: {'; '.join(texts)}." if texts else ""


def _credit(study: Study) -> str:
    texts = []
    for outcome, group in study.table("shapley").groupby("outcome", sort=False):
        shown = study.outcome(str(outcome))
        told = [row for row in group.to_dict("records") if clear(row)]
        told.sort(key=lambda row: -abs(row["share"]))
        names = [
            f"{escape(str(r['name']))} {signed(r['share'] * shown.factor)} {shown.unit} "
            f"({signed(r['low'] * shown.factor)} to {signed(r['high'] * shown.factor)})" for r in told
        ]  # fmt: skip
        rest = len(group) - len(told)
        tail = f"; the shares of {rest} others cannot be told from zero" if rest else ""
        text = "; ".join(names) if names else "no share can be told from zero"
        texts.append(f"<b>{escape(shown.name)}</b>: {text}{tail if names else ''}")
    return " ".join(f"{text}." for text in texts)


def _mixes(study: Study) -> str:
    rows = study.table("front")
    front = rows[rows["kind"] == "front"]
    if front.empty:
        return "No mix that was found beats the status quo and the random mixes in fresh worlds."
    shown = study.outcome(LANDED)
    best = front.sort_values(LANDED).iloc[0].to_dict()
    row = {"effect": best[f"{LANDED}_change"], "low": best[f"{LANDED}_low"], "high": best[f"{LANDED}_high"]}
    lucky = rows[rows["kind"] == "random"]
    told = int((lucky[LANDED] < best[LANDED]).sum())
    million = theme.number(abs(best["cost_eur"]) / 1e6, 2)
    bill = f"costs {million} EUR m a year more" if best["cost_eur"] >= 0 else f"saves {million} EUR m a year"
    many = "1 mix is" if len(front) == 1 else f"{len(front)} mixes are"
    return (
        f"{many} on the front in fresh worlds. The one that lands least lands {effect(row, shown)} against the status "
        f"quo and {bill}; {told} of {len(lucky)} random mixes of the same budget land less than it."
    )
