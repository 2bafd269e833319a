from django.db import migrations


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("ledger_core", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="EcommerceEntry",
            fields=[],
            options={
                "verbose_name_plural": "ecommerce entries",
                "proxy": True,
                "default_permissions": ("view",),
                "indexes": [],
                "constraints": [],
            },
            bases=("ledger_core.entry",),
        ),
    ]
