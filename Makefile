# Misto's commands. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup web build run test test-clients check bench bench-exchange bench-search bench-api fuzz clean openapi

SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
PACKAGES := postgresql-15 postgresql-15-postgis-3 gdal-bin chromium build-essential pkg-config ca-certificates curl
# QGIS without its window, and the Python that it is scripted in
CLIENT_PACKAGES := python3-qgis python3-venv
MISTO := target/release/misto
# what the front end is built from; generated messages and test results are not
WEB_SOURCES := $(shell git ls-files --cached --others --exclude-standard web 2>/dev/null | grep -v '\.test\.ts$$')
FUZZ_SECONDS ?= 60
# stable Rust gives coverage when asked so; there is no unsafe code here for a sanitizer to watch
FUZZ := RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none
RUST_NEEDED := 1.95
NODE_NEEDED := 20.19

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# installs those of the packages $(1) that are missing
define install
@missing=""; for package in $(1); do \
  dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q '^install ok installed' || missing="$$missing $$package"; \
done; \
if [ -n "$$missing" ]; then \
  echo "installing:$$missing"; \
  $(SUDO) apt-get update -qq; \
  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
fi
endef

setup: ## Install what apt and npm must bring, only where it is missing
	$(call install,$(PACKAGES))
	@needs() { \
	  [ -n "$$2" ] || { echo "$$1 is missing: $$4"; exit 1; }; \
	  [ "$$(printf '%s\n%s\n' "$$3" "$$2" | sort -V | head -n 1)" = "$$3" ] || { echo "$$1 is $$2, and $$3 or newer is needed: $$4"; exit 1; }; \
	}; \
	needs Rust "$$(rustc --version 2>/dev/null | cut -d ' ' -f 2)" $(RUST_NEEDED) "see https://rustup.rs"; \
	needs Node "$$(node --version 2>/dev/null | tr -d v)" $(NODE_NEEDED) "see https://nodejs.org"; \
	needs npm "$$(npm --version 2>/dev/null)" 10 "it comes with Node"
	@[ web/node_modules/.package-lock.json -nt web/package-lock.json ] || npm --prefix web ci --no-audit --no-fund

web/dist/index.html: $(WEB_SOURCES) | setup
	npm --prefix web run build
	@touch $@

web: web/dist/index.html ## Build the front end into web/dist

build: web ## Build the release binary, front end inside
	cargo build --release --locked

run: build ## Set up, build, load the demo city into an empty database, and serve it on http://127.0.0.1:8080
	$(MISTO) serve --demo

test: build check ## Set up and pass every test: Rust, API on PostGIS, web, browser
	cargo test --release --locked
	npm --prefix web test
	bash tests/browser/run.sh
	$(MAKE) test-clients

test-clients: build target/clients/ready ## Only the tests of real clients: GDAL, QGIS, OWSLib, Schemathesis, RDF and XML validators
	$(call install,$(CLIENT_PACKAGES))
	bash tests/clients/run.sh

# QGIS is of Debian's Python, so the other clients are too; every version is in the file, so pip resolves nothing
target/clients/ready: tests/clients/requirements.txt | setup
	$(call install,$(CLIENT_PACKAGES))
	/usr/bin/python3 -m venv --clear target/clients
	target/clients/bin/pip install --quiet --disable-pip-version-check --no-deps --requirement $<
	touch $@

check: web ## Formatting, lints, types, licences, layer files
	cargo fmt --check
	cargo clippy --release --locked --all-targets -- -D warnings
	npm --prefix web run check
	@if command -v cargo-deny >/dev/null; then \
	  cargo deny --log-level error check licenses bans sources; \
	  if cargo deny --log-level off fetch db 2>/dev/null; then cargo deny check advisories; \
	  else echo "the database of advisories cannot be reached: advisories are not checked"; fi; \
	 else echo "cargo-deny is not installed: licences are not checked here (cargo install --locked cargo-deny)"; fi
	cargo run --release --locked --quiet -- check

bench: build ## Measure tiles against Martin's and a bare server's and write benches/RESULTS.md
	$(call install,wrk)
	cargo bench --locked --bench tiles

bench-exchange: build ## Measure import and export against plain ogr2ogr and write benches/EXCHANGE.md
	$(call install,bc)
	bash benches/exchange.sh

bench-search: build ## Measure search: latency, right answers, memory; write benches/SEARCH.md
	cargo bench --locked --bench search

bench-api: build ## Measure items, search and what holds at a place against pygeoapi, tipg and addok and write benches/API.md
	$(call install,wrk redis-server python3-venv python3-dev)
	/usr/bin/python3 benches/api/main.py

fuzz: ## Throw any bytes and any rings at the reading and cutting of geometry, FUZZ_SECONDS each
	@command -v cargo-fuzz >/dev/null || cargo install --locked cargo-fuzz
	mkdir -p fuzz/corpus/ewkb fuzz/corpus/clip
	$(FUZZ) ewkb fuzz/corpus/ewkb fuzz/seeds/ewkb -- -max_total_time=$(FUZZ_SECONDS)
	$(FUZZ) clip fuzz/corpus/clip -- -max_total_time=$(FUZZ_SECONDS) -max_len=200

openapi: build ## Write the API's description for the front end's client, after routes have changed
	$(MISTO) openapi > web/src/api/openapi.json
	npm --prefix web run generate

clean: ## Remove everything that was built (the database under var/ stays)
	cargo clean
	rm -rf web/dist web/node_modules
