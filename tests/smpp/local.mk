# Rows of tests/smpp for the top Makefile.am.

# The codec.
check_PROGRAMS += tests/smpp/frame_test
tests_smpp_frame_test_SOURCES = tests/smpp/frame_test.c tests/smpp/random_pdu.h tests/test.h
tests_smpp_frame_test_LDADD = libsmpp.a $(CMOCKA_LIBS)
TESTS += tests/smpp/frame_test

check_PROGRAMS += tests/smpp/pdu_test
tests_smpp_pdu_test_SOURCES = tests/smpp/pdu_test.c tests/smpp/random_pdu.h tests/test.h
tests_smpp_pdu_test_LDADD = libsmpp.a $(CMOCKA_LIBS)
TESTS += tests/smpp/pdu_test

check_PROGRAMS += tests/smpp/tlv_test
tests_smpp_tlv_test_SOURCES = tests/smpp/tlv_test.c tests/test.h
tests_smpp_tlv_test_LDADD = libsmpp.a $(CMOCKA_LIBS)
TESTS += tests/smpp/tlv_test

check_PROGRAMS += tests/smpp/library_test
tests_smpp_library_test_SOURCES = tests/smpp/library_test.c tests/smpp/random_pdu.h tests/test.h
tests_smpp_library_test_LDADD = libsmpp.a $(SMPP34_LIBS) $(CMOCKA_LIBS)
TESTS += tests/smpp/library_test

# Text, long messages, receipts and times.
check_PROGRAMS += tests/smpp/parts_test
tests_smpp_parts_test_SOURCES = tests/smpp/parts_test.c tests/test.h
tests_smpp_parts_test_LDADD = libsmpp.a $(CMOCKA_LIBS)
TESTS += tests/smpp/parts_test

check_PROGRAMS += tests/smpp/receipt_test tests/smpp/receipt_formats_test \
	tests/smpp/receipt_write_test
TESTS += tests/smpp/receipt_test tests/smpp/receipt_formats_test \
	tests/smpp/receipt_write_test
RECEIPT_VIEW = tests/smpp/receipt_view.h tests/test.h
tests_smpp_receipt_test_SOURCES = tests/smpp/receipt_test.c $(RECEIPT_VIEW)
tests_smpp_receipt_test_LDADD = libsmpp.a $(CMOCKA_LIBS)
tests_smpp_receipt_formats_test_SOURCES = tests/smpp/receipt_formats_test.c $(RECEIPT_VIEW)
tests_smpp_receipt_formats_test_LDADD = libsmpp.a $(CMOCKA_LIBS)
tests_smpp_receipt_write_test_SOURCES = tests/smpp/receipt_write_test.c $(RECEIPT_VIEW)
tests_smpp_receipt_write_test_LDADD = libsmpp.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/smpp/text_test
tests_smpp_text_test_SOURCES = tests/smpp/text_test.c tests/test.h
tests_smpp_text_test_LDADD = libsmpp.a $(ICU_LIBS) $(CMOCKA_LIBS)
TESTS += tests/smpp/text_test

check_PROGRAMS += tests/smpp/timestamp_test
tests_smpp_timestamp_test_SOURCES = tests/smpp/timestamp_test.c tests/test.h
tests_smpp_timestamp_test_LDADD = libsmpp.a $(CMOCKA_LIBS)
TESTS += tests/smpp/timestamp_test

# Sessions and sockets.
check_PROGRAMS += tests/smpp/window_test tests/smpp/session_test \
	tests/smpp/listener_test tests/smpp/client_test
tests_smpp_window_test_SOURCES = tests/smpp/window_test.c tests/test.h
tests_smpp_window_test_LDADD = libsmpp.a $(CMOCKA_LIBS)
tests_smpp_session_test_SOURCES = tests/smpp/session_test.c tests/test.h
tests_smpp_session_test_LDADD = libsmpp.a $(SMPP34_LIBS) $(CMOCKA_LIBS)
tests_smpp_listener_test_SOURCES = tests/smpp/listener_test.c tests/test.h
tests_smpp_listener_test_LDADD = libsmpp.a $(LIBEVENT_LIBS) $(CMOCKA_LIBS)
tests_smpp_client_test_SOURCES = tests/smpp/client_test.c tests/smpp/line.h tests/test.h
tests_smpp_client_test_LDADD = libsmpp.a $(SMPP34_LIBS) $(LIBEVENT_LIBS) $(CMOCKA_LIBS)
TESTS += tests/smpp/window_test tests/smpp/session_test \
	tests/smpp/listener_test tests/smpp/client_test

check_PROGRAMS += tests/smpp/conn_test tests/smpp/conn_end_test tests/smpp/conn_room_test \
	tests/smpp/conn_time_test
TESTS += tests/smpp/conn_test tests/smpp/conn_end_test tests/smpp/conn_room_test \
	tests/smpp/conn_time_test
CONN_LINE = tests/smpp/conn_line.h tests/smpp/line.h tests/test.h
tests_smpp_conn_test_SOURCES = tests/smpp/conn_test.c $(CONN_LINE)
tests_smpp_conn_test_LDADD = libsmpp.a $(SMPP34_LIBS) $(LIBEVENT_LIBS) $(CMOCKA_LIBS)
tests_smpp_conn_end_test_SOURCES = tests/smpp/conn_end_test.c $(CONN_LINE)
tests_smpp_conn_end_test_LDADD = $(tests_smpp_conn_test_LDADD)
tests_smpp_conn_room_test_SOURCES = tests/smpp/conn_room_test.c $(CONN_LINE)
tests_smpp_conn_room_test_LDADD = $(tests_smpp_conn_test_LDADD)
tests_smpp_conn_time_test_SOURCES = tests/smpp/conn_time_test.c $(CONN_LINE)
tests_smpp_conn_time_test_LDADD = $(tests_smpp_conn_test_LDADD)

check_PROGRAMS += tests/smpp/talk_test
tests_smpp_talk_test_SOURCES = tests/smpp/talk_test.c tests/test.h
tests_smpp_talk_test_LDADD = libsmpp.a $(SMPP34_LIBS) $(CMOCKA_LIBS)
TESTS += tests/smpp/talk_test
