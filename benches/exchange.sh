#!/usr/bin/env bash
# Import and export against plain ogr2ogr on one PostgreSQL, in one run, sides taking turns: `make bench-exchange`.
# Writes benches/EXCHANGE.md. MISTO_BENCH_ADDRESSES, MISTO_BENCH_ROUNDS and MISTO_BIN choose another city, fewer rounds, another binary.
set -euo pipefail
cd "$(dirname "$0")/.."
addresses=${MISTO_BENCH_ADDRESSES:-113000}
rounds=${MISTO_BENCH_ROUNDS:-3}
misto=$(realpath "${MISTO_BIN:-target/release/misto}")
folder=$PWD/target/bench/exchange-$addresses
var=$folder/var
mkdir -p "$folder"

# the private cluster runs as long as a server does
"$misto" --var "$var" demo --addresses "$addresses" >"$folder/demo.log" 2>&1 || grep -q 'already holds a city' "$folder/demo.log" || { cat "$folder/demo.log"; exit 1; }
"$misto" --var "$var" serve --listen 127.0.0.1:0 >"$folder/serve.log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null || true' EXIT
until [ -s "$var/postgres/data/postmaster.pid" ] && [ "$(sed -n 8p "$var/postgres/data/postmaster.pid" | tr -d ' ')" = ready ]; do
  kill -0 $server || { cat "$folder/serve.log"; exit 1; }
  sleep 0.2
done
socket=$(sed -n 5p "$var/postgres/data/postmaster.pid")
sql() { psql -qtA -v ON_ERROR_STOP=1 -h "$socket" -U misto -d "$1" -c "$2"; }
ogr() { echo "PG:host=$socket user=misto dbname=$1"; }
sql postgres 'drop database if exists exchange with (force)'
sql postgres 'create database exchange'
empty="postgres:///exchange?host=$socket&port=5432&user=misto"
DATABASE_URL=$empty "$misto" migrate >/dev/null
sql exchange 'create schema plain'
export PG_USE_COPY=YES

seconds() { local begun; begun=$(date +%s.%N); "$@" >"$folder/last.log" 2>&1 || { cat "$folder/last.log" >&2; exit 1; }; echo "$(date +%s.%N) - $begun" | bc; }
median() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }
rows=$(sql postgres 'select count(*) from registers.parcels')

table="| case | Misto, s | records/s | ogr2ogr, s | Misto / ogr2ogr |
| --- | --- | --- | --- | --- |"
line() { table+="
| $1 | $(printf %.1f "$2") | $(echo "$rows / $2" | bc) | $(printf %.1f "$3") | $(printf %.2f "$(echo "scale=3; $2 / $3" | bc)") |"; }

for format in geojson:GeoJSON csv:CSV gpkg:GPKG fgb:FlatGeobuf shp.zip:'ESRI Shapefile' xlsx:XLSX; do
  ending=${format%%:*} driver=${format#*:}
  ours=() theirs=() options=()
  [ "$ending" = csv ] && options=(-lco GEOMETRY=AS_WKT)
  for _ in $(seq "$rounds"); do
    rm -rf "$folder"/parcels."$ending" "$folder"/plain."$ending"
    ours+=("$(seconds "$misto" --var "$var" export parcels "$folder/parcels.$ending")")
    theirs+=("$(seconds ogr2ogr -f "$driver" "$folder/plain.$ending" "$(ogr postgres)" registers.parcels -lco ENCODING=UTF-8 "${options[@]}")")
  done
  line "export, $ending" "$(median "${ours[@]}")" "$(median "${theirs[@]}")"
done

for ending in geojson gpkg fgb csv; do
  ours=() theirs=()
  for _ in $(seq "$rounds"); do
    sql exchange 'truncate registers.parcels'
    ours+=("$(DATABASE_URL=$empty seconds "$misto" import parcels "$folder/parcels.$ending")")
    [ "$(sql exchange 'select count(*) from registers.parcels')" = "$rows" ] || { echo "not every parcel of $ending was imported"; cat "$folder/last.log"; exit 1; }
    theirs+=("$(seconds ogr2ogr -f PostgreSQL "$(ogr exchange)" "$folder/parcels.$ending" -nln plain.parcels -overwrite -lco GEOMETRY_NAME=geom)")
  done
  line "import into an empty register, $ending" "$(median "${ours[@]}")" "$(median "${theirs[@]}")"
done
again=$(DATABASE_URL=$empty seconds "$misto" import parcels "$folder/parcels.gpkg")

cat >benches/EXCHANGE.md <<END
# Import and export against plain ogr2ogr

\`make bench-exchange\` writes this page. $rows parcels of the demo city of $addresses addresses; one PostgreSQL for both sides, which take turns; medians of $rounds rounds; from the start of a process to
its end, on $(nproc) cores. ogr2ogr copies rows (PG_USE_COPY) and makes a spatial index; Misto besides checks every value against the register's rules, mends geometry, matches natural keys, keeps history, links and
the change feed, and writes a report. GDAL $(ogr2ogr --version | cut -d ' ' -f 2 | tr -d ,).

$table

The same file imported once more, which changes nothing (gpkg): $(printf %.1f "$again") s.
END
echo benches/EXCHANGE.md
