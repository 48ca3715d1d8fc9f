# make demo   see an event come home over three bridges
# make test   everything that proves the promises, under 10 minutes on two cores
# make test-bluetooth  what wants real Bluetooth: in virtual machines, in about two minutes; part of make test
# make check  the same with sanitizers, fuzzing, reports looked at in a browser, and the formatter's lint
# make bench  the figures of docs/performance.md and docs/reliability.md, and the library's scenarios, whole
# make bench-long  the laboratory's figures that take long: a day of 1,000 bridges, memory of 10,000, 1,000 streets
# make scenarios  every scenario of conf/scenarios whole, each held to its promises and expectations; part of make bench
# make bench-bluetooth  how long the virtual machine test takes, and an event's way over real Bluetooth against an echo's;
#             make bench ends with it
# make deb    build the Debian package, in .build/deb
# make test-package  install it in a clean Debian 12 and run it there, in a virtual machine
# make campaign KILLS=n  kill daemons of whole streets at random moments, and look at what is left
# make soak MINUTES=n  random scenarios with random faults in the simulator, each promise checked as it goes
# make week   a street lives through a week of simulated hours, each with its trouble
SHELL := /bin/bash
.PHONY: all demo test test-bluetooth check bench bench-long scenarios bench-bluetooth campaign week soak deb test-package build dependencies lint clean

all: build

dependencies:
	@scripts/install-dependencies

build: dependencies
	swift build

demo: build
	Demo/run

test: dependencies
	# The virtual machines' images are made beside the build: what that comes to is told where the machines are wanted.
	@scripts/test-bluetooth prepare >/dev/null 2>&1 & \
		swift build --build-tests && wait
	scripts/run-tests

# After a build of the tests: BlueZ, virtual controllers and real daemons in virtual machines.
test-bluetooth:
	scripts/test-bluetooth

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks Campaign Fuzz

check: lint test
	SIDEGATE_CORE_ONLY=1 SIDEGATE_SCHEDULES=3 swift test --parallel --scratch-path .build/thread --sanitize=thread
	SIDEGATE_CORE_ONLY=1 SIDEGATE_SCHEDULES=3 ASAN_OPTIONS=detect_leaks=0 \
		swift test --parallel --scratch-path .build/address --sanitize=address
	Fuzz/run 60
	@scripts/install-dependencies chromium tshark python3
	scripts/check-report

bench: dependencies
	swift build -c release --static-swift-stdlib --product sidegate
	swift build -c release --static-swift-stdlib --product benchmarks
	swift build -c release --static-swift-stdlib --product campaign
	swift build -c release --product sidegate-modelled-cryptography
	@# A figure that is missed ends it, but only after the others.
	@missed=; \
	.build/release/benchmarks || missed+=" benchmarks"; \
	.build/release/benchmarks simulation || missed+=" simulation"; \
	LD_PRELOAD=$(CURDIR)/.build/release/libsidegate-modelled-cryptography.so \
		.build/release/benchmarks simulation speed || missed+=" speed"; \
	scripts/check-scenarios || missed+=" scenarios"; \
	.build/release/campaign figures || missed+=" campaign"; \
	make bench-bluetooth || missed+=" bench-bluetooth"; \
	[ -z "$$missed" ] || { echo "Missed, above:$$missed" >&2; exit 1; }

# Each is a process of its own: what one has taken of memory would count as the next one's.
bench-long: dependencies
	swift build -c release --static-swift-stdlib --product benchmarks
	swift build -c release --product sidegate-modelled-cryptography
	for figure in all-links day memory; do \
		LD_PRELOAD=$(CURDIR)/.build/release/libsidegate-modelled-cryptography.so \
			.build/release/benchmarks simulation $$figure || exit 1; \
	done

scenarios: dependencies
	swift build -c release --static-swift-stdlib --product sidegate
	swift build -c release --product sidegate-modelled-cryptography
	scripts/check-scenarios

# The released sidegate between tests as they are. SIDEGATE_SKIP_VIRTUAL_MACHINE=1 leaves it out on a machine that cannot.
bench-bluetooth: dependencies
	swift build -c release --static-swift-stdlib --product sidegate
	swift build --build-tests
	@# Both, even where one misses.
	@outcome=0; \
	scripts/test-bluetooth timed || outcome=1; \
	scripts/test-bluetooth bench || outcome=1; \
	exit $$outcome

# Streets of real daemons, killed at random moments: make campaign KILLS=10000
KILLS ?= 500
STREETS ?= 8
campaign: dependencies
	swift build -c release --static-swift-stdlib --product sidegate
	swift build -c release --static-swift-stdlib --product campaign
	.build/release/campaign $(KILLS) --streets $(STREETS)

# A street that lives through simulated hours, each with its trouble: make week HOURS=24
HOURS ?= 168
week: dependencies
	swift build -c release --static-swift-stdlib --product sidegate
	swift build -c release --static-swift-stdlib --product campaign
	swift build -c release --product troubles
	.build/release/campaign week --hours $(HOURS)

# Scenarios of conf/scenarios with random faults: make soak MINUTES=60
MINUTES ?= 10
soak: dependencies
	swift build -c release --static-swift-stdlib --product sidegate
	.build/release/sidegate simulate soak --minutes $(MINUTES) --output .build

deb: dependencies
	@scripts/install-dependencies debhelper dpkg-dev fakeroot lintian
	swift build -c release --static-swift-stdlib --product sidegate
	packaging/build-deb .build/release/sidegate .build/deb

test-package: deb
	@scripts/install-dependencies debootstrap systemd
	packaging/check-unit
	packaging/test-package "$$(ls -t .build/deb/sidegate_*.deb | head -n 1)"

clean:
	rm -rf .build
