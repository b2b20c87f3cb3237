# Rows of tests/gateway for the top Makefile.am.

check_PROGRAMS += \
	tests/gateway/clock_test \
	tests/gateway/executor_test \
	tests/gateway/http_client_test \
	tests/gateway/http_server_test \
	tests/gateway/json_test \
	tests/gateway/log_test \
	tests/gateway/signature_test
TESTS += \
	tests/gateway/clock_test \
	tests/gateway/executor_test \
	tests/gateway/http_client_test \
	tests/gateway/http_server_test \
	tests/gateway/json_test \
	tests/gateway/log_test \
	tests/gateway/signature_test
tests_gateway_clock_test_SOURCES = tests/gateway/clock_test.c tests/test.h
tests_gateway_clock_test_LDADD = libgateway.a $(LIBEVENT_LIBS) $(CMOCKA_LIBS)
tests_gateway_executor_test_SOURCES = tests/gateway/executor_test.c tests/test.h
tests_gateway_executor_test_LDADD = libgateway.a $(LIBEVENT_LIBS) $(CMOCKA_LIBS)
tests_gateway_http_client_test_SOURCES = tests/gateway/http_client_test.c \
	tests/gateway/hanging_name.c tests/gateway/hanging_name.h tests/test.h
tests_gateway_http_client_test_LDADD = libgateway.a $(CURL_LIBS) $(LIBEVENT_LIBS) \
	$(OPENSSL_LIBS) $(CMOCKA_LIBS)
tests_gateway_http_server_test_SOURCES = tests/gateway/http_server_test.c \
	tests/gateway/http_bench.c tests/gateway/http_bench.h tests/test.h
tests_gateway_http_server_test_LDADD = libgateway.a $(LIBEVENT_LIBS) $(CMOCKA_LIBS)
tests_gateway_json_test_SOURCES = tests/gateway/json_test.c tests/test.h
tests_gateway_json_test_LDADD = libgateway.a $(JANSSON_LIBS) $(CMOCKA_LIBS)
tests_gateway_log_test_SOURCES = tests/gateway/log_test.c tests/test.h
tests_gateway_log_test_LDADD = libgateway.a $(CMOCKA_LIBS)
tests_gateway_signature_test_SOURCES = tests/gateway/signature_test.c tests/test.h
tests_gateway_signature_test_LDADD = libgateway.a $(OPENSSL_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/gateway/spread_test
TESTS += tests/gateway/spread_test
tests_gateway_spread_test_SOURCES = tests/gateway/spread_test.c tests/test.h
tests_gateway_spread_test_LDADD = libgateway.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/gateway/backlog_test tests/gateway/messenger_test
TESTS += tests/gateway/backlog_test tests/gateway/messenger_test
tests_gateway_backlog_test_SOURCES = tests/gateway/backlog_test.c tests/test.h
tests_gateway_backlog_test_LDADD = libgateway.a $(CMOCKA_LIBS)
# Its http_client comes before the library's.
tests_gateway_messenger_test_SOURCES = tests/gateway/messenger_test.c \
	tests/gateway/lone_messenger.c tests/gateway/lone_messenger.h \
	tests/gateway/lone_gateway.c tests/gateway/lone_gateway.h tests/test.h
tests_gateway_messenger_test_LDADD = $(LONE_GATEWAY_LIBS)

check_PROGRAMS += tests/gateway/webhooks_test
TESTS += tests/gateway/webhooks_test
tests_gateway_webhooks_test_SOURCES = tests/gateway/webhooks_test.c \
	tests/gateway/lone_messenger.c tests/gateway/lone_messenger.h \
	tests/gateway/lone_gateway.c tests/gateway/lone_gateway.h tests/test.h
tests_gateway_webhooks_test_LDADD = $(LONE_GATEWAY_LIBS)

check_PROGRAMS += tests/gateway/strain_test
TESTS += tests/gateway/strain_test
tests_gateway_strain_test_SOURCES = tests/gateway/strain_test.c tests/test.h
tests_gateway_strain_test_LDADD = libgateway.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/gateway/http_trust_test
TESTS += tests/gateway/http_trust_test
tests_gateway_http_trust_test_SOURCES = tests/gateway/http_trust_test.c tests/test.h
tests_gateway_http_trust_test_LDADD = libgateway.a $(CURL_LIBS) $(LIBEVENT_LIBS) \
	$(OPENSSL_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/gateway/http_limits_test
TESTS += tests/gateway/http_limits_test
tests_gateway_http_limits_test_SOURCES = tests/gateway/http_limits_test.c \
	tests/gateway/http_bench.c tests/gateway/http_bench.h tests/test.h
tests_gateway_http_limits_test_LDADD = $(tests_gateway_http_server_test_LDADD)

check_PROGRAMS += tests/gateway/turns_test
TESTS += tests/gateway/turns_test
tests_gateway_turns_test_SOURCES = tests/gateway/turns_test.c tests/test.h
tests_gateway_turns_test_LDADD = libgateway.a $(CMOCKA_LIBS)

check_PROGRAMS += \
	tests/gateway/tls_session_test \
	tests/gateway/tls_stream_test \
	tests/gateway/tls_test
TESTS += \
	tests/gateway/tls_session_test \
	tests/gateway/tls_stream_test \
	tests/gateway/tls_test
TLS_PLACE = tests/gateway/tls_place.c tests/gateway/tls_place.h tests/test.h
tests_gateway_tls_session_test_SOURCES = tests/gateway/tls_session_test.c \
	tests/smpp/line.h $(TLS_PLACE)
tests_gateway_tls_session_test_LDADD = $(tests_gateway_tls_test_LDADD)
tests_gateway_tls_stream_test_SOURCES = tests/gateway/tls_stream_test.c \
	tests/smpp/line.h $(TLS_PLACE)
tests_gateway_tls_stream_test_LDADD = $(tests_gateway_tls_test_LDADD)
tests_gateway_tls_test_SOURCES = tests/gateway/tls_test.c $(TLS_PLACE)
tests_gateway_tls_test_LDADD = libgateway.a libsmpp.a $(SMPP34_LIBS) $(LIBEVENT_LIBS) \
	$(OPENSSL_LIBS) $(CMOCKA_LIBS)

# Configuration, profiles and accounts.
check_PROGRAMS += \
	tests/gateway/accounts_test \
	tests/gateway/config_test \
	tests/gateway/profile_test
TESTS += \
	tests/gateway/accounts_test \
	tests/gateway/config_test \
	tests/gateway/profile_test
tests_gateway_accounts_test_SOURCES = tests/gateway/accounts_test.c tests/test.h
tests_gateway_accounts_test_LDADD = libgateway.a $(SODIUM_LIBS) $(LIBEVENT_LIBS) $(CMOCKA_LIBS)
tests_gateway_config_test_SOURCES = tests/gateway/config_test.c \
	tests/gateway/config_place.c tests/gateway/config_place.h tests/test.h
tests_gateway_config_test_LDADD = libgateway.a librouting.a libsmpp.a $(CONFUSE_LIBS) $(OPENSSL_LIBS) \
	$(CMOCKA_LIBS)
tests_gateway_profile_test_SOURCES = tests/gateway/profile_test.c tests/test.h
tests_gateway_profile_test_LDADD = libgateway.a librouting.a $(CONFUSE_LIBS) \
	$(JANSSON_LIBS) $(OPENSSL_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/gateway/config_wrong_test tests/gateway/config_lab_test tests/gateway/config_networks_test tests/gateway/config_print_test
TESTS += tests/gateway/config_wrong_test tests/gateway/config_lab_test tests/gateway/config_networks_test tests/gateway/config_print_test
tests_gateway_config_wrong_test_SOURCES = tests/gateway/config_wrong_test.c \
	tests/gateway/config_place.c tests/gateway/config_place.h tests/test.h
tests_gateway_config_wrong_test_LDADD = $(tests_gateway_config_test_LDADD)
tests_gateway_config_lab_test_SOURCES = tests/gateway/config_lab_test.c \
	tests/gateway/config_place.c tests/gateway/config_place.h tests/test.h
tests_gateway_config_lab_test_LDADD = $(tests_gateway_config_test_LDADD)
tests_gateway_config_networks_test_SOURCES = tests/gateway/config_networks_test.c \
	tests/gateway/config_place.c tests/gateway/config_place.h tests/test.h
tests_gateway_config_networks_test_LDADD = $(tests_gateway_config_test_LDADD)
tests_gateway_config_print_test_SOURCES = tests/gateway/config_print_test.c \
	tests/gateway/config_place.c tests/gateway/config_place.h tests/test.h
tests_gateway_config_print_test_LDADD = $(tests_gateway_config_test_LDADD)

check_PROGRAMS += tests/gateway/config_adopt_test
TESTS += tests/gateway/config_adopt_test
tests_gateway_config_adopt_test_SOURCES = tests/gateway/config_adopt_test.c tests/test.h
tests_gateway_config_adopt_test_LDADD = $(tests_gateway_config_test_LDADD)

# What people and programs ask over HTTP, and the command.
check_PROGRAMS += \
	tests/gateway/admin_test \
	tests/gateway/api_test \
	tests/gateway/cli/cli_test \
	tests/gateway/duration_histogram_test \
	tests/gateway/rfc3339_test
TESTS += \
	tests/gateway/admin_test \
	tests/gateway/api_test \
	tests/gateway/cli/cli_test \
	tests/gateway/duration_histogram_test \
	tests/gateway/rfc3339_test
LONE_GATEWAY_LIBS = libgateway.a libsmpp.a librouting.a $(LIBEVENT_LIBS) $(CURL_LIBS) \
	$(OPENSSL_LIBS) $(SQLITE_LIBS) $(SMPP34_LIBS) $(JANSSON_LIBS) $(CONFUSE_LIBS) \
	$(SODIUM_LIBS) $(CMOCKA_LIBS)
tests_gateway_admin_test_SOURCES = tests/gateway/admin_test.c \
	tests/gateway/lone_gateway.c tests/gateway/lone_gateway.h tests/test.h
tests_gateway_admin_test_LDADD = $(LONE_GATEWAY_LIBS)
tests_gateway_api_test_SOURCES = tests/gateway/api_test.c \
	tests/gateway/lone_gateway.c tests/gateway/lone_gateway.h tests/test.h
tests_gateway_api_test_LDADD = $(LONE_GATEWAY_LIBS)
tests_gateway_cli_cli_test_SOURCES = tests/gateway/cli/cli_test.c tests/test.h \
	gateway/cli/call.c gateway/cli/call.h \
	gateway/cli/cli.c gateway/cli/cli.h \
	gateway/cli/story.c gateway/cli/story.h
tests_gateway_cli_cli_test_LDADD = libgateway.a $(JANSSON_LIBS) $(CMOCKA_LIBS)
tests_gateway_duration_histogram_test_SOURCES = tests/gateway/duration_histogram_test.c tests/test.h
tests_gateway_duration_histogram_test_LDADD = libgateway.a $(CMOCKA_LIBS)
tests_gateway_rfc3339_test_SOURCES = tests/gateway/rfc3339_test.c tests/test.h
tests_gateway_rfc3339_test_LDADD = libgateway.a $(CMOCKA_LIBS)

# The store, those who read it, and what it is built of.
check_PROGRAMS += \
	tests/gateway/ids_test \
	tests/gateway/store_bulk_test \
	tests/gateway/store_chain_test \
	tests/gateway/store_closed_test \
	tests/gateway/store_crash_test \
	tests/gateway/store_journal_test \
	tests/gateway/packed_test \
	tests/gateway/store_gone_test \
	tests/gateway/store_late_test \
	tests/gateway/store_merge_test \
	tests/gateway/store_period_test \
	tests/gateway/store_reader_test \
	tests/gateway/store_verify_test \
	tests/gateway/store_inbound_test \
	tests/gateway/store_living_test \
	tests/gateway/store_test \
	tests/gateway/digest_test \
	tests/gateway/table_test
TESTS += \
	tests/gateway/ids_test \
	tests/gateway/store_bulk_test \
	tests/gateway/store_chain_test \
	tests/gateway/store_closed_test \
	tests/gateway/store_crash_test \
	tests/gateway/store_journal_test \
	tests/gateway/store_gone_test \
	tests/gateway/store_late_test \
	tests/gateway/packed_test \
	tests/gateway/store_merge_test \
	tests/gateway/store_period_test \
	tests/gateway/store_reader_test \
	tests/gateway/store_verify_test \
	tests/gateway/store_inbound_test \
	tests/gateway/store_living_test \
	tests/gateway/store_test \
	tests/gateway/digest_test \
	tests/gateway/table_test
tests_gateway_ids_test_SOURCES = tests/gateway/ids_test.c tests/test.h
tests_gateway_ids_test_LDADD = libgateway.a $(CMOCKA_LIBS)
tests_gateway_packed_test_SOURCES = tests/gateway/packed_test.c tests/test.h
tests_gateway_packed_test_LDADD = libgateway.a librouting.a $(CMOCKA_LIBS)
tests_gateway_store_bulk_test_SOURCES = tests/gateway/store_bulk_test.c tests/test.h
tests_gateway_store_bulk_test_LDADD = libgateway.a librouting.a $(SQLITE_LIBS) \
	$(LIBEVENT_LIBS) $(CMOCKA_LIBS)
tests_gateway_store_chain_test_SOURCES = tests/gateway/store_chain_test.c \
	tests/gateway/store_life.c tests/gateway/store_life.h \
	tests/gateway/store_content.c tests/gateway/store_content.h \
	$(VFS) tests/test.h
tests_gateway_store_chain_test_LDADD = libgateway.a librouting.a $(SQLITE_LIBS) \
	$(LIBEVENT_LIBS) $(CMOCKA_LIBS)
tests_gateway_store_closed_test_SOURCES = tests/gateway/store_closed_test.c \
	tests/gateway/store_life.c tests/gateway/store_life.h \
	tests/gateway/store_content.c tests/gateway/store_content.h \
	$(VFS) tests/test.h
tests_gateway_store_closed_test_LDADD = libgateway.a librouting.a $(SQLITE_LIBS) \
	$(LIBEVENT_LIBS) $(CMOCKA_LIBS)
tests_gateway_store_crash_test_SOURCES = tests/gateway/store_crash_test.c \
	tests/gateway/store_life.c tests/gateway/store_life.h \
	tests/gateway/store_content.c tests/gateway/store_content.h \
	$(VFS) tests/test.h
tests_gateway_store_crash_test_LDADD = libgateway.a librouting.a $(SQLITE_LIBS) \
	$(LIBEVENT_LIBS) $(CMOCKA_LIBS)
tests_gateway_store_period_test_SOURCES = tests/gateway/store_period_test.c \
	tests/gateway/store_life.c tests/gateway/store_life.h \
	tests/gateway/store_content.c tests/gateway/store_content.h \
	$(VFS) tests/test.h
tests_gateway_store_period_test_LDADD = libgateway.a librouting.a $(SQLITE_LIBS) \
	$(LIBEVENT_LIBS) $(CMOCKA_LIBS)
tests_gateway_store_reader_test_SOURCES = tests/gateway/store_reader_test.c \
	tests/gateway/store_life.c tests/gateway/store_life.h \
	tests/gateway/store_content.c tests/gateway/store_content.h \
	$(VFS) tests/test.h
tests_gateway_store_reader_test_LDADD = libgateway.a librouting.a $(SQLITE_LIBS) \
	$(LIBEVENT_LIBS) $(CMOCKA_LIBS)
tests_gateway_store_verify_test_SOURCES = tests/gateway/store_verify_test.c \
	tests/gateway/store_life.c tests/gateway/store_life.h \
	tests/gateway/store_content.c tests/gateway/store_content.h \
	$(VFS) tests/test.h
tests_gateway_store_verify_test_LDADD = libgateway.a librouting.a $(SQLITE_LIBS) \
	$(LIBEVENT_LIBS) $(CMOCKA_LIBS)
tests_gateway_store_journal_test_SOURCES = tests/gateway/store_journal_test.c tests/test.h
tests_gateway_store_journal_test_LDADD = libgateway.a $(SQLITE_LIBS) $(CMOCKA_LIBS)
tests_gateway_store_gone_test_SOURCES = tests/gateway/store_gone_test.c \
	tests/gateway/store_life.c tests/gateway/store_life.h \
	tests/gateway/store_content.c tests/gateway/store_content.h \
	$(VFS) tests/test.h
tests_gateway_store_gone_test_LDADD = libgateway.a librouting.a $(SQLITE_LIBS) \
	$(LIBEVENT_LIBS) $(CMOCKA_LIBS)
tests_gateway_store_late_test_SOURCES = tests/gateway/store_late_test.c \
	tests/gateway/store_life.c tests/gateway/store_life.h \
	tests/gateway/store_told.c tests/gateway/store_told.h \
	tests/gateway/store_content.c tests/gateway/store_content.h \
	$(VFS) tests/test.h
tests_gateway_store_late_test_LDADD = libgateway.a librouting.a $(SQLITE_LIBS) \
	$(LIBEVENT_LIBS) $(CMOCKA_LIBS)
tests_gateway_store_merge_test_SOURCES = tests/gateway/store_merge_test.c \
	tests/gateway/store_life.c tests/gateway/store_life.h \
	tests/gateway/store_content.c tests/gateway/store_content.h \
	$(VFS) tests/test.h
tests_gateway_store_merge_test_LDADD = libgateway.a librouting.a $(SQLITE_LIBS) \
	$(LIBEVENT_LIBS) $(CMOCKA_LIBS)
tests_gateway_store_inbound_test_SOURCES = tests/gateway/store_inbound_test.c \
	tests/gateway/store_life.c tests/gateway/store_life.h \
	tests/gateway/store_content.c tests/gateway/store_content.h \
	$(VFS) tests/test.h
tests_gateway_store_inbound_test_LDADD = libgateway.a librouting.a $(SQLITE_LIBS) \
	$(LIBEVENT_LIBS) $(CMOCKA_LIBS)
tests_gateway_store_living_test_SOURCES = tests/gateway/store_living_test.c \
	tests/gateway/store_life.c tests/gateway/store_life.h \
	tests/gateway/store_content.c tests/gateway/store_content.h \
	$(VFS) tests/test.h
tests_gateway_store_living_test_LDADD = libgateway.a librouting.a $(SQLITE_LIBS) \
	$(LIBEVENT_LIBS) $(CMOCKA_LIBS)
tests_gateway_store_test_SOURCES = tests/gateway/store_test.c \
	tests/gateway/store_told.c tests/gateway/store_told.h \
	tests/gateway/store_life.c tests/gateway/store_life.h \
	tests/gateway/store_content.c tests/gateway/store_content.h \
	$(VFS) tests/test.h
tests_gateway_store_test_LDADD = libgateway.a librouting.a $(SQLITE_LIBS) \
	$(LIBEVENT_LIBS) $(CMOCKA_LIBS)
tests_gateway_digest_test_SOURCES = tests/gateway/digest_test.c tests/test.h
tests_gateway_digest_test_LDADD = libgateway.a $(CMOCKA_LIBS)
tests_gateway_table_test_SOURCES = tests/gateway/table_test.c tests/test.h
tests_gateway_table_test_LDADD = libgateway.a $(CMOCKA_LIBS)

check_PROGRAMS += \
	tests/gateway/store_batch_test \
	tests/gateway/store_load_test \
	tests/gateway/store_folder_test
TESTS += \
	tests/gateway/store_batch_test \
	tests/gateway/store_load_test \
	tests/gateway/store_folder_test
tests_gateway_store_batch_test_SOURCES = tests/gateway/store_batch_test.c \
	tests/gateway/store_told.c tests/gateway/store_told.h \
	tests/gateway/store_life.c tests/gateway/store_life.h \
	tests/gateway/store_content.c tests/gateway/store_content.h \
	$(VFS) tests/test.h
tests_gateway_store_batch_test_LDADD = $(tests_gateway_store_test_LDADD)
tests_gateway_store_load_test_SOURCES = tests/gateway/store_load_test.c \
	tests/gateway/store_told.c tests/gateway/store_told.h \
	tests/gateway/store_life.c tests/gateway/store_life.h \
	tests/gateway/store_content.c tests/gateway/store_content.h \
	$(VFS) tests/test.h
tests_gateway_store_load_test_LDADD = $(tests_gateway_store_test_LDADD)
tests_gateway_store_folder_test_SOURCES = tests/gateway/store_folder_test.c \
	tests/gateway/store_told.c tests/gateway/store_told.h \
	tests/gateway/store_life.c tests/gateway/store_life.h \
	tests/gateway/store_content.c tests/gateway/store_content.h \
	$(VFS) tests/test.h
tests_gateway_store_folder_test_LDADD = $(tests_gateway_store_test_LDADD)

# Pieces of the core.
check_PROGRAMS += \
	tests/gateway/catalog_plans_test \
	tests/gateway/catalog_prices_test \
	tests/gateway/catalog_test \
	tests/gateway/queue_test \
	tests/gateway/translate_test
TESTS += \
	tests/gateway/catalog_plans_test \
	tests/gateway/catalog_prices_test \
	tests/gateway/catalog_test \
	tests/gateway/queue_test \
	tests/gateway/translate_test
CATALOG_PLACE = tests/gateway/catalog_place.c tests/gateway/catalog_place.h tests/test.h
tests_gateway_catalog_plans_test_SOURCES = tests/gateway/catalog_plans_test.c $(CATALOG_PLACE)
tests_gateway_catalog_plans_test_LDADD = $(tests_gateway_catalog_test_LDADD)
tests_gateway_catalog_prices_test_SOURCES = tests/gateway/catalog_prices_test.c $(CATALOG_PLACE)
tests_gateway_catalog_prices_test_LDADD = $(tests_gateway_catalog_test_LDADD)
tests_gateway_catalog_test_SOURCES = tests/gateway/catalog_test.c $(CATALOG_PLACE)
tests_gateway_catalog_test_LDADD = libgateway.a librouting.a $(SQLITE_LIBS) \
	$(LIBEVENT_LIBS) $(CMOCKA_LIBS)
tests_gateway_queue_test_SOURCES = tests/gateway/queue_test.c tests/test.h
tests_gateway_queue_test_LDADD = libgateway.a $(CMOCKA_LIBS)
tests_gateway_translate_test_SOURCES = tests/gateway/translate_test.c \
	tests/gateway/translate_bodies.c tests/gateway/translate_bodies.h \
	tests/test.h
tests_gateway_translate_test_LDADD = libgateway.a libsmpp.a $(CMOCKA_LIBS)

check_PROGRAMS += \
	tests/gateway/translate_marks_test \
	tests/gateway/translate_encode_test \
	tests/gateway/translate_text_test
TESTS += \
	tests/gateway/translate_marks_test \
	tests/gateway/translate_encode_test \
	tests/gateway/translate_text_test
tests_gateway_translate_marks_test_SOURCES = tests/gateway/translate_marks_test.c \
	tests/gateway/translate_bodies.c tests/gateway/translate_bodies.h \
	tests/test.h
tests_gateway_translate_marks_test_LDADD = $(tests_gateway_translate_test_LDADD)
tests_gateway_translate_encode_test_SOURCES = tests/gateway/translate_encode_test.c \
	tests/gateway/translate_bodies.c tests/gateway/translate_bodies.h \
	tests/test.h
tests_gateway_translate_encode_test_LDADD = $(tests_gateway_translate_test_LDADD)
tests_gateway_translate_text_test_SOURCES = tests/gateway/translate_text_test.c \
	tests/gateway/translate_bodies.c tests/gateway/translate_bodies.h \
	tests/test.h
tests_gateway_translate_text_test_LDADD = $(tests_gateway_translate_test_LDADD)

# Links and sessions, with the test as the other side.
check_PROGRAMS += \
	tests/gateway/breadth_test \
	tests/gateway/bucket_test \
	tests/gateway/esme_test \
	tests/gateway/link_binds_test \
	tests/gateway/link_fields_test \
	tests/gateway/link_group_test \
	tests/gateway/link_late_test \
	tests/gateway/link_refusals_test \
	tests/gateway/inbound_test \
	tests/gateway/link_test \
	tests/gateway/money_moves_test \
	tests/gateway/money_property_test \
	tests/gateway/operations_test \
	tests/gateway/pace_test \
	tests/gateway/public_id_test \
	tests/gateway/receipt_corpus_test \
	tests/gateway/reports_test \
	tests/gateway/texts_test
TESTS += \
	tests/gateway/breadth_test \
	tests/gateway/bucket_test \
	tests/gateway/esme_test \
	tests/gateway/link_binds_test \
	tests/gateway/link_fields_test \
	tests/gateway/link_group_test \
	tests/gateway/link_late_test \
	tests/gateway/link_refusals_test \
	tests/gateway/inbound_test \
	tests/gateway/link_test \
	tests/gateway/money_moves_test \
	tests/gateway/money_property_test \
	tests/gateway/operations_test \
	tests/gateway/pace_test \
	tests/gateway/public_id_test \
	tests/gateway/receipt_corpus_test \
	tests/gateway/reports_test \
	tests/gateway/texts_test
LONE_OPERATOR = \
	tests/gateway/lone_gateway.c tests/gateway/lone_gateway.h \
	tests/gateway/lone_line.c tests/gateway/lone_line.h \
	tests/gateway/lone_operator.c tests/gateway/lone_operator.h tests/test.h
tests_gateway_breadth_test_SOURCES = tests/gateway/breadth_test.c tests/test.h
tests_gateway_breadth_test_LDADD = libgateway.a $(CMOCKA_LIBS)
tests_gateway_bucket_test_SOURCES = tests/gateway/bucket_test.c tests/test.h
tests_gateway_bucket_test_LDADD = libgateway.a $(CMOCKA_LIBS)
tests_gateway_esme_test_SOURCES = tests/gateway/esme_test.c \
	tests/gateway/lone_gateway.c tests/gateway/lone_gateway.h \
	tests/gateway/lone_line.c tests/gateway/lone_line.h tests/test.h
tests_gateway_esme_test_LDADD = $(LONE_GATEWAY_LIBS)
tests_gateway_link_binds_test_SOURCES = tests/gateway/link_binds_test.c $(LONE_OPERATOR)
tests_gateway_link_binds_test_LDADD = $(LONE_GATEWAY_LIBS)
tests_gateway_link_late_test_SOURCES = tests/gateway/link_late_test.c $(LONE_OPERATOR)
tests_gateway_link_late_test_LDADD = $(LONE_GATEWAY_LIBS)
tests_gateway_link_fields_test_SOURCES = tests/gateway/link_fields_test.c tests/test.h
tests_gateway_link_fields_test_LDADD = $(LONE_GATEWAY_LIBS)
tests_gateway_texts_test_SOURCES = tests/gateway/texts_test.c $(LONE_OPERATOR)
tests_gateway_texts_test_LDADD = $(LONE_GATEWAY_LIBS)
tests_gateway_link_group_test_SOURCES = tests/gateway/link_group_test.c $(LONE_OPERATOR)
tests_gateway_link_group_test_LDADD = $(LONE_GATEWAY_LIBS)
tests_gateway_money_property_test_SOURCES = tests/gateway/money_property_test.c \
	tests/gateway/store_life.c tests/gateway/store_life.h \
	tests/gateway/store_content.c tests/gateway/store_content.h \
	$(VFS) tests/test.h
tests_gateway_money_property_test_LDADD = $(LONE_GATEWAY_LIBS)
tests_gateway_money_moves_test_SOURCES = tests/gateway/money_moves_test.c $(LONE_OPERATOR)
tests_gateway_money_moves_test_LDADD = $(LONE_GATEWAY_LIBS)
tests_gateway_link_refusals_test_SOURCES = tests/gateway/link_refusals_test.c $(LONE_OPERATOR)
tests_gateway_link_refusals_test_LDADD = $(LONE_GATEWAY_LIBS)
tests_gateway_pace_test_SOURCES = tests/gateway/pace_test.c tests/test.h
tests_gateway_pace_test_LDADD = libgateway.a $(CMOCKA_LIBS)
tests_gateway_inbound_test_SOURCES = tests/gateway/inbound_test.c \
	tests/gateway/inbound_scene.c tests/gateway/inbound_scene.h \
	tests/gateway/lone_gateway.c tests/gateway/lone_gateway.h \
	tests/gateway/lone_line.c tests/gateway/lone_line.h tests/test.h
tests_gateway_inbound_test_LDADD = $(LONE_GATEWAY_LIBS)
tests_gateway_link_test_SOURCES = tests/gateway/link_test.c \
	tests/gateway/hanging_name.c tests/gateway/hanging_name.h $(LONE_OPERATOR)
tests_gateway_link_test_LDADD = $(LONE_GATEWAY_LIBS)
tests_gateway_operations_test_SOURCES = tests/gateway/operations_test.c $(LONE_OPERATOR)
tests_gateway_operations_test_LDADD = $(LONE_GATEWAY_LIBS)
tests_gateway_public_id_test_SOURCES = tests/gateway/public_id_test.c tests/test.h
tests_gateway_public_id_test_LDADD = libgateway.a $(CMOCKA_LIBS)
tests_gateway_receipt_corpus_test_SOURCES = tests/gateway/receipt_corpus_test.c \
	tests/gateway/receipt_corpus.def $(LONE_OPERATOR)
tests_gateway_receipt_corpus_test_LDADD = $(LONE_GATEWAY_LIBS)
REPORTS_SCENE = \
	tests/gateway/reports_scene.c tests/gateway/reports_scene.h $(LONE_OPERATOR)
tests_gateway_reports_test_SOURCES = tests/gateway/reports_test.c $(REPORTS_SCENE)
tests_gateway_reports_test_LDADD = $(LONE_GATEWAY_LIBS)

check_PROGRAMS += \
	tests/gateway/reports_late_test \
	tests/gateway/reports_parked_test \
	tests/gateway/reports_parts_test \
	tests/gateway/reports_rules_test
TESTS += \
	tests/gateway/reports_late_test \
	tests/gateway/reports_parked_test \
	tests/gateway/reports_parts_test \
	tests/gateway/reports_rules_test
tests_gateway_reports_late_test_SOURCES = tests/gateway/reports_late_test.c $(REPORTS_SCENE)
tests_gateway_reports_late_test_LDADD = $(LONE_GATEWAY_LIBS)
tests_gateway_reports_parked_test_SOURCES = tests/gateway/reports_parked_test.c $(REPORTS_SCENE)
tests_gateway_reports_parked_test_LDADD = $(LONE_GATEWAY_LIBS)
tests_gateway_reports_parts_test_SOURCES = tests/gateway/reports_parts_test.c $(REPORTS_SCENE)
tests_gateway_reports_parts_test_LDADD = $(LONE_GATEWAY_LIBS)
tests_gateway_reports_rules_test_SOURCES = tests/gateway/reports_rules_test.c $(REPORTS_SCENE)
tests_gateway_reports_rules_test_LDADD = $(LONE_GATEWAY_LIBS)

check_PROGRAMS += \
	tests/gateway/inbound_sets_test \
	tests/gateway/optouts_test \
	tests/gateway/inbound_reply_test
TESTS += \
	tests/gateway/inbound_sets_test \
	tests/gateway/optouts_test \
	tests/gateway/inbound_reply_test
tests_gateway_inbound_sets_test_SOURCES = tests/gateway/inbound_sets_test.c \
	tests/gateway/inbound_scene.c tests/gateway/inbound_scene.h \
	tests/gateway/lone_gateway.c tests/gateway/lone_gateway.h \
	tests/gateway/lone_line.c tests/gateway/lone_line.h tests/test.h
tests_gateway_inbound_sets_test_LDADD = $(tests_gateway_inbound_test_LDADD)
tests_gateway_optouts_test_SOURCES = tests/gateway/optouts_test.c \
	tests/gateway/inbound_scene.c tests/gateway/inbound_scene.h \
	tests/gateway/lone_gateway.c tests/gateway/lone_gateway.h \
	tests/gateway/lone_line.c tests/gateway/lone_line.h tests/test.h
tests_gateway_optouts_test_LDADD = $(tests_gateway_inbound_test_LDADD)
tests_gateway_inbound_reply_test_SOURCES = tests/gateway/inbound_reply_test.c \
	tests/gateway/inbound_scene.c tests/gateway/inbound_scene.h \
	tests/gateway/lone_gateway.c tests/gateway/lone_gateway.h \
	tests/gateway/lone_line.c tests/gateway/lone_line.h tests/test.h
tests_gateway_inbound_reply_test_LDADD = $(tests_gateway_inbound_test_LDADD)

# Ids, names and addresses of submissions.
check_PROGRAMS += tests/gateway/aliases_test tests/gateway/live_test \
	tests/gateway/pairs_test tests/gateway/senders_test
TESTS += tests/gateway/aliases_test tests/gateway/live_test \
	tests/gateway/pairs_test tests/gateway/senders_test
tests_gateway_aliases_test_SOURCES = tests/gateway/aliases_test.c \
	tests/gateway/lone_gateway.c tests/gateway/lone_gateway.h tests/test.h
tests_gateway_aliases_test_LDADD = $(LONE_GATEWAY_LIBS)
tests_gateway_live_test_SOURCES = tests/gateway/live_test.c tests/peers/random.h \
	tests/gateway/lone_gateway.c tests/gateway/lone_gateway.h tests/test.h
tests_gateway_live_test_LDADD = $(LONE_GATEWAY_LIBS)
tests_gateway_pairs_test_SOURCES = tests/gateway/pairs_test.c \
	tests/gateway/lone_gateway.c tests/gateway/lone_gateway.h tests/test.h
tests_gateway_pairs_test_LDADD = $(LONE_GATEWAY_LIBS)
tests_gateway_senders_test_SOURCES = tests/gateway/senders_test.c \
	tests/gateway/lone_gateway.c tests/gateway/lone_gateway.h tests/test.h
tests_gateway_senders_test_LDADD = $(LONE_GATEWAY_LIBS)

# Receipts, with the test as the other side, on virtual time.
check_PROGRAMS += tests/gateway/receipts_test
TESTS += tests/gateway/receipts_test
tests_gateway_receipts_test_SOURCES = tests/gateway/receipts_test.c \
	tests/gateway/receipts_scene.c tests/gateway/receipts_scene.h \
	tests/gateway/lone_gateway.c tests/gateway/lone_gateway.h \
	tests/gateway/lone_line.c tests/gateway/lone_line.h tests/test.h
tests_gateway_receipts_test_LDADD = $(LONE_GATEWAY_LIBS)

check_PROGRAMS += \
	tests/gateway/receipts_tlvs_test \
	tests/gateway/receipts_notices_test \
	tests/gateway/receipts_delivery_test
TESTS += \
	tests/gateway/receipts_tlvs_test \
	tests/gateway/receipts_notices_test \
	tests/gateway/receipts_delivery_test
tests_gateway_receipts_tlvs_test_SOURCES = tests/gateway/receipts_tlvs_test.c \
	tests/gateway/receipts_scene.c tests/gateway/receipts_scene.h \
	tests/gateway/lone_gateway.c tests/gateway/lone_gateway.h \
	tests/gateway/lone_line.c tests/gateway/lone_line.h tests/test.h
tests_gateway_receipts_tlvs_test_LDADD = $(tests_gateway_receipts_test_LDADD)
tests_gateway_receipts_notices_test_SOURCES = tests/gateway/receipts_notices_test.c \
	tests/gateway/receipts_scene.c tests/gateway/receipts_scene.h \
	tests/gateway/lone_gateway.c tests/gateway/lone_gateway.h \
	tests/gateway/lone_line.c tests/gateway/lone_line.h tests/test.h
tests_gateway_receipts_notices_test_LDADD = $(tests_gateway_receipts_test_LDADD)
tests_gateway_receipts_delivery_test_SOURCES = tests/gateway/receipts_delivery_test.c \
	tests/gateway/receipts_scene.c tests/gateway/receipts_scene.h \
	tests/gateway/lone_gateway.c tests/gateway/lone_gateway.h \
	tests/gateway/lone_line.c tests/gateway/lone_line.h tests/test.h
tests_gateway_receipts_delivery_test_LDADD = $(tests_gateway_receipts_test_LDADD)

# Dictionaries of optional parameters.
check_PROGRAMS += tests/gateway/dictionary_test
TESTS += tests/gateway/dictionary_test
tests_gateway_dictionary_test_SOURCES = tests/gateway/dictionary_test.c tests/test.h
tests_gateway_dictionary_test_LDADD = libgateway.a librouting.a libsmpp.a $(CONFUSE_LIBS) \
	$(OPENSSL_LIBS) $(CMOCKA_LIBS)
# What an account may send, and how much.
check_PROGRAMS += \
	tests/gateway/repeats_test
TESTS += \
	tests/gateway/repeats_test
tests_gateway_repeats_test_SOURCES = tests/gateway/repeats_test.c tests/test.h
tests_gateway_repeats_test_LDADD = libgateway.a $(CMOCKA_LIBS)
check_PROGRAMS += tests/gateway/limits_test tests/gateway/decision_test \
	tests/gateway/collector_test
TESTS += tests/gateway/limits_test tests/gateway/decision_test tests/gateway/collector_test
tests_gateway_limits_test_SOURCES = tests/gateway/limits_test.c \
	tests/gateway/lone_gateway.c tests/gateway/lone_gateway.h \
	tests/gateway/lone_line.c tests/gateway/lone_line.h tests/test.h
tests_gateway_limits_test_LDADD = $(LONE_GATEWAY_LIBS)
tests_gateway_decision_test_SOURCES = tests/gateway/decision_test.c \
	tests/gateway/lone_gateway.c tests/gateway/lone_gateway.h \
	tests/gateway/lone_line.c tests/gateway/lone_line.h tests/test.h
tests_gateway_decision_test_LDADD = $(LONE_GATEWAY_LIBS)
tests_gateway_collector_test_SOURCES = tests/gateway/collector_test.c \
	tests/gateway/lone_gateway.c tests/gateway/lone_gateway.h \
	tests/gateway/lone_line.c tests/gateway/lone_line.h tests/test.h
tests_gateway_collector_test_LDADD = $(LONE_GATEWAY_LIBS)
check_PROGRAMS += tests/gateway/config_permissions_test tests/gateway/store_limits_test
TESTS += tests/gateway/config_permissions_test tests/gateway/store_limits_test
tests_gateway_config_permissions_test_SOURCES = \
	tests/gateway/config_permissions_test.c tests/test.h
tests_gateway_config_permissions_test_LDADD = libgateway.a librouting.a libsmpp.a \
	$(CONFUSE_LIBS) $(OPENSSL_LIBS) $(CMOCKA_LIBS)
tests_gateway_store_limits_test_SOURCES = tests/gateway/store_limits_test.c \
	tests/gateway/store_life.c tests/gateway/store_life.h \
	tests/gateway/store_content.c tests/gateway/store_content.h \
	$(VFS) tests/test.h
tests_gateway_store_limits_test_LDADD = libgateway.a librouting.a $(SQLITE_LIBS) \
	$(LIBEVENT_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/gateway/duplicates_test
TESTS += tests/gateway/duplicates_test
tests_gateway_duplicates_test_SOURCES = tests/gateway/duplicates_test.c \
	tests/gateway/lone_gateway.c tests/gateway/lone_gateway.h tests/test.h
tests_gateway_duplicates_test_LDADD = $(LONE_GATEWAY_LIBS)

check_PROGRAMS += tests/gateway/review_test
TESTS += tests/gateway/review_test
tests_gateway_review_test_SOURCES = tests/gateway/review_test.c \
	tests/gateway/lone_gateway.c tests/gateway/lone_gateway.h tests/test.h
tests_gateway_review_test_LDADD = $(LONE_GATEWAY_LIBS)

check_PROGRAMS += tests/gateway/tally_test
TESTS += tests/gateway/tally_test
tests_gateway_tally_test_SOURCES = tests/gateway/tally_test.c tests/test.h
tests_gateway_tally_test_LDADD = libgateway.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/gateway/transliterate_test
tests_gateway_transliterate_test_SOURCES = tests/gateway/transliterate_test.c tests/test.h
tests_gateway_transliterate_test_LDADD = libgateway.a $(CMOCKA_LIBS)
TESTS += tests/gateway/transliterate_test

# With threads of the executor, and in less than a minute.
THREADED += \
	tests/gateway/executor_test \
	tests/gateway/accounts_test \
	tests/gateway/store_batch_test \
	tests/gateway/store_load_test \
	tests/gateway/store_folder_test \
	tests/gateway/store_test \
	tests/gateway/store_chain_test \
	tests/gateway/store_closed_test \
	tests/gateway/store_inbound_test \
	tests/gateway/store_limits_test \
	tests/gateway/store_gone_test \
	tests/gateway/store_late_test \
	tests/gateway/store_merge_test \
	tests/gateway/store_period_test \
	tests/gateway/store_reader_test \
	tests/gateway/store_verify_test \
	tests/gateway/esme_test \
	tests/gateway/inbound_sets_test \
	tests/gateway/optouts_test \
	tests/gateway/inbound_reply_test \
	tests/gateway/inbound_test \
	tests/gateway/receipts_tlvs_test \
	tests/gateway/receipts_notices_test \
	tests/gateway/receipts_delivery_test \
	tests/gateway/receipts_test \
	tests/gateway/limits_test \
	tests/gateway/api_test \
	tests/gateway/admin_test
