from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('auditsearch', '0003_legal_hold'),
    ]

    operations = [
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('name', models.CharField(max_length=200, primary_key=True, serialize=False)),
                ('since', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'verbose_name': 'alert',
                'verbose_name_plural': 'alerts',
                'db_table': 'auditsearch_alert',
                'default_permissions': (),
            },
        ),
    ]
