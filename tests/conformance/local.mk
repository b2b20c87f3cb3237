# Rows of tests/conformance for the top Makefile.am.

check_PROGRAMS += tests/conformance/pdu_conformance
tests_conformance_pdu_conformance_SOURCES = tests/conformance/pdu_conformance.c \
	tests/conformance/pdu_rows.def tests/conformance/tlv_rows.def
tests_conformance_pdu_conformance_LDADD = libsmpp.a
TESTS += tests/conformance/pdu_conformance

check_PROGRAMS += tests/conformance/session_conformance
tests_conformance_session_conformance_SOURCES = tests/conformance/session_conformance.c \
	tests/smpp/line.h tests/test.h
tests_conformance_session_conformance_LDADD = libsmpp.a $(SMPP34_LIBS) $(LIBEVENT_LIBS) \
	$(CMOCKA_LIBS)
TESTS += tests/conformance/session_conformance

check_PROGRAMS += tests/conformance/service_conformance
tests_conformance_service_conformance_SOURCES = tests/conformance/service_conformance.c \
	tests/gateway/lone_gateway.c tests/gateway/lone_gateway.h \
	tests/gateway/lone_line.c tests/gateway/lone_line.h tests/test.h
tests_conformance_service_conformance_LDADD = $(LONE_GATEWAY_LIBS)
TESTS += tests/conformance/service_conformance
