"""The template filter `isolated`, for every text from outside that the admin shows."""

from django import template

from ledger_core.texts import as_html

register = template.Library()
register.filter("isolated", as_html)
