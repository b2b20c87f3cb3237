# sluice-sim, and the codec that sluice-bench shares with it.  Nothing of the product is
# linked here.
bin_PROGRAMS += sluice-sim
sluice_sim_SOURCES = \
	tests/peers/callback.c tests/peers/callback.h \
	tests/peers/control.c tests/peers/control.h \
	tests/peers/http.c tests/peers/http.h \
	tests/peers/jobs.c tests/peers/jobs.h \
	tests/peers/journal.c tests/peers/journal.h \
	tests/peers/messenger.c tests/peers/messenger.h \
	tests/peers/messenger_options.c tests/peers/messenger_parts.h \
	tests/peers/options.c tests/peers/options.h \
	tests/peers/profile.c tests/peers/profile.h \
	tests/peers/random.h \
	tests/peers/receipt.c tests/peers/receipt.h \
	tests/peers/script.c tests/peers/script.h \
	tests/peers/seen.c tests/peers/seen.h \
	tests/peers/sim.c tests/peers/sim.h \
	tests/peers/sim_main.c \
	tests/peers/sink.c tests/peers/sink.h \
	tests/peers/smsc.c tests/peers/smsc.h tests/peers/smsc_parts.h \
	tests/peers/smsc_link.c \
	tests/peers/smsc_message.c \
	tests/peers/smsc_options.c \
	tests/peers/smsc_report.c \
	tests/peers/smsc_session.c \
	tests/peers/smsc_submit.c \
	tests/peers/wire.c tests/peers/wire.h
sluice_sim_LDADD = $(LIBEVENT_LIBS) $(OPENSSL_LIBS) $(JANSSON_LIBS)

MAN_SOURCES += tests/peers/sluice-sim.1.scd

check_PROGRAMS += tests/peers/wire_test tests/peers/jobs_test
tests_peers_wire_test_SOURCES = tests/peers/wire_test.c tests/peers/wire.c \
	tests/peers/wire.h tests/test.h
tests_peers_wire_test_LDADD = $(CMOCKA_LIBS)
tests_peers_jobs_test_SOURCES = tests/peers/jobs_test.c tests/peers/jobs.c \
	tests/peers/jobs.h tests/peers/random.h tests/test.h
tests_peers_jobs_test_LDADD = $(CMOCKA_LIBS)

TESTS += tests/peers/wire_test tests/peers/jobs_test tests/peers/sim_smoke.py
EXTRA_DIST += tests/peers/sim_smoke.py tests/peers/README.md
