"""Charts of the admin: SVG in the page, without scripts or styles. `static/ledger_core/admin.css` sets the colours."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

from django.utils.safestring import SafeString, mark_safe
from leather import Chart

from ledger_core.queries.balances import Balance

_WIDTH, _HEIGHT = 960, 380
BOX = "16 36 944 312"  # x, y, width, height: without leather's margins, since the page has its own
_MIN_SPAN = timedelta(seconds=10)  # a shorter time axis would have ticks at fractions of a second
_MIN_TOP = 4  # a lower balance axis would have ticks at fractions of a credit


def balance_chart(history: Sequence[Balance], now: datetime) -> SafeString:
    """Return a chart of the balance from its first entry to `now`: the content of an svg element whose viewBox is BOX.

    `history` is in order of time, and not empty. The line has steps, because a balance stays the same between entries.
    """
    first = history[0].updated_on
    until = max(now, history[-1].updated_on, first + _MIN_SPAN)
    ends = [*(balance.updated_on for balance in history[1:]), until]
    steps = [(first, 0)]
    for balance, end in zip(history, ends, strict=True):
        steps += [(balance.updated_on, balance.balance), (end, balance.balance)]
    chart = Chart()
    chart.add_x_scale(_naive(first), _naive(until))
    chart.add_y_scale(0, max(_MIN_TOP, *(balance.balance for balance in history)))
    chart.add_x_axis(name="time (UTC)", tick_formatter=_time_formatter(until - first))
    chart.add_y_axis(name="balance (credits)", tick_formatter=lambda value, *_: f"{value:,.0f}")
    chart.add_line([(_naive(moment), balance) for moment, balance in steps])
    # Safe: only numbers, times and the words above, and no text from outside.
    return mark_safe(ElementTree.tostring(chart.to_svg_group(_WIDTH, _HEIGHT), encoding="unicode"))  # noqa: S308


def _naive(moment: datetime) -> datetime:
    """Return the moment in UTC without a time zone, as leather needs it."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _time_formatter(shown: timedelta) -> Callable[..., str]:
    """Return a formatter for a time axis of this length, so that no two of its about five ticks have the same text."""
    form = "%H:%M:%S" if shown < timedelta(minutes=4) else "%m-%d %H:%M" if shown < timedelta(days=4) else "%Y-%m-%d"
    return lambda tick, *_: f"{tick:{form}}"
