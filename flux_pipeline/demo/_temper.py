"""True effects on the demand of the demo restaurants, which a forecast has to find. Values only."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Promotion:
    """A price cut that repeats every year: `discount` (a share) off `item` for `days` days from (month, day)."""

    item: str
    month: int
    day: int
    days: int
    discount: float


@dataclass(frozen=True)
class Temper:
    """The true effects on one restaurant.

    Attributes:
        weekday: factor of each weekday, 0 = Monday; values of closed weekdays are not used.
        rhythm: hour of the business day (24 and more: after midnight) -> weight, Monday to Thursday.
        weekend_rhythm: the same, Friday to Sunday.
        season: amplitude of the log mean over the year; season_peak: the day of the year on which it is highest.
        rain: change of the log mean on a thoroughly wet day; warmth: for each 10 °C above the usual 12 °C.
        holiday: factor of a public holiday; eve: factor of the day before one.
        event: change of the log mean for each 10,000 visitors next door.
        breaks: ((month, day), (month, day), factor): periods, ends included, in which guests are away.
        day_shock: standard deviation of the log of the unexplained factor that all items of a day share.
        items_per_ticket: mean pieces on a ticket.
        closes_on_holidays: whether it is closed on public holidays; closed_on: other closed (month, day).
        menu_change: (month, day) on which one item joins the menu and one leaves it.
        price_rise: share by which prices rise on every 1 January; price_elasticity: of demand to it.
        promotions: price cuts; promotion_elasticity: of the item's demand to its cut.
    """

    weekday: tuple[float, ...]
    rhythm: dict[int, float]
    weekend_rhythm: dict[int, float]
    season: float
    season_peak: int
    rain: float
    warmth: float
    holiday: float
    eve: float
    event: float
    day_shock: float
    items_per_ticket: float
    promotions: tuple[Promotion, ...]
    breaks: tuple[tuple[tuple[int, int], tuple[int, int], float], ...] = ()
    closes_on_holidays: bool = False
    closed_on: tuple[tuple[int, int], ...] = ()
    menu_change: tuple[int, int] = (3, 1)
    price_rise: float = 0.04
    price_elasticity: float = -0.9
    promotion_elasticity: float = -2.2


BISTRO_TEMPER = Temper(
    weekday=(0.0, 0.72, 0.80, 0.92, 1.24, 1.42, 0.98),
    rhythm={12: 1.1, 13: 1.0, 14: 0.4, 18: 0.5, 19: 1.4, 20: 1.7, 21: 1.1, 22: 0.4},
    weekend_rhythm={
        **{12: 0.9, 13: 1.1, 14: 0.6, 15: 0.3, 16: 0.2, 17: 0.3, 18: 0.7},
        **{19: 1.5, 20: 2.0, 21: 1.7, 22: 1.1, 23: 0.8, 24: 0.5, 25: 0.3},
    },
    season=0.10,
    season_peak=165,
    rain=-0.16,
    warmth=0.08,
    holiday=1.22,
    eve=1.12,
    event=0.20,
    day_shock=0.11,
    items_per_ticket=5.5,
    promotions=(
        Promotion("Mussels and fries", 5, 11, 14, 0.20),
        Promotion("Mussels and fries", 11, 3, 14, 0.20),
        Promotion("Charcuterie board", 9, 8, 10, 0.25),
    ),
    breaks=(((8, 3), (8, 23), 0.82),),
    closed_on=((12, 24), (12, 25), (1, 1)),
)

BAKERY_TEMPER = Temper(
    weekday=(0.70, 0.74, 0.78, 0.82, 0.92, 1.28, 1.16),
    rhythm={7: 1.3, 8: 1.9, 9: 1.3, 10: 1.0, 11: 1.0, 12: 1.6, 13: 1.1, 14: 0.6, 15: 0.7, 16: 0.5},
    weekend_rhythm={
        **{7: 0.6, 8: 1.2, 9: 1.9, 10: 2.1, 11: 1.7, 12: 1.2},
        **{13: 0.9, 14: 0.7, 15: 0.6, 16: 0.4, 17: 0.2},
    },
    season=0.06,
    season_peak=340,
    rain=-0.11,
    warmth=-0.02,
    holiday=1.20,
    eve=1.08,
    event=0.14,
    day_shock=0.08,
    items_per_ticket=2.4,
    promotions=(
        Promotion("Cinnamon bun", 2, 5, 14, 0.25),
        Promotion("Cinnamon bun", 10, 4, 14, 0.25),
        Promotion("Iced latte", 6, 12, 10, 0.20),
    ),
    closed_on=((12, 25), (12, 26), (1, 1)),
    menu_change=(9, 1),
)

CANTEEN_TEMPER = Temper(
    weekday=(1.02, 1.12, 1.10, 1.06, 0.70, 0.0, 0.0),
    rhythm={11: 1.0, 12: 2.0, 13: 1.2, 14: 0.3},
    weekend_rhythm={11: 1.2, 12: 2.0, 13: 0.9, 14: 0.2},
    season=0.05,
    season_peak=30,
    rain=0.06,
    warmth=-0.05,
    holiday=1.0,
    eve=0.80,
    event=0.0,
    day_shock=0.06,
    items_per_ticket=2.5,
    promotions=(Promotion("Daily vegan bowl", 1, 10, 14, 0.20), Promotion("Daily vegan bowl", 10, 5, 12, 0.20)),
    breaks=(((7, 18), (8, 28), 0.72), ((12, 20), (12, 31), 0.45), ((1, 1), (1, 5), 0.60)),
    closes_on_holidays=True,
    closed_on=((12, 24), (12, 31)),
)
