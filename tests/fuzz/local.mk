# Rows of tests/fuzz for the top Makefile.am.

# A target is x_fuzz.c with the inputs in corpus/x.  With --enable-fuzzing it is a
# libFuzzer program; x_replay runs it over given files and needs no fuzzer.

check_PROGRAMS += tests/fuzz/pdu_replay
tests_fuzz_pdu_replay_SOURCES = tests/fuzz/pdu_fuzz.c tests/fuzz/replay.c tests/fuzz/fuzz.h
tests_fuzz_pdu_replay_LDADD = libsmpp.a

if FUZZING
FUZZERS += tests/fuzz/pdu_fuzz
tests_fuzz_pdu_fuzz_SOURCES = tests/fuzz/pdu_fuzz.c tests/fuzz/fuzz.h
tests_fuzz_pdu_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LDFLAGS)
tests_fuzz_pdu_fuzz_LDADD = libsmpp.a
endif

TESTS += tests/fuzz/replay.sh
EXTRA_DIST += tests/fuzz/replay.sh tests/fuzz/corpus/pdu

check_PROGRAMS += tests/fuzz/text_replay
tests_fuzz_text_replay_SOURCES = tests/fuzz/text_fuzz.c tests/fuzz/replay.c tests/fuzz/fuzz.h
tests_fuzz_text_replay_LDADD = libsmpp.a

check_PROGRAMS += tests/fuzz/receipt_replay
tests_fuzz_receipt_replay_SOURCES = tests/fuzz/receipt_fuzz.c tests/fuzz/replay.c tests/fuzz/fuzz.h
tests_fuzz_receipt_replay_LDADD = libsmpp.a

if FUZZING
FUZZERS += tests/fuzz/text_fuzz
tests_fuzz_text_fuzz_SOURCES = tests/fuzz/text_fuzz.c tests/fuzz/fuzz.h
tests_fuzz_text_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LDFLAGS)
tests_fuzz_text_fuzz_LDADD = libsmpp.a

FUZZERS += tests/fuzz/receipt_fuzz
tests_fuzz_receipt_fuzz_SOURCES = tests/fuzz/receipt_fuzz.c tests/fuzz/fuzz.h
tests_fuzz_receipt_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LDFLAGS)
tests_fuzz_receipt_fuzz_LDADD = libsmpp.a
endif

EXTRA_DIST += tests/fuzz/corpus/text tests/fuzz/corpus/receipt
