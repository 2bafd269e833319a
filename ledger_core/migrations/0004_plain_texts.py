import django.db.models.functions.text
import django.db.models.lookups
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    # In a moment, however large the books are: 0005 looks at the rows that are there, while others post.
    dependencies = [
        ("ledger_core", "0003_clients"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="account",
            name="ledger_account_owner_plain",
        ),
        migrations.RemoveConstraint(
            model_name="client",
            name="ledger_client_name_plain",
        ),
        migrations.RemoveConstraint(
            model_name="entry",
            name="ledger_entry_nonce_plain",
        ),
        migrations.RemoveConstraint(
            model_name="entry",
            name="ledger_entry_client_plain",
        ),
        AddConstraintNotValid(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    django.db.models.lookups.Range(django.db.models.functions.text.Length("owner_id"), (1, 128)),
                    models.Q(("owner_id__regex", "[[:cntrl:]]"), _negated=True),
                ),
                name="ledger_account_owner_plain",
            ),
        ),
        AddConstraintNotValid(
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
        AddConstraintNotValid(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    django.db.models.lookups.Range(django.db.models.functions.text.Length("nonce"), (1, 128)),
                    models.Q(("nonce__regex", "[[:cntrl:]]"), _negated=True),
                ),
                name="ledger_entry_nonce_plain",
            ),
        ),
        AddConstraintNotValid(
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
