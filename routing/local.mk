noinst_LIBRARIES += librouting.a
librouting_a_CFLAGS = $(AM_CFLAGS) $(LTO_CFLAGS)
librouting_a_SOURCES = \
	routing/countries.def \
	routing/country.c routing/country.h \
	routing/content.c routing/content.h \
	routing/delivery.c routing/delivery.h \
	routing/gate.c routing/gate.h \
	routing/group.c routing/group.h \
	routing/inbound.c routing/inbound.h \
	routing/keyword.c routing/keyword.h \
	routing/ledger.c routing/ledger.h \
	routing/message.c routing/message.h \
	routing/money.c routing/money.h \
	routing/code.c routing/code.h \
	routing/number.c routing/number.h \
	routing/permission.c routing/permission.h \
	routing/plan.c routing/plan.h \
	routing/prefix.c routing/prefix.h \
	routing/premium.def \
	routing/price.c routing/price.h \
	routing/recall.c routing/recall.h \
	routing/rule.c routing/rule.h \
	routing/source.c routing/source.h \
	routing/step.c routing/step.h \
	routing/usage.c routing/usage.h \
	routing/sender.c routing/sender.h

EXTRA_DIST += routing/README.md
