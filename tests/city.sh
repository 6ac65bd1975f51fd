# For the runners of tests with real clients, which source it from the repository's root: `serve_city NAME PORT` serves a
# demo city of its own with the release binary (or MISTO_BIN) until the runner ends. It sets MISTO_URL, MISTO_VAR and
# MISTO_DATABASE for the tests, and `log`, the server's.

serve_city() {
  local port=${MISTO_TEST_PORT:-$2}
  MISTO_VAR=$(mktemp -d "${TMPDIR:-/tmp}/misto-$1-XXXXXX")
  chmod 755 "$MISTO_VAR"
  log="$MISTO_VAR/misto.log"
  env -u DATABASE_URL "${MISTO_BIN:-target/release/misto}" --var "$MISTO_VAR" serve --demo --listen "127.0.0.1:$port" 2>"$log" &
  server=$!
  trap stop_city EXIT
  local deadline=$((SECONDS + 120))
  until curl --noproxy '*' -fsS -o /dev/null "http://127.0.0.1:$port/readyz" 2>/dev/null; do
    kill -0 "$server" 2>/dev/null && [ "$SECONDS" -lt "$deadline" ] || { cat "$log" >&2; exit 1; }
    read -r -t 0.2 <> <(:) || true
  done
  export MISTO_VAR MISTO_URL="http://127.0.0.1:$port" MISTO_DATABASE="host=$MISTO_VAR/postgres/run user=misto dbname=postgres"
}

stop_city() {
  kill -TERM "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  rm -rf "$MISTO_VAR"
}
