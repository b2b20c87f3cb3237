# Rows of tests/fuzz for the top Makefile.am.

# A target is x_fuzz.c with the inputs in corpus/x.  With --enable-fuzzing it is a
# libFuzzer program; x_replay runs it over given files and needs no fuzzer.

check_PROGRAMS += tests/fuzz/config_replay
tests_fuzz_config_replay_SOURCES = tests/fuzz/config_fuzz.c tests/fuzz/replay.c tests/fuzz/fuzz.h
tests_fuzz_config_replay_LDADD = libgateway.a libsmpp.a librouting.a $(CONFUSE_LIBS) $(JANSSON_LIBS) $(OPENSSL_LIBS) $(SODIUM_LIBS)
check_PROGRAMS += tests/fuzz/header_replay
tests_fuzz_header_replay_SOURCES = tests/fuzz/header_fuzz.c tests/fuzz/replay.c tests/fuzz/fuzz.h
tests_fuzz_header_replay_LDADD = libsmpp.a
check_PROGRAMS += tests/fuzz/http_replay
tests_fuzz_http_replay_SOURCES = tests/fuzz/http_fuzz.c tests/fuzz/replay.c tests/fuzz/fuzz.h
tests_fuzz_http_replay_LDADD = libgateway.a
check_PROGRAMS += tests/fuzz/json_replay
tests_fuzz_json_replay_SOURCES = tests/fuzz/json_fuzz.c tests/fuzz/replay.c tests/fuzz/fuzz.h
tests_fuzz_json_replay_LDADD = libgateway.a $(JANSSON_LIBS)
check_PROGRAMS += tests/fuzz/pdu_replay
tests_fuzz_pdu_replay_SOURCES = tests/fuzz/pdu_fuzz.c tests/fuzz/replay.c tests/fuzz/fuzz.h
tests_fuzz_pdu_replay_LDADD = libsmpp.a $(SMPP34_LIBS)
check_PROGRAMS += tests/fuzz/profile_replay
tests_fuzz_profile_replay_SOURCES = tests/fuzz/profile_fuzz.c tests/fuzz/replay.c tests/fuzz/fuzz.h
tests_fuzz_profile_replay_LDADD = libgateway.a libsmpp.a librouting.a $(JANSSON_LIBS) $(CONFUSE_LIBS) $(OPENSSL_LIBS) $(SODIUM_LIBS)
check_PROGRAMS += tests/fuzz/receipt_replay
tests_fuzz_receipt_replay_SOURCES = tests/fuzz/receipt_fuzz.c tests/fuzz/replay.c tests/fuzz/fuzz.h
tests_fuzz_receipt_replay_LDADD = libsmpp.a
check_PROGRAMS += tests/fuzz/session_replay
tests_fuzz_session_replay_SOURCES = tests/fuzz/session_fuzz.c tests/fuzz/replay.c tests/fuzz/fuzz.h
tests_fuzz_session_replay_LDADD = libsmpp.a $(SMPP34_LIBS)
check_PROGRAMS += tests/fuzz/text_replay
tests_fuzz_text_replay_SOURCES = tests/fuzz/text_fuzz.c tests/fuzz/replay.c tests/fuzz/fuzz.h
tests_fuzz_text_replay_LDADD = libsmpp.a
check_PROGRAMS += tests/fuzz/time_replay
tests_fuzz_time_replay_SOURCES = tests/fuzz/time_fuzz.c tests/fuzz/replay.c tests/fuzz/fuzz.h
tests_fuzz_time_replay_LDADD = libsmpp.a

if FUZZING
FUZZERS += tests/fuzz/config_fuzz
tests_fuzz_config_fuzz_SOURCES = tests/fuzz/config_fuzz.c tests/fuzz/fuzz.h
tests_fuzz_config_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LDFLAGS)
tests_fuzz_config_fuzz_LDADD = libgateway.a libsmpp.a librouting.a $(CONFUSE_LIBS) $(JANSSON_LIBS) $(OPENSSL_LIBS) $(SODIUM_LIBS)
FUZZERS += tests/fuzz/header_fuzz
tests_fuzz_header_fuzz_SOURCES = tests/fuzz/header_fuzz.c tests/fuzz/fuzz.h
tests_fuzz_header_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LDFLAGS)
tests_fuzz_header_fuzz_LDADD = libsmpp.a
FUZZERS += tests/fuzz/http_fuzz
tests_fuzz_http_fuzz_SOURCES = tests/fuzz/http_fuzz.c tests/fuzz/fuzz.h
tests_fuzz_http_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LDFLAGS)
tests_fuzz_http_fuzz_LDADD = libgateway.a
FUZZERS += tests/fuzz/json_fuzz
tests_fuzz_json_fuzz_SOURCES = tests/fuzz/json_fuzz.c tests/fuzz/fuzz.h
tests_fuzz_json_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LDFLAGS)
tests_fuzz_json_fuzz_LDADD = libgateway.a $(JANSSON_LIBS)
FUZZERS += tests/fuzz/pdu_fuzz
tests_fuzz_pdu_fuzz_SOURCES = tests/fuzz/pdu_fuzz.c tests/fuzz/fuzz.h
tests_fuzz_pdu_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LDFLAGS)
tests_fuzz_pdu_fuzz_LDADD = libsmpp.a $(SMPP34_LIBS)
FUZZERS += tests/fuzz/profile_fuzz
tests_fuzz_profile_fuzz_SOURCES = tests/fuzz/profile_fuzz.c tests/fuzz/fuzz.h
tests_fuzz_profile_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LDFLAGS)
tests_fuzz_profile_fuzz_LDADD = libgateway.a libsmpp.a librouting.a $(JANSSON_LIBS) $(CONFUSE_LIBS) $(OPENSSL_LIBS) $(SODIUM_LIBS)
FUZZERS += tests/fuzz/receipt_fuzz
tests_fuzz_receipt_fuzz_SOURCES = tests/fuzz/receipt_fuzz.c tests/fuzz/fuzz.h
tests_fuzz_receipt_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LDFLAGS)
tests_fuzz_receipt_fuzz_LDADD = libsmpp.a
FUZZERS += tests/fuzz/session_fuzz
tests_fuzz_session_fuzz_SOURCES = tests/fuzz/session_fuzz.c tests/fuzz/fuzz.h
tests_fuzz_session_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LDFLAGS)
tests_fuzz_session_fuzz_LDADD = libsmpp.a $(SMPP34_LIBS)
FUZZERS += tests/fuzz/text_fuzz
tests_fuzz_text_fuzz_SOURCES = tests/fuzz/text_fuzz.c tests/fuzz/fuzz.h
tests_fuzz_text_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LDFLAGS)
tests_fuzz_text_fuzz_LDADD = libsmpp.a
FUZZERS += tests/fuzz/time_fuzz
tests_fuzz_time_fuzz_SOURCES = tests/fuzz/time_fuzz.c tests/fuzz/fuzz.h
tests_fuzz_time_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LDFLAGS)
tests_fuzz_time_fuzz_LDADD = libsmpp.a
endif

TESTS += tests/fuzz/replay.sh
EXTRA_DIST += tests/fuzz/replay.sh \
	tests/fuzz/corpus/config \
	tests/fuzz/corpus/header \
	tests/fuzz/corpus/http \
	tests/fuzz/corpus/json \
	tests/fuzz/corpus/pdu \
	tests/fuzz/corpus/profile \
	tests/fuzz/corpus/receipt \
	tests/fuzz/corpus/session \
	tests/fuzz/corpus/text \
	tests/fuzz/corpus/time
