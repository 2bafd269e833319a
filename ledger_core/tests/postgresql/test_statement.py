"""Statements executed by libpq behave like a cursor's, also in a transaction, and whatever the session has lost."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from select import select
from typing import Any
from uuid import uuid4

import pytest
from django.db import DataError, IntegrityError, OperationalError, close_old_connections, connection, transaction
from psycopg import Error as PostgresError

from ledger_core.models import Account, Entry, constraints
from ledger_core.operations.drafts import Draft, Item
from ledger_core.posting import InsufficientBalance, post, post_batch
from ledger_core.posting.batch import _POST_BATCH
from ledger_core.posting.single import _POST
from ledger_core.posting.stored import _EARLIER, parameters_of
from ledger_core.queries.balances import _BALANCE, Balance, balance_at, balance_of
from ledger_core.tests.factories import post_call
from ledger_core.tests.imaginary import ADD, IMAGINARY, SPEND
from ledger_core.verification import verify

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def _connected() -> Iterator[None]:
    """A new connection, on which nothing is prepared. Django knows only after connecting that it commits by itself."""
    connection.close()
    connection.ensure_connection()
    yield
    connection.close()


@pytest.mark.usefixtures("_connected")
def test_it_answers_as_a_cursor_does() -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="ä", client="☃")
    (columns,) = _BALANCE.fetch({"owner_id": "alice"})
    with transaction.atomic():
        assert _BALANCE.fetch({"owner_id": "alice"}) == [columns]
    assert Balance(*columns) == balance_of("alice")
    assert columns[-2].tzinfo is Account.objects.get().updated_on.tzinfo


@pytest.mark.usefixtures("_connected")
def test_what_it_posts_reads_back_the_same() -> None:
    posted = post(IMAGINARY, SPEND, **post_call(owner_id=post(IMAGINARY, ADD, **post_call()).entry.owner_id)).entry
    read = Entry.objects.get(pk=posted.pk)
    values: list[dict[str, Any]] = [
        {field.attname: getattr(entry, field.attname) for field in Entry._meta.concrete_fields}
        for entry in (posted, read)
    ]
    assert values[0] | {"hash": bytes(posted.hash)} == values[1] | {"hash": bytes(read.hash)}


@pytest.mark.usefixtures("_connected")
def test_no_row_is_an_empty_list() -> None:
    assert _BALANCE.fetch({"owner_id": "nobody"}) == []


@pytest.mark.usefixtures("_connected")
def test_as_the_first_of_a_transaction_it_is_undone_with_it() -> None:
    """psycopg begins a transaction with a cursor's first statement. A statement outside it would commit by itself."""
    fields = parameters_of(Draft.of(IMAGINARY, Item(ADD, "alice", "1"), ""))
    with transaction.atomic():
        assert _POST.fetch(fields)
        transaction.set_rollback(True)
    assert not Entry.objects.exists()


@pytest.mark.usefixtures("_connected")
def test_a_refusal_names_its_constraint() -> None:
    fields = parameters_of(Draft.of(IMAGINARY, Item(SPEND, "alice", "1"), ""))
    with pytest.raises(IntegrityError) as refused:
        _POST.fetch(fields)
    assert isinstance(refused.value.__cause__, PostgresError)
    assert refused.value.__cause__.diag.constraint_name == constraints.AVAILABLE_NOT_NEGATIVE
    assert not connection.errors_occurred


@pytest.mark.usefixtures("_connected")
def test_a_nul_is_refused_and_cuts_nothing_off() -> None:
    fields = parameters_of(Draft.of(IMAGINARY, Item(ADD, "alice", "1"), "blog\0shop"))
    with pytest.raises(DataError, match="NUL"):
        _POST.fetch(fields)
    assert not Entry.objects.exists()


@pytest.mark.usefixtures("_connected")
def test_an_idle_connection_that_was_ended_is_replaced_before_a_request_uses_it() -> None:
    """After a restart, a timeout, or the end of a connection by a pooler or an administrator, no request fails."""
    _BALANCE.fetch({"owner_id": "alice"})
    ended = connection.connection
    terminate(ended)
    close_old_connections()  # as at the beginning of a request
    assert _BALANCE.fetch({"owner_id": "alice"}) == []
    assert connection.connection is not ended

    terminate(connection.connection)
    close_old_connections()
    assert not Entry.objects.exists()  # a cursor of Django's
    terminate(connection.connection)
    close_old_connections()
    with transaction.atomic():
        assert _BALANCE.fetch({"owner_id": "alice"}) == []


@pytest.mark.usefixtures("_connected")
def test_a_connection_that_ends_during_a_request_is_replaced_for_the_next_one() -> None:
    _BALANCE.fetch({"owner_id": "alice"})
    ended = connection.connection
    terminate(ended)
    for _ in range(2):  # the server's last message has a SQLSTATE; libpq's error after it has none
        with pytest.raises(OperationalError):
            _BALANCE.fetch({"owner_id": "alice"})
    close_old_connections()
    assert _BALANCE.fetch({"owner_id": "alice"}) == []
    assert connection.connection is not ended


def terminate(connected: Any) -> None:
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [connected.info.backend_pid])
    other.close()
    assert select([connected.fileno()], [], [], 10)[0]


# What removes a session's prepared statements, or changes what they return.
LOSSES = {
    "a rollback": lambda: roll_back(),
    "DISCARD ALL": lambda: run("DISCARD ALL"),
    "DEALLOCATE ALL": lambda: run("DEALLOCATE ALL"),
    "other prepared statements of these names": lambda: prepare_others(),
}


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def roll_back() -> None:
    with transaction.atomic():
        post(IMAGINARY, ADD, owner_id="alice", nonce=uuid4().hex)
        transaction.set_rollback(True)


def prepare_others() -> None:
    """Change the columns that each statement returns, as a new column changes `SELECT *`."""
    run("DEALLOCATE ALL")
    for statement in (_POST, _POST_BATCH, _EARLIER):
        asked = [f"${number}::text IS NULL" for number, _ in enumerate(statement._parameters, start=1)]
        run(f'PREPARE "{statement._name.decode()}" AS SELECT * FROM changing WHERE {" AND ".join(asked)}')
    run(f"ALTER TABLE changing ADD more_{uuid4().hex} int")


@pytest.mark.usefixtures("_connected", "_changing")
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("around", [nullcontext, transaction.atomic])
def test_a_session_that_loses_its_prepared_statements_fails_no_request(
    loss: str, around: Callable[[], AbstractContextManager[Any]]
) -> None:
    def use_all(nonce: str) -> None:
        post(IMAGINARY, ADD, owner_id="alice", nonce=nonce)
        assert post(IMAGINARY, ADD, owner_id="alice", nonce=nonce).replayed
        with pytest.raises(InsufficientBalance):
            post(IMAGINARY, SPEND, owner_id="bob", nonce=nonce)
        post_batch(IMAGINARY, [Item(ADD, "carol", nonce)])

    use_all("before")
    if loss != "DISCARD ALL" or around is nullcontext:  # which is not allowed in a transaction
        with around():
            if loss != "a rollback":
                LOSSES[loss]()
            use_all("after")
    LOSSES[loss]()
    with around():
        use_all("after the transaction")
        use_all("and again")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '-- Posts an item and returns%'"
        )
        assert cursor.fetchone() == (1,)
    assert set(Entry.objects.filter(owner_id="alice").values_list("nonce", flat=True)) >= {"before", "and again"}


@pytest.fixture
def _changing(transactional_db: None, _connected: None) -> Iterator[None]:
    run("CREATE TABLE changing (number int)")
    yield
    connection.close()
    run("DROP TABLE changing")


@pytest.mark.usefixtures("_connected")
def test_a_statement_that_the_session_has_already_is_used() -> None:
    """Behind a pooler, another connection of this service can have prepared it."""
    name, text = _BALANCE._name.decode(), _BALANCE._numbered.decode()
    run(f'PREPARE "{name}" AS {text}')
    for _ in range(2):
        assert _BALANCE.fetch({"owner_id": "alice"}) == []
    with transaction.atomic():
        assert _BALANCE.fetch({"owner_id": "alice"}) == []


@pytest.mark.usefixtures("_connected")
def test_without_preparing_nothing_is_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    for statement in (_POST, _POST_BATCH, _EARLIER, _BALANCE):
        monkeypatch.setattr(statement, "_prepares", False)
    for around in (nullcontext, transaction.atomic):
        with around():
            post(IMAGINARY, ADD, owner_id="alice", nonce=around.__name__)
            assert post(IMAGINARY, ADD, owner_id="alice", nonce=around.__name__).replayed
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements")
        assert cursor.fetchone() == (0,)


@pytest.mark.usefixtures("_connected")
def test_a_column_that_is_added_meanwhile_fails_no_request() -> None:
    """As a migration does while this version runs. Posts, replays, rejections, batches and reads still work."""

    def use_all(nonce: str) -> None:
        entry = post(IMAGINARY, ADD, owner_id="alice", nonce=nonce).entry
        assert post(IMAGINARY, ADD, owner_id="alice", nonce=nonce).entry == entry
        with pytest.raises(InsufficientBalance):
            post(IMAGINARY, SPEND, owner_id="alice", nonce=f"{nonce} too much", amount=1000)
        batch = [Item(ADD, "bob", nonce), Item(SPEND, "bob", f"{nonce} spend")]
        assert [posted.replayed for posted in post_batch(IMAGINARY, batch)] == [False, False]
        assert [posted.replayed for posted in post_batch(IMAGINARY, batch)] == [True, True]
        assert balance_of("alice").balance
        assert list(Entry.objects.filter(owner_id="alice"))

    for _ in range(6):  # PostgreSQL can use a generic plan from the sixth execution on
        use_all(uuid4().hex)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("ALTER TABLE ledger_entry ADD extra text; ALTER TABLE ledger_account ADD extra text")
        use_all("after")
        use_all("and again")
    finally:
        with other.cursor() as cursor:
            cursor.execute("ALTER TABLE ledger_entry DROP extra; ALTER TABLE ledger_account DROP extra")
        other.close()
    use_all("without it")


@pytest.mark.parametrize(
    "setting",
    [
        "bytea_output = 'escape'",
        "DateStyle = 'German, DMY'",
        "IntervalStyle = 'sql_standard'",
        "TimeZone = 'Asia/Kathmandu'",
        "extra_float_digits = -15",
        "search_path = 'elsewhere'",
        "default_transaction_isolation = 'serializable'",
        "array_nulls = off",
    ],
)
def test_no_setting_of_the_role_changes_an_answer(setting: str) -> None:
    role = f'ALTER ROLE CURRENT_USER IN DATABASE "{connection.settings_dict["NAME"]}"'
    run(f"{role} SET {setting}")
    connection.close()
    try:
        entry = post(IMAGINARY, ADD, owner_id="alice", nonce="1").entry
        assert post(IMAGINARY, ADD, owner_id="alice", nonce="1").entry.hash == bytes(entry.hash)
        with pytest.raises(InsufficientBalance):
            post(IMAGINARY, SPEND, owner_id="bob", nonce="1")
        (read,) = Entry.objects.all()
        assert (bytes(read.hash), read.created_on) == (entry.hash, entry.created_on)
        assert balance_of("alice") == balance_at("alice", entry.created_on)
        assert list(verify()) == []
    finally:
        run(f"{role} RESET {setting.partition(' ')[0]}")
        connection.close()


@pytest.mark.usefixtures("_connected")
def test_who_wants_to_know_of_statements_is_told() -> None:
    told = []

    def tell(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        told.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(tell):
        balance = _BALANCE.fetch({"owner_id": "alice"})
    assert balance == []
    (text,) = told
    assert text == _BALANCE.text
