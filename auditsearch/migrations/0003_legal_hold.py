from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("auditsearch", "0002_rebuild"),
    ]

    operations = [
        migrations.CreateModel(
            name="LegalHold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("object_type", models.CharField(blank=True, default="", max_length=255)),
                ("object_id", models.CharField(blank=True, default="", max_length=255)),
                ("suid", models.CharField(blank=True, default="", max_length=255)),
                ("user_name", models.CharField(blank=True, default="", max_length=255)),
                ("log_name", models.CharField(blank=True, default="", max_length=255)),
                ("reason", models.TextField()),
                ("placed_at", models.DateTimeField()),
                ("lifted_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "legal hold",
                "verbose_name_plural": "legal holds",
                "db_table": "auditsearch_legal_hold",
                "default_permissions": (),
            },
        ),
    ]
