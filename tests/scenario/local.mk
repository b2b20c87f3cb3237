# Rows of tests/scenario for the top Makefile.am.

SCENARIOS += \
	tests/scenario/lab_sms.py \
	tests/scenario/lab_cascade.py \
	tests/scenario/lab_cascade_rows.py \
	tests/scenario/lab_poor.py \
	tests/scenario/limits.py \
	tests/scenario/late_answer.py \
	tests/scenario/profiles.py \
	tests/scenario/reports.py \
	tests/scenario/lab_refusals.py \
	tests/scenario/links.py \
	tests/scenario/fair.py \
	tests/scenario/rates.py \
	tests/scenario/lab_long.py \
	tests/scenario/operations.py \
	tests/scenario/resting.py \
	tests/scenario/durable.py \
	tests/scenario/inbound.py \
	tests/scenario/kill9.py \
	tests/scenario/crash_points.py \
	tests/scenario/bad_input.py \
	tests/scenario/tamper.py \
	tests/scenario/tls.py \
	tests/scenario/reload.py \
	tests/scenario/sessions.py \
	tests/scenario/storms.py \
	tests/scenario/cli.py \
	tests/scenario/text.py \
	tests/scenario/content.py \
	tests/scenario/settings.py \
	tests/scenario/roles.py \
	tests/scenario/inside.py \
	tests/scenario/canary.py \
	tests/scenario/disks.py \
	tests/scenario/strangers.py
PRELOADS += tests/scenario/faults.so
DEEP += tests/scenario/million.py
SANITIZED += tests/scenario/lab_cascade.py
THREADED += \
	tests/scenario/lab_sms.py \
	tests/scenario/lab_cascade.py \
	tests/scenario/limits.py \
	tests/scenario/inbound.py \
	tests/scenario/sessions.py \
	tests/scenario/tls.py \
	tests/scenario/reload.py

EXTRA_DIST += \
	tests/scenario/README.md \
	tests/scenario/bad_input.py \
	tests/scenario/canary.py \
	tests/scenario/capture.py \
	tests/scenario/cli.py \
	tests/scenario/content.py \
	tests/scenario/settings.py \
	tests/scenario/crash_points.py \
	tests/scenario/crowd.py \
	tests/scenario/disks.py \
	tests/scenario/durable.py \
	tests/scenario/fleet.py \
	tests/scenario/inbound.py \
	tests/scenario/inside.py \
	tests/scenario/fair.py \
	tests/scenario/kill9.py \
	tests/scenario/lab.py \
	tests/scenario/offspring.py \
	tests/scenario/lab_cascade.py \
	tests/scenario/lab_cascade_rows.py \
	tests/scenario/lab_long.py \
	tests/scenario/lab_poor.py \
	tests/scenario/limits.py \
	tests/scenario/late_answer.py \
	tests/scenario/profiles.py \
	tests/scenario/lab_refusals.py \
	tests/scenario/lab_sms.py \
	tests/scenario/million.py \
	tests/scenario/operations.py \
	tests/scenario/links.py \
	tests/scenario/operators.py \
	tests/scenario/provider.py \
	tests/scenario/reload.py \
	tests/scenario/rates.py \
	tests/scenario/reports.py \
	tests/scenario/resting.py \
	tests/scenario/roles.py \
	tests/scenario/sessions.py \
	tests/scenario/starved.py \
	tests/scenario/smpp_client.py \
	tests/scenario/storms.py \
	tests/scenario/strangers.py \
	tests/scenario/tally.py \
	tests/scenario/tamper.py \
	tests/scenario/text.py \
	tests/scenario/tls.py

SCENARIOS += tests/scenario/demo.py
EXTRA_DIST += tests/scenario/demo.py

# Crowds in their full size: 10,000 idle binds, 2,000 that come back beside 1,000 wrong ones
# a second.
.PHONY: storms
storms: all
	SLUICE_STORMS=full SLUICE_BUILD='$(abs_top_builddir)' \
		SLUICE_SOURCE='$(abs_top_srcdir)' $(top_srcdir)/tests/scenario/storms.py

SCENARIOS += tests/scenario/receipts.py
EXTRA_DIST += tests/scenario/receipts.py

SCENARIOS += \
	tests/scenario/chaos.py \
	tests/scenario/clocks.py \
	tests/scenario/descriptors.py \
	tests/scenario/http_attacks.py \
	tests/scenario/flips.py \
	tests/scenario/partitions.py \
	tests/scenario/service.py \
	tests/scenario/testssl.py
EXTRA_DIST += \
	tests/scenario/chaos.py \
	tests/scenario/clocks.py \
	tests/scenario/descriptors.py \
	tests/scenario/http_attacks.py \
	tests/scenario/flips.py \
	tests/scenario/islands.py \
	tests/scenario/partitions.py \
	tests/scenario/proxy.py \
	tests/scenario/service.py \
	tests/scenario/testssl.py

# Hours of load with faults: SOAK_MINUTES; then three times too much: SOAK_OVERLOAD_S,
# OVERLOAD_RUNS.  SOAK_TPS is what the operator takes.
.PHONY: soak
soak: all
	SLUICE_BUILD='$(abs_top_builddir)' SLUICE_SOURCE='$(abs_top_srcdir)' \
		$(top_srcdir)/tests/scenario/soak.py
	SLUICE_BUILD='$(abs_top_builddir)' SLUICE_SOURCE='$(abs_top_srcdir)' \
		$(top_srcdir)/tests/scenario/overload.py
EXTRA_DIST += tests/scenario/overload.py tests/scenario/soak.py
