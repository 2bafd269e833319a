"""Install uv from PyPI into a folder, on a machine with Python. If Python has no pip, download pip first.

usage: python3 get_uv.py FOLDER
"""

import json
import subprocess
import sys
import tempfile
import urllib.request
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urljoin

PIP = "https://pypi.org/pypi/pip/json"


def main(folder: str) -> None:
    if sys.version_info < (3, 11):  # noqa: UP036  nothing has checked pyproject.toml's requires-python yet
        sys.exit(f"Python 3.11 or newer is needed; {sys.executable} is {sys.version.split()[0]}.")
    with tempfile.TemporaryDirectory() as temporary:
        pip = ["-m", "pip"] if find_spec("pip") else [f"{_download_pip(Path(temporary))}/pip"]
        options = ["--quiet", "--disable-pip-version-check", "--root-user-action=ignore", "--target", folder]
        sys.exit(subprocess.call([sys.executable, *pip, "install", *options, "uv"]))  # noqa: S603


def _download_pip(folder: Path) -> Path:
    """Download pip's wheel and return its path. A wheel runs without installation.

    Debian's Python has neither pip nor ensurepip.
    """
    with urllib.request.urlopen(PIP) as answer:
        files: list[dict[str, str]] = json.load(answer)["urls"]
    # The addresses on a mirror can be relative to its page.
    url = urljoin(PIP, next(file["url"] for file in files if file["filename"].endswith(".whl")))
    path = folder / url.rpartition("/")[2]
    with urllib.request.urlopen(url) as answer:  # noqa: S310  over TLS, as pip itself would
        path.write_bytes(answer.read())
    return path


if __name__ == "__main__":
    main(sys.argv[1])
