"""Sentences made from numbers with their intervals; what cannot be told from zero is said to be so."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd

from views import theme
from views.studies.reading import Shown, Study

__all__ = ["clear", "effect", "findings", "interval", "listed"]

LANDED, AFRICA = "arrived_europe_kg", "west_africa_kg"


def clear(row: Mapping[str, Any]) -> bool:
    """Whether an interval leaves zero out."""
    return bool(float(row["low"]) > 0.0 or float(row["high"]) < 0.0)


def interval(row: Mapping[str, Any], shown: Shown, digits: int = 2) -> str:
    """The ends of an interval, signed, in one unit."""
    if not all(math.isfinite(float(row[end])) for end in ("low", "high")):
        return "no interval: too few seeds"
    low, high = (signed(float(row[end]) * shown.factor, digits) for end in ("low", "high"))
    return f"95% interval {low} to {high}"


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign; zero has none."""
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{theme.number(abs(value), digits)}"


def effect(row: Mapping[str, Any], shown: Shown) -> str:
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


def findings(study: Study) -> list[str]:
    """What a policy reader wants to know, a sentence each (HTML)."""
    makers = {
        "compare": (_packages, _africa, _price, _worth), "headline": (_packages, _sharing, _africa, _price, _worth),
        "sweep": (_sharing,), "screening": (_screening,), "sobol": (_sobol,), "attribution": (_credit,),
        "search": (_mixes,),
    }  # fmt: skip
    return [text for make in makers[study.kind] if (text := make(study))]


def _packages(study: Study) -> str:
    """What lands under each scenario, under fixed and answering supply."""
    rows = study.table("paired")
    if rows.empty:
        return ""
    landed = rows[rows["outcome"] == LANDED]
    parts, shown = [], study.outcome(LANDED)
    for word, group in landed.groupby("supply", sort=False):
        told = [row for row in group.sort_values("effect").to_dict("records") if clear(row)]
        rest = [study.scenario(row["scenario"]) for row in group.to_dict("records") if not clear(row)]
        where = "With supply fixed" if word == "fixed" else "Where supply answers price"
        text = "; ".join(f"{escape(study.scenario(row['scenario']))} lands {effect(row, shown)}" for row in told)
        if rest:
            none = f"what lands under {escape(listed(rest))} cannot be told from {escape(lower(study.baseline))}"
            text = f"{text}; {none}" if text else none
        parts.append(f"{where}, {text}.")
    n = int(landed["n"].min()) if len(landed) else 0
    return f"{' '.join(parts)} Differences are from {escape(lower(study.baseline))}, over {n} paired seeds."


def lower(text: str) -> str:
    """A title inside a sentence."""
    return text[:1].lower() + text[1:]


def _africa(study: Study) -> str:
    rows = study.table("paired")
    if rows.empty:
        return ""
    rows = rows[(rows["outcome"] == AFRICA) & (rows["supply"] == rows["supply"].iloc[0])]
    shown = study.outcome(AFRICA)
    told = [row for row in rows.sort_values("effect").to_dict("records") if clear(row)]
    if not told:
        return "What moves through West Africa cannot be told from the baseline in any scenario."
    text = "; ".join(f"{effect(row, shown)} under {escape(study.scenario(row['scenario']))}" for row in told)
    return f"Through West Africa moves {text}."


def _price(study: Study) -> str:
    rows = study.table("paired")
    if rows.empty:
        return ""
    rows = rows[(rows["outcome"] == "price_europe") & (rows["supply"] == rows["supply"].iloc[0])]
    told = [row for row in rows.sort_values("effect", ascending=False).to_dict("records") if clear(row)]
    if not told:
        return "" if rows.empty else "The wholesale price in Europe cannot be told from the baseline in any scenario."
    shown = study.outcome("price_europe")
    text = "; ".join(f"{effect(row, shown)} under {escape(study.scenario(row['scenario']))}" for row in told)
    return f"The wholesale price in Europe is {text}."


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
    withheld = f" For the other {rest} it is withheld, since what they keep may be nothing." if rest else ""
    return f"A kilogram kept from the market costs: {'; '.join(texts)}. Costs are mostly assumed.{withheld}"


def _sharing(study: Study) -> str:
    """From one end of the first lever to the other."""
    rows = sweep_of(study)
    levers = [row["name"] for row in study.manifest.get("factors", []) if row["name"] in rows]
    if rows.empty or not levers:
        return ""
    lever, texts = levers[0], []
    for outcome in (LANDED, "expected_seized_kg"):
        mine = rows[rows["outcome"] == outcome]
        if mine.empty:
            continue
        shown = study.outcome(outcome)
        for scenario, group in mine.groupby("scenario", sort=False):
            ends = group.sort_values(lever).iloc[[0, -1]].to_dict("records")
            apart = ends[0]["high"] < ends[1]["low"] or ends[1]["high"] < ends[0]["low"]
            verb = "goes from" if apart else "cannot be told apart at the ends:"
            texts.append(
                f"{escape(lower(shown.name))} {verb} <b>{shown.amount(ends[0]['mean'], 3)}</b> "
                f"({theme.span(ends[0]['low'] * shown.factor, ends[0]['high'] * shown.factor)}) to "
                f"<b>{shown.amount(ends[1]['mean'], 3)}</b> "
                f"({theme.span(ends[1]['low'] * shown.factor, ends[1]['high'] * shown.factor)}) "
                f"({escape(lower(study.scenario(str(scenario))))})"
            )
    first, last = rows[lever].min(), rows[lever].max()
    what = escape(lower(study.factor(lever)))
    return f"As the {what} goes from {first:g} to {last:g}: {'; '.join(texts)}." if texts else ""


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
        names = [f"{escape(str(r['name']))} {signed(r['share'] * shown.factor)} {shown.unit} "
                 f"({signed(r['low'] * shown.factor)} to {signed(r['high'] * shown.factor)})" for r in told]  # fmt: skip
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
    return (
        f"{len(front)} mixes are on the front in fresh worlds. The one that lands least lands {effect(row, shown)} than "
        f"the status quo, at {theme.number(best['cost_eur'] / 1e6, 2)} EUR m a year; {told} of {len(lucky)} random mixes "
        "of the same budget land less than it."
    )
