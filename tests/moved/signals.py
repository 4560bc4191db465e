"""The example of Data Logging's manual, signals.py, in the names of today. docs/migrating.md shows it."""

# ruff: noqa: UP031 - as the manual writes it
from auditsearch.enums import EventCode, EventType, SystemsEnum
from auditsearch.signals import log_context_signal, msg_for_log_signal, post_snapshot_signal


def verbose_handler(sender, log_record, model_instance, fields_dict):
    model_mapping = {
        "shop.Customer": "клиента (ID=%(id)s)",
        "shop.Order": "заказ (ID=%(id)s) клиента (ID=%(customer_id)s)",
        "shop.Line": "строку (ID=%(id)s) заказа (ID=%(order_id)s)",
    }

    operation_mapping = {
        EventCode.UPDATE: "изменил(а)",
        EventCode.INSERT: "создал(а)",
        EventCode.DELETE: "удалил(а)",
    }

    if log_record.event_code == EventCode.WIN_OPEN:
        return "Открыто окно: %s" % log_record.context_data["title"]

    if model_instance is None:
        return None

    what = 'запись в "%s"' % model_instance._meta.verbose_name
    if log_record.object_type in model_mapping:
        what = model_mapping[log_record.object_type] % fields_dict

    return "Пользователь (ID=%s) %s %s." % (
        log_record.suid,
        operation_mapping.get(log_record.event_code),
        what,
    )


def context_handler(sender, request):
    user_id = None
    system_type = SystemsEnum.SHELL
    event_type = EventType.UNDEFINED
    if request is not None:
        user_id = getattr(request.user, "id", None)
        url = request.get_full_path()
        if "/plain" in url:
            event_type = EventType.SYSTEM_EVENT
            system_type = SystemsEnum.APPLICATION
        elif "/window" in url:
            event_type = EventType.LEGALLY_EVENT
            system_type = SystemsEnum.SCHEDULER

    return {"suid": user_id, "event_type": event_type, "system_type": system_type}


def post_snapshot_handler(sender, log_record):
    if log_record.object_type == "shop.Order" and log_record.event_code == EventCode.UPDATE:
        log_record.event_code = EventCode.CRITICAL_CHANGE


msg_for_log_signal.connect(verbose_handler, weak=False)
log_context_signal.connect(context_handler, weak=False)
post_snapshot_signal.connect(post_snapshot_handler, weak=False)
