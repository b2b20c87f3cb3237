# sluice-bench, its tests, and what `make bench` runs.

bin_PROGRAMS += sluice-bench
sluice_bench_SOURCES = \
	tests/bench/bench.c \
	tests/bench/bench_backlog.c tests/bench/bench_backlog.h \
	tests/bench/bench_clock.h \
	tests/bench/bench_destination.c tests/bench/bench_destination.h \
	tests/bench/bench_histogram.c tests/bench/bench_histogram.h \
	tests/bench/bench_json.c tests/bench/bench_json.h \
	tests/bench/bench_ledger.c tests/bench/bench_ledger.h \
	tests/bench/bench_metrics.c tests/bench/bench_metrics.h \
	tests/bench/bench_options.c tests/bench/bench_options.h \
	tests/bench/bench_process.c tests/bench/bench_process.h \
	tests/bench/bench_progress.c tests/bench/bench_progress.h \
	tests/bench/bench_receipt.c tests/bench/bench_receipt.h \
	tests/bench/bench_report.c tests/bench/bench_report.h \
	tests/bench/bench_run.c tests/bench/bench_run.h tests/bench/bench_runner.h \
	tests/bench/bench_script.c tests/bench/bench_script.h \
	tests/bench/bench_sender.c \
	tests/bench/bench_session.c tests/bench/bench_session.h \
	tests/bench/bench_stat.c tests/bench/bench_stat.h \
	tests/bench/bench_tally.c \
	tests/bench/bench_text.c tests/bench/bench_text.h \
	tests/bench/bench_verdict.c tests/bench/bench_verdict.h \
	tests/peers/wire.c tests/peers/wire.h
sluice_bench_LDADD = $(LIBEVENT_LIBS)
MAN_SOURCES += tests/bench/sluice-bench.1.scd

check_PROGRAMS += tests/bench/bench_histogram_test
tests_bench_bench_histogram_test_SOURCES = \
	tests/bench/bench_histogram_test.c tests/bench/bench_histogram.c tests/test.h
tests_bench_bench_histogram_test_LDADD = $(CMOCKA_LIBS)
TESTS += tests/bench/bench_histogram_test

check_PROGRAMS += tests/bench/bench_ledger_test
tests_bench_bench_ledger_test_SOURCES = \
	tests/bench/bench_ledger_test.c tests/bench/bench_ledger.c tests/test.h
tests_bench_bench_ledger_test_LDADD = $(CMOCKA_LIBS)
TESTS += tests/bench/bench_ledger_test

check_PROGRAMS += tests/bench/bench_metrics_test
tests_bench_bench_metrics_test_SOURCES = \
	tests/bench/bench_metrics_test.c tests/bench/bench_metrics.c tests/test.h
tests_bench_bench_metrics_test_LDADD = $(LIBEVENT_LIBS) $(CMOCKA_LIBS)
TESTS += tests/bench/bench_metrics_test

check_PROGRAMS += tests/bench/bench_receipt_test
tests_bench_bench_receipt_test_SOURCES = \
	tests/bench/bench_receipt_test.c tests/bench/bench_receipt.c \
	tests/bench/bench_stat.c tests/peers/wire.c tests/test.h
tests_bench_bench_receipt_test_LDADD = $(CMOCKA_LIBS)
TESTS += tests/bench/bench_receipt_test

check_PROGRAMS += tests/bench/bench_script_test
tests_bench_bench_script_test_SOURCES = \
	tests/bench/bench_script_test.c tests/bench/bench_destination.c \
	tests/bench/bench_script.c tests/bench/bench_stat.c tests/bench/bench_text.c \
	tests/peers/wire.c tests/test.h
tests_bench_bench_script_test_LDADD = $(CMOCKA_LIBS)
TESTS += tests/bench/bench_script_test

TESTS += tests/bench/exactness_test.sh
EXTRA_DIST += tests/bench/exactness_test.sh

PRELOADS += tests/bench/slow_fsync.so

# What the daemon's price of a message is held against.
noinst_PROGRAMS += tests/bench/relay
tests_bench_relay_SOURCES = \
	tests/bench/relay.c tests/bench/recode.c tests/bench/recode.h \
	tests/peers/wire.c tests/peers/wire.h
tests_bench_relay_CPPFLAGS = $(AM_CPPFLAGS) $(SMPP34_CFLAGS)
tests_bench_relay_LDADD = $(SMPP34_LIBS)
TESTS += tests/bench/relay_test.sh
EXTRA_DIST += tests/bench/relay_test.sh

TESTS += tests/bench/measure_test.py
EXTRA_DIST += tests/bench/README.md tests/bench/bench.py tests/bench/growth.py \
	tests/bench/compare tests/bench/measure.py tests/bench/measure_test.py \
	tests/bench/stages.py

# Rows by name, and options: make bench BENCH='--rounds 1 saturated relay'
bench: all
	@SLUICE_BUILD='$(abs_top_builddir)' SLUICE_SOURCE='$(abs_top_srcdir)' \
		$(top_srcdir)/tests/bench/bench.py $(BENCH)

# make growth GROWTH='alive-5000000'
growth: all
	@SLUICE_BUILD='$(abs_top_builddir)' SLUICE_SOURCE='$(abs_top_srcdir)' \
		$(top_srcdir)/tests/bench/growth.py $(GROWTH)

# make shapes SHAPES='1000000 40'; three databases of some GB come and go in the build folder.
EXTRA_PROGRAMS += tests/bench/shapes
CLEANFILES += tests/bench/shapes
tests_bench_shapes_SOURCES = tests/bench/shapes.c
tests_bench_shapes_LDADD = $(SQLITE_LIBS)
shapes: tests/bench/shapes
	@mkdir -p bench && cd bench && for alive in 22000 300000 1000000; do \
		$(abs_builddir)/tests/bench/shapes $${SHAPES:-$$alive} || exit 1; \
		[ -z "$$SHAPES" ] || break; \
	done; rm -f in-place.db* events.db*

# make yardstick YARDSTICK=1000000; what it says of another machine is in README.md.
EXTRA_PROGRAMS += tests/bench/yardstick
CLEANFILES += tests/bench/yardstick
tests_bench_yardstick_SOURCES = \
	tests/bench/yardstick.c tests/bench/recode.c tests/bench/recode.h \
	tests/peers/wire.c tests/peers/wire.h
tests_bench_yardstick_CPPFLAGS = $(AM_CPPFLAGS) $(SMPP34_CFLAGS)
tests_bench_yardstick_LDADD = $(SMPP34_LIBS) $(SQLITE_LIBS)
yardstick: tests/bench/yardstick
	@mkdir -p bench && cd bench && $(abs_builddir)/tests/bench/yardstick $(YARDSTICK)

.PHONY: bench growth shapes yardstick
