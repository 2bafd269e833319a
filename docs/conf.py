"""The site of the documentation: Sphinx on the Markdown files as they are, which GitHub shows too. `make docs`."""

import re
from pathlib import Path
from typing import Any

project = "Shared Ledger"
html_title = project
extensions = ["myst_parser"]

# From the root of the repository, so that links between docs/ and what lies beside it lead somewhere on both.
include_patterns = [
    "docs/**.md",
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "deploy/README.md",
    "clients/python/README.md",
]
exclude_patterns = [".*"]
root_doc = "docs/index"
html_additional_pages = {"index": "to_index.html"}
templates_path = ["_site"]

myst_heading_anchors = 3
nitpicky = True
html_theme = "furo"
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False

ROOT = Path(__file__).resolve().parent.parent
# Pages whose list of links is the navigation, so that Markdown has it once, in a form that GitHub shows as well.
LISTS = ["docs/index", "docs/decisions/README"]


def _navigation(app: Any, docname: str, source: list[str]) -> None:
    """Add to a page that lists others the hidden tree that Sphinx makes its navigation of."""
    if docname in LISTS:
        page = ROOT / f"{docname}.md"
        links = re.findall(r"\[([^\]]+)\]\(([^):#]+\.md)\)", source[0])
        listed = [(title, (page.parent / link).resolve().relative_to(ROOT).with_suffix("")) for title, link in links]
        tree = [f"{title} </{other}>" for title, other in listed]
        source[0] += "\n".join(["", "```{toctree}", ":hidden:", *tree, "```", ""])


def setup(app: Any) -> None:
    app.connect("source-read", _navigation)
