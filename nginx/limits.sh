#!/bin/sh
# limits.sh COMMAND…: derives nginx's rate limits from the service's own settings, then runs the command, which is nginx.
#
# nginx counts for all replicas together. Its limits are never stricter than the service's, so the service's RateLimit
# headers stay correct. nginx only knows rates per second and per minute, so other rates are rounded up. The service
# counts in windows of the clock, and a client may use two full windows right after each other, so nginx allows a burst
# of two windows.
set -eu

limit() { # limit SETTING RATE ZONE KEY
  [ "$2" != off ] || return 0
  requests=${2%/*}
  case "$requests" in '' | 0* | *[!0-9]* | ??????????*) reject "$1" "$2" ;; esac
  case "$2" in
    */s) rate="${requests}r/s" ;;
    */m) rate="${requests}r/m" ;;
    */h) rate="$(((requests + 59) / 60))r/m" ;;
    */d) rate="$(((requests + 1439) / 1440))r/m" ;;
    *) reject "$1" "$2" ;;
  esac
  echo "limit_req_zone $4 zone=$3:10m rate=$rate;" >>/tmp/limit_zones.conf
  echo "limit_req zone=$3 burst=$((requests * 2)) nodelay;" >>/tmp/limits.conf
}

reject() {
  echo "$1: A rate is written like 1000/s, with s, m, h or d, or off: not '$2'. See docs/settings.md." >&2
  exit 1
}

: >/tmp/limit_zones.conf
: >/tmp/limits.conf
limit LEDGER_ADDRESS_RATE_LIMIT "${LEDGER_ADDRESS_RATE_LIMIT:-1000/s}" addresses '$binary_remote_addr'
limit LEDGER_RATE_LIMIT "${LEDGER_RATE_LIMIT:-1000/s}" keys '$limited_key'
exec "$@"
