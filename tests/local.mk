# What holds for the whole tree, and what runs the tests.

TESTS += \
	tests/check_layers.sh tests/check_layers_test.sh \
	tests/check_docs.sh tests/check_docs_test.sh \
	tests/check_tables.sh \
	tests/edges.sh \
	tests/run_test.sh
DEEP += tests/gateway/store_crash_test tests/distcheck.sh tests/fuzz.sh tests/bare_root.sh
# For a row of the table of faults.
RUN_LATER += tests/gateway/store_crash_test$(EXEEXT)

EXTRA_DIST += tests/README.md tests/test.h \
	tests/check_layers.sh tests/check_layers_test.sh \
	tests/check_docs.sh tests/check_docs_test.sh \
	tests/attacks.md tests/field.md tests/check_tables.sh tests/edges.sh \
	tests/faults.h tests/faults.md tests/faults.sh \
	tests/run.sh tests/count.sh tests/run_test.sh tests/races.sh \
	tests/check.sh tests/check_dist.sh \
	tests/distcheck.sh tests/fuzz.sh tests/bare_root.sh \
	tests/interop/package.json tests/interop/package-lock.json
