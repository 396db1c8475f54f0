"""What is recorded: every weekly series, yearly quantity and account once, the buffers, and the rule that fills them.

A series that a rule counts as it runs needs its member of `Weekly` and a line in that rule. A series that is read off
the state at the end of a week needs its member and a line in `record_week`. `model.results` makes the tables.
"""

import math

import numpy as np

from model.context import Array, Context, Record
from model.kernel.compiled import rule
from model.kinds import Counter, Numbered

FIRST_SEIZURES = 300_000
"""Room for the seizures of a usual history; memory is taken only as it fills."""


class Quantity(Numbered):
    """A recorded quantity; its number is its position in the arrays, its column name is the member's in small letters.

    `averaged` series are averaged over a year, the others summed. A `cost` reduces profit.
    """

    def __init__(self, unit: str, meaning: str, how: str = "summed") -> None:
        self.unit, self.meaning = unit, meaning
        self.averaged, self.cost = how == "averaged", how == "cost"

    @property
    def column(self) -> str:
        """Name in frames."""
        return self.name.lower()

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        """Names in frames, by position."""
        return tuple(member.column for member in cls)


class Weekly(Quantity):
    """Weekly series. Mass is pure cocaine unless the name says bulk."""

    PRODUCED_KG = "kg", "output of the producing countries"
    DISPATCHED_KG = "kg", "sent from the Andes"
    DISPATCHED_TO_EUROPE_KG = "kg", "of it towards Europe"
    DISPATCHED_TO_NORTH_AMERICA_KG = "kg", "of it towards North America"
    SEIZED_KG = "kg", "seized"
    EXPECTED_SEIZED_KG = "kg", "expected seizures: load times chance of removal"
    LOST_KG = "kg", "dumped in pursuits"
    LEAKED_KG = "kg", "returned to traffickers from custody"
    ARRIVED_EUROPE_KG = "kg", "arrived in Europe"
    ARRIVED_NORTH_AMERICA_KG = "kg", "arrived in North America"
    SEIZED_EU_BULK_KG = "kg bulk", "seized by countries of the EU"
    SEIZED_AMERICAS_BULK_KG = "kg bulk", "seized by countries of the Americas"
    SEIZED_WEST_AFRICA_BULK_KG = "kg bulk", "seized by countries of West Africa"
    SEIZED_SEA_BULK_KG = "kg bulk", "seized at sea, by whichever country"
    WEST_AFRICA_KG = "kg", "arrived in Europe through West Africa"
    CONSUMED_EUROPE_KG = "kg", "consumed in Europe"
    CONSUMED_NORTH_AMERICA_KG = "kg", "consumed in North America"
    PRICE_EUROPE_EUR_PER_KG = "EUR/kg", "wholesale price in Europe, weighted by demand", "averaged"
    PRICE_NORTH_AMERICA_EUR_PER_KG = "EUR/kg", "wholesale price in North America", "averaged"
    PRICE_SOURCE_EUR_PER_KG = "EUR/kg", "price in the Andes, weighted by output", "averaged"
    IN_TRANSIT_KG = "kg", "in consignments under way", "averaged"
    IN_STOCK_KG = "kg", "held by producers and organisations", "averaged"
    EXPOSURES = "counts", "consignments that entered a leg"
    KNOWN = "counts", "consignments that some country able to act learned of"
    CUED = "counts", "consignments at sea that somebody able to act was told of"
    ACTED = "counts", "of these, those to which an asset was sent"
    BOARDED = "counts", "boardings begun"
    WON = "counts", "boardings that ended in a seizure"
    SEIZURES = "counts", "cases"
    GROUPS = "counts", "organisations alive", "averaged"
    ENTERED = "counts", "organisations that entered"
    LEFT = "counts", "organisations that left"
    CAPITAL_EUR = "EUR", "working capital of all organisations", "averaged"
    FROZEN_EUR = "EUR", "frozen by courts, not yet decided", "averaged"
    EFFECTIVE_ROUTES = "1", "exp of the entropy of the flow over routes from the Andes", "averaged"
    MEAN_LOAD_KG = "kg", "sum of loads sent; frames divide it by `dispatches`"
    ASSET_WEEKS = "asset-weeks", "search by patrol assets"
    ACT_RATE = "share", "cues to which an asset was sent", "averaged"
    DISPATCHES = "counts", "consignments sent, onward ones among them"
    MARGIN_EUR_PER_KG = "EUR/kg", "value of a kg in the Andes by arbitrage less its price there", "averaged"
    EXPECTED_KNOWN_KG = "kg", "expected kg that some country able to act learns of, summed over legs"
    LEADS_LEAKED = "counts", "shared leads that were betrayed"
    CUED_KG = "kg", "in consignments at sea that somebody able to act was told of"
    ACTED_KG = "kg", "in those to which an asset was sent"
    BOARDED_EXPECTED_KG = "kg", "expected seizures by boarding"


class Yearly(Quantity):
    """Quantities recorded by year, for each leg, country, platform, place and stage."""

    MOVED_KG = "kg", "entered a leg, or arrived at a place"
    SEIZED_KG = "kg", "seized"
    EXPECTED_SEIZED_KG = "kg", "expected seizures: load times chance of removal"
    SEIZURES = "counts", "cases"
    LOST_KG = "kg", "dumped in pursuits"
    EXPECTED_KNOWN_KG = "kg", "expected kg that some country able to act learns of"


class Account(Quantity):
    """Accounts of cocaine (kg) and money (EUR) since the start of a run."""

    OPENING_KG = "kg", "stocks on the first day"
    PRODUCED_KG = "kg", "output"
    SEIZED_KG = "kg", "seized"
    CUSTODY_LEAKED_KG = "kg", "returned to traffickers from custody"
    LOST_KG = "kg", "dumped in pursuits"
    CONSUMED_KG = "kg", "consumed"
    ELSEWHERE_KG = "kg", "arrived in other markets"
    FOUNDING_EUR = "EUR", "capital that organisations start with"
    REVENUE_EUR = "EUR", "sales to wholesalers"
    PURCHASES_EUR = "EUR", "paid to producers", "cost"
    TRANSPORT_EUR = "EUR", "transport and handling", "cost"
    BRIBES_EUR = "EUR", "bribes, protection and contacts", "cost"
    RISK_EUR = "EUR", "paid to those who carry the risk", "cost"
    STORAGE_EUR = "EUR", "rent of stores", "cost"
    ENTRY_EUR = "EUR", "opening of new routes", "cost"
    LAUNDERING_EUR = "EUR", "cost of laundering", "cost"
    CONFISCATED_EUR = "EUR", "confiscated by courts", "cost"
    DRAWINGS_EUR = "EUR", "taken out by owners"
    CLOSING_EUR = "EUR", "left to the estates of organisations that ended"


SEIZURE = np.dtype(
    [
        ("kg", "f8"),
        ("owner", "i8"),
        ("day", "f4"),
        ("parcels_share", "f4"),
        ("value_eur", "f4"),
        ("place", "i2"),
        ("leg", "i2"),
        ("state", "i2"),
        ("lead_state", "i2"),
        ("platform", "i2"),
        ("stage", "i2"),
    ]
)
"""A row of the seizures, -1 where there is none. Kept small: memory touched for the first time is what costs here."""


def make_record(weeks: int, years: int, sizes: dict[str, int], *, keep_seizures: bool) -> Record:
    """Empty buffers for a run of `weeks` weeks in `years` years."""
    return Record(
        weekly=np.zeros((weeks, len(Weekly))),
        accounts=np.zeros((weeks, len(Account))),
        **{
            f"by_{rows.removesuffix('s')}": np.zeros((years, sizes[rows], len(Yearly)))
            for rows in ("legs", "states", "platforms", "places", "stages")
        },
        seizures=np.zeros(FIRST_SEIZURES if keep_seizures else 1, dtype=SEIZURE),
        keep_seizures=np.array([int(keep_seizures)], dtype=np.int64),
    )


def copy_record(source: Record, target: Record, events: int) -> Record:
    """Copy what has been recorded, `events` seizures among it, into buffers that may be longer or shorter."""
    if target.seizures.shape[0] < events:
        target = target._replace(seizures=np.zeros(source.seizures.shape[0], dtype=SEIZURE))
    for old, new in zip(source, target, strict=True):
        shared = events if old.dtype == SEIZURE else min(old.shape[0], new.shape[0])
        new[:shared] = old[:shared]
    return target


@rule
def record_week(ctx: Context) -> None:
    """Prices, stocks, the act-rate, concentration of routes and all accounts are recorded."""
    record, week = ctx.record, ctx.week
    record_prices(ctx)
    record.weekly[week, Weekly.IN_TRANSIT_KG] = in_transit_kg(ctx)
    record.weekly[week, Weekly.IN_STOCK_KG] = in_stock_kg(ctx)
    record.weekly[week, Weekly.EFFECTIVE_ROUTES] = effective_routes(ctx)
    if record.weekly[week, Weekly.CUED] > 0.0:
        record.weekly[week, Weekly.ACT_RATE] = record.weekly[week, Weekly.ACTED] / record.weekly[week, Weekly.CUED]
    for account in range(ctx.state.accounts.shape[0]):
        record.accounts[week, account] = ctx.state.accounts[account]


@rule
def record_prices(ctx: Context) -> None:
    """Demand-weighted price of Europe, price of North America, output-weighted price in the Andes."""
    markets, sources = ctx.state.markets, ctx.state.sources
    for market in range(markets.price_eur_per_kg.shape[0]):
        if ctx.world.market_is_europe[market] == 0:
            ctx.record.weekly[ctx.week, Weekly.PRICE_NORTH_AMERICA_EUR_PER_KG] = markets.price_eur_per_kg[market]
    ctx.record.weekly[ctx.week, Weekly.PRICE_EUROPE_EUR_PER_KG] = weighted_mean(
        markets.price_eur_per_kg, markets.demand_kg_per_week, ctx.world.market_is_europe
    )
    ctx.record.weekly[ctx.week, Weekly.PRICE_SOURCE_EUR_PER_KG] = weighted_mean(
        sources.price_eur_per_kg, sources.supply_kg_per_week, ctx.world.source_is_origin
    )


@rule
def record_by_market(ctx: Context, market: int, in_europe: int, elsewhere: int, kg: float) -> None:
    """Add to a series of Europe, or to that of North America, as the market lies."""
    series = in_europe if ctx.world.market_is_europe[market] == 1 else elsewhere
    ctx.record.weekly[ctx.week, series] += kg


@rule
def weighted_mean(values: Array, weights: Array, counted: Array) -> float:
    """Mean of the values that count, by weight; 0 where nothing has weight."""
    total, weight = 0.0, 0.0
    for row in range(values.shape[0]):
        if counted[row] == 1:
            total += values[row] * weights[row]
            weight += weights[row]
    return total / weight if weight > 0.0 else 0.0


@rule
def in_transit_kg(ctx: Context) -> float:
    """Cocaine in consignments under way."""
    moving_kg = 0.0
    for i in range(ctx.state.counts[Counter.LIVE]):
        moving_kg += ctx.state.consignments.load_kg[ctx.state.live[i]]
    return moving_kg


@rule
def in_stock_kg(ctx: Context) -> float:
    """Cocaine that producers hold, and organisations in hand and at transhipment places."""
    stocked_kg = 0.0
    for source in range(ctx.state.sources.pool_kg.shape[0]):
        stocked_kg += ctx.state.sources.pool_kg[source]
    for organisation in range(ctx.state.organisations.alive.shape[0]):
        stocked_kg += ctx.state.organisations.inventory_kg[organisation]
        if ctx.state.organisations.hubs_stocked[organisation] != 0:
            for hub in range(ctx.world.hub_place.shape[0]):
                stocked_kg += ctx.state.organisations.stock_kg[organisation, hub]
    return stocked_kg


@rule
def effective_routes(ctx: Context) -> float:
    """Exp of the entropy of the flow shares over the routes from the Andes (Hill number of order 1, Hill 1973)."""
    last = ctx.world.source_route_start[ctx.world.origins]
    total_kg = 0.0
    for route in range(last):
        total_kg += ctx.state.routes.flow_kg[route]
    if total_kg <= 0.0:
        return 0.0
    entropy = 0.0
    for route in range(last):
        share = ctx.state.routes.flow_kg[route] / total_kg
        if share > 1e-12:
            entropy -= share * math.log(share)
    return math.exp(entropy)
