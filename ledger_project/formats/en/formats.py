"""Format of times in the admin: with seconds, and sortable as text. They are in UTC."""

DATETIME_FORMAT = "Y-m-d H:i:s"
