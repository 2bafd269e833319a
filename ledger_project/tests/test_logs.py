"""How records look. No database."""

import json
import logging
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from ledger_core.middleware import RequestIdFilter
from ledger_project.logs import logging_config


def test_production_logs_json() -> None:
    config = logging_config(json=True)["formatters"]["json"]
    formatter = JsonFormatter(config["fmt"], datefmt=config["datefmt"], rename_fields=config["rename_fields"])
    record = logging.makeLogRecord({"name": "ledger.request", "msg": "GET\n", "levelname": "INFO", "status": 200})
    RequestIdFilter().filter(record)
    line = formatter.format(record)
    assert "\n" not in line
    fields: dict[str, Any] = json.loads(line)
    assert fields.pop("time")
    assert fields == {"level": "INFO", "logger": "ledger.request", "message": "GET\n", "request_id": "-", "status": 200}
