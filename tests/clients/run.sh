#!/usr/bin/env bash
# Runs the tests of real clients against the release binary with a demo city of its own, and stops it again.
# Arguments go to pytest. `make test-clients` brings what they need.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/city.sh
serve_city clients 8098
# no proxy stands between the clients and this machine's own server
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
target/clients/bin/python -m pytest tests/clients "$@" || { tail -20 "$log" >&2; exit 1; }
