"""How the admin writes moments: to the second, in UTC, and so that they sort as text."""

DATETIME_FORMAT = "Y-m-d H:i:s"
