# Rows of tests/routing for the top Makefile.am.

check_PROGRAMS += \
	tests/routing/delivery_test \
	tests/routing/delivery_property_test \
	tests/routing/gate_test \
	tests/routing/inbound_test \
	tests/routing/keyword_test \
	tests/routing/ledger_test \
	tests/routing/message_test \
	tests/routing/money_test \
	tests/routing/code_test \
	tests/routing/number_test \
	tests/routing/prefix_test \
	tests/routing/group_test \
	tests/routing/price_test \
	tests/routing/recall_test \
	tests/routing/rule_test
TESTS += \
	tests/routing/delivery_test \
	tests/routing/delivery_property_test \
	tests/routing/gate_test \
	tests/routing/inbound_test \
	tests/routing/keyword_test \
	tests/routing/ledger_test \
	tests/routing/message_test \
	tests/routing/money_test \
	tests/routing/code_test \
	tests/routing/number_test \
	tests/routing/prefix_test \
	tests/routing/group_test \
	tests/routing/price_test \
	tests/routing/recall_test \
	tests/routing/rule_test
check_PROGRAMS += tests/routing/sender_test
tests_routing_sender_test_SOURCES = tests/routing/sender_test.c tests/test.h
tests_routing_sender_test_LDADD = librouting.a $(CMOCKA_LIBS)
TESTS += tests/routing/sender_test
check_PROGRAMS += tests/routing/content_test
tests_routing_content_test_SOURCES = tests/routing/content_test.c tests/test.h
tests_routing_content_test_LDADD = librouting.a $(CMOCKA_LIBS)
TESTS += tests/routing/content_test
tests_routing_delivery_test_SOURCES = \
	tests/routing/delivery_test.c tests/routing/delivery_script.h tests/test.h
tests_routing_delivery_test_LDADD = librouting.a $(CMOCKA_LIBS)
tests_routing_delivery_property_test_SOURCES = \
	tests/routing/delivery_property_test.c tests/test.h
tests_routing_delivery_property_test_LDADD = librouting.a $(CMOCKA_LIBS)
tests_routing_gate_test_SOURCES = tests/routing/gate_test.c tests/test.h
tests_routing_gate_test_LDADD = librouting.a $(CMOCKA_LIBS)
tests_routing_inbound_test_SOURCES = tests/routing/inbound_test.c tests/test.h
tests_routing_inbound_test_LDADD = librouting.a $(CMOCKA_LIBS)
tests_routing_keyword_test_SOURCES = tests/routing/keyword_test.c tests/test.h
tests_routing_keyword_test_LDADD = librouting.a $(CMOCKA_LIBS)
tests_routing_ledger_test_SOURCES = tests/routing/ledger_test.c tests/test.h
tests_routing_ledger_test_LDADD = librouting.a $(CMOCKA_LIBS)
tests_routing_message_test_SOURCES = tests/routing/message_test.c tests/test.h
tests_routing_message_test_LDADD = librouting.a $(CMOCKA_LIBS)
tests_routing_code_test_SOURCES = tests/routing/code_test.c tests/test.h
tests_routing_code_test_LDADD = librouting.a $(CMOCKA_LIBS)
tests_routing_money_test_SOURCES = tests/routing/money_test.c tests/test.h
tests_routing_money_test_LDADD = librouting.a $(CMOCKA_LIBS)
tests_routing_number_test_SOURCES = tests/routing/number_test.c tests/test.h
tests_routing_number_test_LDADD = librouting.a $(CMOCKA_LIBS)
tests_routing_prefix_test_SOURCES = tests/routing/prefix_test.c tests/test.h
tests_routing_prefix_test_LDADD = librouting.a $(CMOCKA_LIBS)
tests_routing_group_test_SOURCES = tests/routing/group_test.c tests/test.h
tests_routing_group_test_LDADD = librouting.a $(CMOCKA_LIBS)
tests_routing_price_test_SOURCES = tests/routing/price_test.c tests/test.h
tests_routing_price_test_LDADD = librouting.a $(CMOCKA_LIBS)
tests_routing_recall_test_SOURCES = tests/routing/recall_test.c tests/test.h
tests_routing_recall_test_LDADD = librouting.a $(CMOCKA_LIBS)
tests_routing_rule_test_SOURCES = tests/routing/rule_test.c tests/test.h
tests_routing_rule_test_LDADD = librouting.a $(CMOCKA_LIBS)

# What an account may send, and how much.
check_PROGRAMS += \
	tests/routing/country_test \
	tests/routing/permission_test \
	tests/routing/source_test \
	tests/routing/usage_test
TESTS += \
	tests/routing/country_test \
	tests/routing/permission_test \
	tests/routing/source_test \
	tests/routing/usage_test
tests_routing_country_test_SOURCES = tests/routing/country_test.c tests/test.h
tests_routing_country_test_LDADD = librouting.a $(CMOCKA_LIBS)
tests_routing_permission_test_SOURCES = tests/routing/permission_test.c tests/test.h
tests_routing_permission_test_LDADD = librouting.a $(CMOCKA_LIBS)
tests_routing_source_test_SOURCES = tests/routing/source_test.c tests/test.h
tests_routing_source_test_LDADD = librouting.a $(CMOCKA_LIBS)
tests_routing_usage_test_SOURCES = tests/routing/usage_test.c tests/test.h
tests_routing_usage_test_LDADD = librouting.a $(CMOCKA_LIBS)
