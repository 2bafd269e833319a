"""`make smoke`, continued: backups, and the profile for development. They empty the stack, and so come last."""

import os
import shutil
import time

import pytest

from ledger_project.tests.conftest import ROOT, wait_for
from ledger_project.tests.smoke.stack import Stack, failed, say

pytestmark = pytest.mark.smoke


def test_a_backup_goes_into_an_empty_stack(prod: Stack) -> None:
    verified = prod.manage("verifyledger")
    books = prod.books()
    backup = prod.run("make", "backup").strip()
    try:
        assert "has tables already" in prod.attempt("make", "restore", f"file={backup}").stderr
        prod.empty()
        restored = prod.run("make", "restore", f"file={backup}")
        assert verified.strip() in restored
        assert prod.books() == books
        prod.up()
        with prod.under_load("restored") as attempts:
            pass
        assert failed(attempts) == []
    finally:
        (ROOT / backup).unlink()
    say(f"restored: {verified.strip()}")


@pytest.mark.skipif(not shutil.which("rsync"), reason="rsync is not installed")
def test_a_nightly_backup_is_copied_elsewhere_before_old_ones_are_removed(prod: Stack) -> None:
    checkout, elsewhere = prod.folder / "checkout", prod.folder / "elsewhere"
    shutil.copytree(ROOT / "deploy", checkout / "deploy")
    shutil.copy(ROOT / "docker-compose.yml", checkout)
    elsewhere.mkdir()
    (backups := checkout / "backups").mkdir()
    old, recent, unrelated = backups / "ledger-old.dump", backups / "ledger-recent.dump", backups / "base-old.tar.gz"
    for file, days in ((old, 15), (recent, 13), (unrelated, 15)):
        file.touch()
        os.utime(file, (when := time.time() - days * 24 * 3600, when))

    failed = prod.attempt(f"{checkout}/deploy/nightly-backup", BACKUP_COPY_TO=f"{prod.folder}/not/there")
    assert failed.returncode != 0
    assert old.exists()
    assert not (backups / "backup.prom").exists()

    start = time.time()
    prod.run(f"{checkout}/deploy/nightly-backup", BACKUP_COPY_TO=str(elsewhere))
    assert (old.exists(), recent.exists(), unrelated.exists()) == (False, True, True)
    (copy,) = elsewhere.iterdir()
    assert copy.read_bytes() == (backups / copy.name).read_bytes()
    assert copy.stat().st_mode & 0o777 == 0o600
    name, moment = (backups / "backup.prom").read_text().split()
    assert name == "backup_timestamp_seconds"
    assert int(moment) >= int(start)
    assert prod.attempt(f"{checkout}/deploy/nightly-backup", BACKUP_DAYS="two").returncode == 1


def test_the_books_come_back_as_of_any_moment(prod: Stack) -> None:
    base = prod.run("deploy/base-backup").strip()
    try:
        with prod.under_load("before"):
            pass
        books, moment = prod.books(), prod.psql("SELECT clock_timestamp()").strip()
        with prod.under_load("after"):
            pass
        prod.psql("SELECT pg_switch_wal()")
        wait_for(
            lambda: (
                prod.psql(
                    "SELECT last_archived_wal >= pg_walfile_name(pg_current_wal_lsn() - 1) FROM pg_stat_archiver"
                ).strip()
                == "t"
            )
        )
        assert "There is a database already" in prod.attempt("deploy/recover", base, moment).stderr
        prod.compose("down", "--volumes")
        assert "no fault" in prod.run("deploy/recover", base, moment)
        assert prod.books() == books
    finally:
        (ROOT / base).unlink()
    say(f"recovered as of {moment}: {len(books):,} entries")


def test_the_profile_for_development_answers(prod: Stack) -> None:
    prod.empty()
    prod.compose("up", "--detach", "--wait", profile="dev")
    with prod.open("DEV_PORT", "/readyz") as answer:
        assert answer.status == 200
