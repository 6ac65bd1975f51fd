#!/usr/bin/env bash
# Runs the browser tests against the release binary with a demo city of its own, and stops it again.
set -euo pipefail
cd "$(dirname "$0")/../.."
var=$(mktemp -d "${TMPDIR:-/tmp}/misto-browser-XXXXXX")
chmod 755 "$var"
port=${MISTO_TEST_PORT:-8097}
log="$var/misto.log"
env -u DATABASE_URL target/release/misto --var "$var" serve --demo --listen "127.0.0.1:$port" 2>"$log" &
server=$!
stop() {
  kill -TERM "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  rm -rf "$var"
}
trap stop EXIT
deadline=$((SECONDS + 120))
until curl --noproxy '*' -fsS -o /dev/null "http://127.0.0.1:$port/readyz" 2>/dev/null; do
  kill -0 "$server" 2>/dev/null && [ "$SECONDS" -lt "$deadline" ] || { cat "$log" >&2; exit 1; }
  read -r -t 0.2 <> <(:) || true
done
MISTO_URL="http://127.0.0.1:$port" MISTO_VAR="$var" MISTO_DATABASE="host=$var/postgres/run user=misto dbname=postgres" \
  npm --prefix web run e2e -- "$@" || { tail -20 "$log" >&2; exit 1; }
