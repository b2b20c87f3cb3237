# Rows of tests/conformance for the top Makefile.am.

check_PROGRAMS += tests/conformance/pdu_conformance
tests_conformance_pdu_conformance_SOURCES = tests/conformance/pdu_conformance.c \
	tests/conformance/clauses.h tests/conformance/pdu_rows.def tests/test.h
tests_conformance_pdu_conformance_LDADD = libsmpp.a $(CMOCKA_LIBS)
TESTS += tests/conformance/pdu_conformance

check_PROGRAMS += tests/conformance/field_conformance
tests_conformance_field_conformance_SOURCES = tests/conformance/field_conformance.c \
	tests/conformance/clauses.h tests/conformance/field_rows.def \
	tests/conformance/tlv_rows.def tests/conformance/code_rows.def tests/test.h
tests_conformance_field_conformance_LDADD = libsmpp.a $(CMOCKA_LIBS)
TESTS += tests/conformance/field_conformance

check_PROGRAMS += tests/conformance/session_conformance
tests_conformance_session_conformance_SOURCES = tests/conformance/session_conformance.c \
	tests/conformance/clauses.h tests/conformance/session_rows.def \
	tests/conformance/matrix_rows.def tests/smpp/line.h tests/test.h
tests_conformance_session_conformance_LDADD = libsmpp.a $(SMPP34_LIBS) $(LIBEVENT_LIBS) \
	$(CMOCKA_LIBS)
TESTS += tests/conformance/session_conformance

check_PROGRAMS += tests/conformance/service_conformance
tests_conformance_service_conformance_SOURCES = tests/conformance/service_conformance.c \
	tests/conformance/clauses.h tests/conformance/service_rows.def \
	tests/gateway/lone_gateway.c tests/gateway/lone_gateway.h \
	tests/gateway/lone_line.c tests/gateway/lone_line.h \
	tests/gateway/lone_operator.c tests/gateway/lone_operator.h tests/test.h
tests_conformance_service_conformance_LDADD = $(LONE_GATEWAY_LIBS)
TESTS += tests/conformance/service_conformance

# After the others: it reads what they said.  The name of its log stands in a variable, or
# automake would take the line for a rule of ours that replaces its own.
TESTS += tests/conformance/table.sh
CONFORMANCE_TABLE_LOG = tests/conformance/table.sh.log
$(CONFORMANCE_TABLE_LOG): tests/conformance/pdu_conformance.log \
	tests/conformance/field_conformance.log tests/conformance/session_conformance.log \
	tests/conformance/service_conformance.log

EXTRA_DIST += tests/conformance/table.sh tests/conformance/paragraphs.md
