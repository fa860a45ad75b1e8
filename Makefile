# `make demo` shows what it is, `make test` proves it; both first set up what is missing, and only that.
# To take torch from elsewhere (PyPI's build for Linux brings gigabytes of CUDA): make demo TORCH_INDEX_URL=…

# The first Python that is new enough; a stray old one in front of the system's does not stop us.
PYTHON ?= $(shell for p in python3 /usr/bin/python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
BIN := .venv/bin
CACHE := cache/digits.h5

# What PyQt6, Mesa, numba and the tests' virtual screen load at run time, by Debian's names.
LIBRARIES := xvfb libgl1 libegl1 libgl1-mesa-dri libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 \
	libxcb-shape0 libxcb-xkb1 libxcb-render-util0 libxcb-image0 libdbus-1-3 libglib2.0-0 libgomp1 libfontconfig1

.PHONY: demo test torture lint bench figures clean
.DELETE_ON_ERROR:

demo: $(CACHE)
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
		echo 'Opening the window on $(CACHE).'; $(BIN)/seeinin view $(CACHE); \
	else \
		$(BIN)/seeinin view $(CACHE) --screenshot cache/digits.png && \
		echo 'There is no display here, so the window was rendered to cache/digits.png.'; \
	fi

$(CACHE): | .venv/.libraries .venv/.installed
	$(BIN)/seeinin precompute configs/digits.yaml

test: .venv/.libraries .venv/.installed
	@$(BIN)/python -m pytest

# What the suite does to caches a few hundred times, done as often as it takes to be believed; prints a table.
torture: .venv/.libraries .venv/.installed
	$(BIN)/python -m tests.torture

lint: .venv/.installed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: .venv/.libraries .venv/.installed
	@$(BIN)/python -m pip install -q -c constraints.txt -e '.[bench]'
	$(BIN)/python -m benchmarks

# The paper's figures again, from MNIST; without SEEININ_DATA what the small digits can show, beside them.
figures: .venv/.libraries .venv/.installed
	$(BIN)/python docs/figures

.venv/bin/python:
	@[ -n "$(PYTHON)" ] || { echo "Seein' In needs Python 3.11 or newer: apt-get install python3 python3-venv"; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo 'Python lacks its venv module; type: apt-get install python3-venv'; exit 1; }
	@"$(PYTHON)" -m venv .venv

.venv/.installed: pyproject.toml constraints.txt | .venv/bin/python
	$(if $(TORCH_INDEX_URL),$(BIN)/python -m pip install -c constraints.txt --index-url '$(TORCH_INDEX_URL)' torch)
	@echo 'Installing the package and its pinned requirements; the first time takes some minutes.'
	@$(BIN)/python -m pip install -q -c constraints.txt -e '.[test]'
	@touch $@

# apt's own simulation says what is missing: it knows packages that another provides, which a list of names would not.
.venv/.libraries: Makefile | .venv/bin/python
	@if ! command -v apt-get >/dev/null; then \
		echo 'Not Debian: please see that what it calls these is installed: $(LIBRARIES)'; \
	elif missing=$$(apt-get -s --no-upgrade install $(LIBRARIES) 2>&1) && ! echo "$$missing" | grep -q ^Inst; then \
		:; \
	elif [ "$$(id -u)" = 0 ]; then \
		echo 'Installing the system libraries of OpenGL and Qt.'; \
		apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(LIBRARIES) >/dev/null; \
	else \
		echo 'System libraries are missing; type this, then make again:'; \
		echo '  sudo apt-get update && sudo apt-get install -y --no-install-recommends $(LIBRARIES)'; exit 1; \
	fi
	@touch $@

clean:
	rm -rf .venv *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
