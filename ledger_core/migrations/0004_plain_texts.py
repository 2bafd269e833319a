import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models

from ledger_core.postgresql.migration_operations import ReplaceCheck


class Migration(migrations.Migration):
    # Each operation is a transaction of its own that locks one table for a moment: 0005 checks the rows.
    atomic = False
    dependencies = [
        ("ledger_core", "0003_clients"),
    ]

    operations = [
        ReplaceCheck(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    django.db.models.lookups.Range(django.db.models.functions.text.Length("owner_id"), (1, 128)),
                    models.Q(("owner_id__regex", "[[:cntrl:]]"), _negated=True),
                ),
                name="ledger_account_owner_plain",
            ),
        ),
        ReplaceCheck(
            model_name="client",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    django.db.models.lookups.Range(django.db.models.functions.text.Length("name"), (1, 128)),
                    models.Q(("name__regex", "[[:cntrl:]]"), _negated=True),
                ),
                name="ledger_client_name_plain",
                violation_error_message="A name has 1 to 128 characters, and no control characters.",
            ),
        ),
        ReplaceCheck(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    django.db.models.lookups.Range(django.db.models.functions.text.Length("nonce"), (1, 128)),
                    models.Q(("nonce__regex", "[[:cntrl:]]"), _negated=True),
                ),
                name="ledger_entry_nonce_plain",
            ),
        ),
        ReplaceCheck(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("client", ""),
                    models.Q(
                        django.db.models.lookups.Range(django.db.models.functions.text.Length("client"), (1, 128)),
                        models.Q(("client__regex", "[[:cntrl:]]"), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="ledger_entry_client_plain",
            ),
        ),
    ]
