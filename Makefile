# Misto's commands. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup web build run test check bench clean openapi

SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
PACKAGES := postgresql-15 postgresql-15-postgis-3 gdal-bin chromium build-essential pkg-config ca-certificates
MISTO := target/release/misto
WEB_SOURCES := $(shell find web -type f -not -path 'web/node_modules/*' -not -path 'web/dist/*' 2>/dev/null)

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what apt and npm must bring, only where it is missing
	@missing=""; for package in $(PACKAGES); do \
	  dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q '^install ok installed' || missing="$$missing $$package"; \
	done; \
	if [ -n "$$missing" ]; then \
	  echo "installing:$$missing"; \
	  $(SUDO) apt-get update -qq; \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	fi
	@command -v cargo >/dev/null || { echo "Rust is missing: install it from https://rustup.rs (1.95 or newer)"; exit 1; }
	@command -v npm >/dev/null || { echo "Node is missing: install Node 20 or newer, with npm"; exit 1; }
	@[ web/node_modules/.package-lock.json -nt web/package-lock.json ] || npm --prefix web ci --no-audit --no-fund

web/dist/index.html: $(WEB_SOURCES)
	npm --prefix web run build
	@touch $@

web: setup web/dist/index.html ## Build the front end into web/dist

build: web ## Build the release binary, front end inside
	cargo build --release --locked

run: build ## Set up, build, load the demo city into an empty database, and serve it on http://127.0.0.1:8080
	$(MISTO) serve --demo

test: build check ## Set up and pass every test: Rust, API on PostGIS, web, browser
	cargo test --release --locked
	npm --prefix web test
	bash tests/browser/run.sh

check: setup ## Formatting, lints, types, licences, layer files
	cargo fmt --check
	cargo clippy --release --locked --all-targets -- -D warnings
	npm --prefix web run check
	@if command -v cargo-deny >/dev/null; then \
	  cargo deny --log-level error check licenses bans sources; \
	  if cargo deny --log-level off fetch db 2>/dev/null; then cargo deny check advisories; \
	  else echo "the database of advisories cannot be reached: advisories are not checked"; fi; \
	 else echo "cargo-deny is not installed: licences are not checked here (cargo install --locked cargo-deny)"; fi
	cargo run --release --locked --quiet -- check

bench: build ## Measure tiles against each other and write benches/RESULTS.md
	cargo bench --locked --bench tiles

openapi: build ## Write the API's description for the front end's client, after routes have changed
	$(MISTO) openapi > web/src/api/openapi.json
	npm --prefix web run generate

clean: ## Remove everything that was built (the database under var/ stays)
	cargo clean
	rm -rf web/dist web/node_modules
