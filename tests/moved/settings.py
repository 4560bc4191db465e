"""The example of Data Logging's manual, settings.py, in the names of today. docs/migrating.md shows it."""

AUDITSEARCH = {
    "MODELS": ["shop.*"],
    "DATABASE": "default",
    "EXCLUDE_FIELDS": ("version", "modified"),
    "EVENT_CODES": {
        "CRITICAL_CHANGE": ("cc", "Критичное изменение"),
    },
    "SYSTEMS": {
        "APPLICATION": ("app", "Основное приложение"),
        "SCHEDULER": ("sch", "Задачи, вызванные планировщиком"),
    },
    "EVENT_TYPES": {
        "SYSTEM_EVENT": ("se", "Системное событие"),
        "LEGALLY_EVENT": ("le", "Юридически важное событие"),
    },
}
