"""Fail if the support of a pinned image has ended (deploy/support.toml), and warn a month before.

usage: python3 deploy/check_support.py [YYYY-MM-DD]     default: today
"""

import sys
import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

SUPPORT = Path(__file__).with_name("support.toml")


def main(today: date) -> None:
    images = sorted(tomllib.loads(SUPPORT.read_text())["image"], key=lambda image: image["until"])
    for image in images:
        line = f"{image['name']} {image['cycle']} is supported until {image['until']}: {image['source']}"
        if image["until"] < today + timedelta(days=30):
            print(line, file=sys.stderr)  # noqa: T201
    if any(image["until"] < today for image in images):
        sys.exit("The support of an image has ended: pin a newer version, and update its row in deploy/support.toml.")


if __name__ == "__main__":
    main(date.fromisoformat(sys.argv[1]) if sys.argv[1:] else datetime.now(UTC).date())
