#!/usr/bin/env bash
# Runs the browser tests against the release binary with a demo city of its own, and stops it again.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/city.sh
serve_city browser 8097
npm --prefix web run e2e -- "$@" || { tail -20 "$log" >&2; exit 1; }
