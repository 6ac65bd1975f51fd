#!/usr/bin/env bash
# What holds at a place, asked by eight clients at once: `make bench-here`. Writes benches/HERE.md.
# MISTO_BENCH_ADDRESSES, MISTO_BENCH_SECONDS, MISTO_BENCH_VAR and MISTO_BIN choose another city, a shorter run, a database that is there, another binary.
set -euo pipefail
cd "$(dirname "$0")/.."
addresses=${MISTO_BENCH_ADDRESSES:-113000}
seconds=${MISTO_BENCH_SECONDS:-20}
misto=$(realpath "${MISTO_BIN:-target/release/misto}")
folder=$PWD/target/bench/here-$addresses
var=${MISTO_BENCH_VAR:-$folder/var}
most=20
mkdir -p "$folder"

"$misto" --var "$var" demo --addresses "$addresses" >"$folder/demo.log" 2>&1 || grep -q 'already holds a city' "$folder/demo.log" || { cat "$folder/demo.log"; exit 1; }
port=$((20000 + RANDOM % 20000))
site=http://127.0.0.1:$port
"$misto" --var "$var" serve --listen "127.0.0.1:$port" >"$folder/serve.log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null || true' EXIT
until curl -fs "$site/readyz" >/dev/null; do
  kill -0 $server || { cat "$folder/serve.log"; exit 1; }
  sleep 0.2
done

# places: addresses and parcels from all over the city, always the same
socket=$(sed -n 5p "$var/postgres/data/postmaster.pid")
sql() { psql -qtA -v ON_ERROR_STOP=1 -h "$socket" -U misto -d postgres -c "$1"; }
sql "select '/api/here?lon=' || st_x(geom) || '&lat=' || st_y(geom) from registers.addresses where geom is not null order by md5(uid) limit 3000" >"$folder/points"
sql "select '/api/here?parcel=' || cadastral_number from registers.parcels order by md5(cadastral_number) limit 1000" >"$folder/parcels"

cat >"$folder/paths.lua" <<'LUA'
local paths = {}
for line in io.lines(os.getenv("PATHS")) do paths[#paths + 1] = line end
local next = 0
function setup(thread) thread:set("first", math.random(#paths)) end
function request()
  next = next + 1
  return wrk.format("GET", paths[(first + next * 7) % #paths + 1])
end
function done(summary, latency, requests)
  io.write(string.format("RESULT %.1f %.1f %.0f %d\n", latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    summary.requests / summary.duration * 1e6, summary.errors.status + summary.errors.timeout + summary.errors.read))
end
LUA

table="| place | p50, ms | p99, ms | answers/s | errors |
| --- | --- | --- | --- | --- |"
worst=0
for places in points parcels; do
  # connections prepare the statement, and PostgreSQL settles on a plan
  PATHS=$folder/$places wrk -t2 -c8 -d5 -s "$folder/paths.lua" "$site" >/dev/null
  read -r _ p50 p99 rate errors < <(PATHS=$folder/$places wrk -t2 -c8 "-d$seconds" -s "$folder/paths.lua" "$site" | grep RESULT)
  table+="
| $places ($(wc -l <"$folder/$places")) | $p50 | $p99 | $rate | $errors |"
  [ "$errors" = 0 ] || worst=$errors
done
first=$(head -n 1 "$folder/points")
bytes=$(curl -fs "$site$first" | wc -c)
registers=$(curl -fs "$site$first" | grep -o '"within"' | wc -l)

cat >benches/HERE.md <<E2
# What holds at a place

\`make bench-here\`: an invented city of $addresses addresses, 8 clients of wrk on the same machine ($(nproc) cores, $(date +%F)), after five seconds of the same. Target: p99 of at most $most ms.

$table

An answer like the first is $bytes bytes and tells of $registers registers.
E2
cat benches/HERE.md
[ "$worst" = 0 ]
