from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('auditsearch', '0004_alert'),
    ]

    operations = [
        migrations.CreateModel(
            name='Access',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ],
            options={
                'verbose_name': 'audit log',
                'verbose_name_plural': 'audit log',
                'permissions': [('view', 'Can search the audit log'), ('export', 'Can export events of the audit log'), ('unmask', 'Can see personal values in the audit log'), ('verify', 'Can verify the audit log'), ('share', 'Can share searches of the audit log')],
                'managed': False,
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='SavedSearch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('owner', models.CharField(max_length=255)),
                ('owner_name', models.CharField(max_length=255)),
                ('name', models.CharField(max_length=100)),
                ('query', models.TextField()),
                ('shared', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'verbose_name': 'saved search',
                'verbose_name_plural': 'saved searches',
                'db_table': 'auditsearch_saved_search',
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('owner', 'name'), name='auditsearch_saved_search_name')],
            },
        ),
    ]
