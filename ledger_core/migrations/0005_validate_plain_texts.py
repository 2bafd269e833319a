from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("ledger_core", "0004_plain_texts"),
    ]

    operations = [
        ValidateConstraint("account", "ledger_account_owner_plain"),
        ValidateConstraint("client", "ledger_client_name_plain"),
        ValidateConstraint("entry", "ledger_entry_nonce_plain"),
        ValidateConstraint("entry", "ledger_entry_client_plain"),
    ]
