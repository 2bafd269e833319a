"""Charts of the admin: SVG in the page, with neither script nor style; static/ledger_core/admin.css has its colours."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

from django.utils.safestring import SafeString, mark_safe
from leather import Chart

from ledger_core.queries.balances import Balance

_WIDTH, _HEIGHT = 960, 380
BOX = "16 36 944 312"  # x, y, width, height: without the margins, which the page has
_SHORTEST = timedelta(seconds=10)  # below it the ticks would be parts of a second
_LEAST = 4  # below it ticks would be parts of a credit


def balance_chart(history: Sequence[Balance], now: datetime) -> SafeString:
    """Return what an owner had over time, to the present, as the inside of an svg element whose viewBox is BOX.

    A balance changes in steps: after an entry it stays what it is until the next.
    """
    first = history[0].updated_on
    until = max(now, history[-1].updated_on, first + _SHORTEST)
    ends = [*(balance.updated_on for balance in history[1:]), until]
    steps = [(first, 0)]
    for balance, end in zip(history, ends, strict=True):
        steps += [(balance.updated_on, balance.balance), (end, balance.balance)]
    chart = Chart()
    chart.add_x_scale(_naive(first), _naive(until))
    chart.add_y_scale(0, max(_LEAST, *(balance.balance for balance in history)))
    chart.add_x_axis(name="time (UTC)", tick_formatter=_time_formatter(until - first))
    chart.add_y_axis(name="balance (credits)", tick_formatter=lambda value, *_: f"{value:,.0f}")
    chart.add_line([(_naive(moment), balance) for moment, balance in steps])
    # Numbers, moments and the words above: nothing that anybody has posted.
    return mark_safe(ElementTree.tostring(chart.to_svg_group(_WIDTH, _HEIGHT), encoding="unicode"))  # noqa: S308


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)  # leather compares with moments of its own, which know no zone


def _time_formatter(shown: timedelta) -> Callable[..., str]:
    """Return what writes the ticks, of which leather makes five or so: none twice the same."""
    form = "%H:%M:%S" if shown < timedelta(minutes=4) else "%m-%d %H:%M" if shown < timedelta(days=4) else "%Y-%m-%d"
    return lambda tick, *_: f"{tick:{form}}"
