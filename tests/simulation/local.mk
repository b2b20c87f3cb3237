# Rows of tests/simulation for the top Makefile.am.
#
# Own implementations of smpp/listener.h, gateway/http_client.h and gateway/http_server.h
# come before the libraries, so that the linker does not take theirs.
VFS = tests/simulation/vfs.c tests/simulation/vfs.h tests/simulation/vfs_pieces.h \
	tests/simulation/vfs_locks.c tests/simulation/vfs_medium.c
check_PROGRAMS += tests/simulation/simulation
tests_simulation_simulation_SOURCES = \
	tests/simulation/book.c tests/simulation/book.h \
	tests/simulation/cable.c tests/simulation/cable.h \
	tests/simulation/client.c tests/simulation/client.h \
	tests/simulation/course.c tests/simulation/course.h \
	tests/simulation/dialect.c tests/simulation/dialect.h \
	tests/simulation/hostile.c tests/simulation/hostile.h \
	tests/simulation/identity.c tests/simulation/identity.h \
	tests/gateway/store_content.c tests/gateway/store_content.h \
	tests/simulation/judge.c tests/simulation/judge.h \
	tests/simulation/judge_door.c tests/simulation/judge_parts.h \
	tests/simulation/life.c tests/simulation/life.h \
	tests/simulation/messenger.c tests/simulation/messenger.h \
	tests/simulation/operation.c tests/simulation/operation.h \
	tests/simulation/optout.c tests/simulation/optout.h \
	tests/simulation/receipt.c tests/simulation/receipt.h \
	tests/simulation/repetition.c tests/simulation/repetition.h \
	tests/simulation/simulation.c tests/simulation/situations.def \
	tests/simulation/smsc.c tests/simulation/smsc.h tests/simulation/smsc_parts.h \
	tests/simulation/smsc_letters.c tests/simulation/smsc_reports.c \
	tests/simulation/submission.c tests/simulation/submission.h \
	$(VFS) \
	tests/simulation/web.c tests/simulation/web.h \
	tests/simulation/world.c tests/simulation/world.h \
	tests/peers/random.h tests/peers/wire.c tests/peers/wire.h
tests_simulation_simulation_LDADD = libgateway.a libsmpp.a librouting.a \
	$(LIBEVENT_LIBS) $(CURL_LIBS) $(OPENSSL_LIBS) $(SQLITE_LIBS) $(SMPP34_LIBS) \
	$(JANSSON_LIBS) $(CONFUSE_LIBS) $(SODIUM_LIBS)

RUN_LATER += tests/simulation/simulation$(EXEEXT)
SIMULATIONS += tests/simulation/simulation
SANITIZED += tests/simulation/simulation
DEEP += tests/simulation/planted.sh
TESTS += tests/simulation/planted_fit.sh
EXTRA_DIST += tests/simulation/planted_fit.sh
# Each by its name: tests/check_dist.sh finds one that is missing here.
EXTRA_DIST += tests/simulation/README.md tests/simulation/planted.sh \
	tests/simulation/planted/README.md \
	tests/simulation/planted/aliases-forgotten-at-start.patch \
	tests/simulation/planted/anothers-number.patch \
	tests/simulation/planted/answered-before-commit.patch \
	tests/simulation/planted/balance-limit-ignored.patch \
	tests/simulation/planted/cancelled-and-sent.patch \
	tests/simulation/planted/captured-and-given-back.patch \
	tests/simulation/planted/chain-forgotten-at-start.patch \
	tests/simulation/planted/charged-per-try.patch \
	tests/simulation/planted/claimed-whatever-it-says.patch \
	tests/simulation/planted/collecting-not-resumed.patch \
	tests/simulation/planted/cost-owed-again.patch \
	tests/simulation/planted/doubt-forgotten.patch \
	tests/simulation/planted/doubt-not-awaited.patch \
	tests/simulation/planted/doubt-resent-in-silence.patch \
	tests/simulation/planted/effects-before-commit.patch \
	tests/simulation/planted/ended-again.patch \
	tests/simulation/planted/ended-and-nowhere.patch \
	tests/simulation/planted/gone-and-alive.patch \
	tests/simulation/planted/fold-without-sequence.patch \
	tests/simulation/planted/head-before-sync.patch \
	tests/simulation/planted/hex-ids-as-decimal.patch \
	tests/simulation/planted/hold-not-returned.patch \
	tests/simulation/planted/hook-signature-unread.patch \
	tests/simulation/planted/inbound-answered-early.patch \
	tests/simulation/planted/inbound-lost-at-start.patch \
	tests/simulation/planted/journal-not-replayed.patch \
	tests/simulation/planted/journal-not-synced.patch \
	tests/simulation/planted/journal-released-early.patch \
	tests/simulation/planted/late-answer-not-heard.patch \
	tests/simulation/planted/late-capture-ignored.patch \
	tests/simulation/planted/late-refs-unknown-at-start.patch \
	tests/simulation/planted/late-reports-unknown-at-start.patch \
	tests/simulation/planted/list-answered-early.patch \
	tests/simulation/planted/list-heard-in-part.patch \
	tests/simulation/planted/list-late-dropped.patch \
	tests/simulation/planted/multi-answered-early.patch \
	tests/simulation/planted/multi-place-forgotten.patch \
	tests/simulation/planted/not-asked-whether-still-wanted.patch \
	tests/simulation/planted/optout-ignored.patch \
	tests/simulation/planted/optout-not-kept.patch \
	tests/simulation/planted/optout-not-loaded.patch \
	tests/simulation/planted/packed-without-its-hold.patch \
	tests/simulation/planted/packed-without-its-time.patch \
	tests/simulation/planted/packed-without-its-turn.patch \
	tests/simulation/planted/parked-report-lost.patch \
	tests/simulation/planted/part-not-stored.patch \
	tests/simulation/planted/queue-lost-on-link-down.patch \
	tests/simulation/planted/read-back-and-forgotten.patch \
	tests/simulation/planted/receipt-given-up-when-refused.patch \
	tests/simulation/planted/receipt-kept-after-ack.patch \
	tests/simulation/planted/receipt-not-repeated.patch \
	tests/simulation/planted/receipt-without-row.patch \
	tests/simulation/planted/receipts-forgotten-at-start.patch \
	tests/simulation/planted/refused-and-sent-on.patch \
	tests/simulation/planted/repetition-after-start.patch \
	tests/simulation/planted/repetition-not-durable.patch \
	tests/simulation/planted/replaced-and-forgotten.patch \
	tests/simulation/planted/replaced-and-read-back.patch \
	tests/simulation/planted/report-answered-early.patch \
	tests/simulation/planted/returned-permit-forgotten.patch \
	tests/simulation/planted/schedule-ignored.patch \
	tests/simulation/planted/sent-before-permit.patch \
	tests/simulation/planted/sent-without-its-text.patch \
	tests/simulation/planted/torn-frame-believed.patch \
	tests/simulation/planted/usage-forgotten-at-start.patch \
	tests/simulation/planted/validity-ignored.patch \
	tests/simulation/planted/verdict-not-stored.patch \
	tests/simulation/planted/waiting-forgotten-at-start.patch \
	tests/simulation/planted/window-not-given-back.patch \
	tests/simulation/planted/window-too-wide.patch
