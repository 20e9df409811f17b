# Every way into the project. Each target installs what it needs by itself (scripts/deps.sh), as root or through sudo.
SHELL := /bin/sh
.DEFAULT_GOAL := help
PYTHON := /usr/bin/python3
FUZZ_SECONDS ?= 60
IMAGE ?= fairlead:latest
FIX ?=

.PHONY: help run build test test-kubernetes lint format fuzz bench image clean deps-build deps-test deps-bench

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 10

run: build ## build, then serve the demo on :8000 and the API on :8080 (Ctrl-C ends it)
	@scripts/run.sh

build: deps-build ## leaves build/fairlead (RelWithDebInfo)
	@scripts/build.sh release fairlead

test: deps-build deps-test ## everything: units, golden files, fuzzing, lint, end-to-end; a table at the end
	@$(PYTHON) tests/run.py

test-kubernetes: build ## the chart and a real API server (Go >= 1.26, root; minutes of Go once)
	@FAIRLEAD=$(CURDIR)/build/fairlead timeout 3600 $(PYTHON) -m pytest -p no:cacheprovider -q -s -rs tests/kubernetes

lint: deps-test ## formatting, layers, coroutine dialect; clang-tidy on changed files once build/ exists
	@scripts/lint.sh

format: deps-test ## rewrites the C++ sources with clang-format
	@git ls-files '*.cc' '*.h' | xargs -r clang-format-19 -i

fuzz: deps-build deps-test ## every fuzz target for FUZZ_SECONDS (60) each
	@$(PYTHON) tests/run.py --only fuzz --fuzz-seconds $(FUZZ_SECONDS)

bench: deps-build deps-bench ## Fairlead beside nginx, HAProxy, nghttpx and Caddy, in one run (QUICK=1: under two minutes)
	@scripts/build.sh release fairlead unit_tests
	@$(PYTHON) tests/bench/bench.py $(if $(QUICK),--quick)

image: build ## the container image, from the binary in build/ (docker build . compiles inside instead)
	@scripts/image.sh $(IMAGE)

clean: ## removes every build folder
	rm -rf build build-*

deps-build:
	@scripts/deps.sh build

deps-test:
	@scripts/deps.sh test

deps-bench:
	@scripts/deps.sh bench
