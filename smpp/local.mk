# The protocol: libsmpp.a.

noinst_LIBRARIES += libsmpp.a
libsmpp_a_CPPFLAGS = $(AM_CPPFLAGS) $(SMPP34_CFLAGS)
libsmpp_a_CFLAGS = $(AM_CFLAGS) $(LTO_CFLAGS)

# The codec. Only library.c needs $(SMPP34_LIBS), only those who call it link it.
libsmpp_a_SOURCES = \
	smpp/command.c smpp/command.def smpp/command.h smpp/status.def \
	smpp/field.c smpp/field.h \
	smpp/frame.c smpp/frame.h \
	smpp/library.c smpp/library.def smpp/library.h \
	smpp/destination.c smpp/destination.h \
	smpp/pdu.c smpp/pdu.h \
	smpp/tlv.c smpp/tlv.def smpp/tlv.h \
	smpp/wire.h

EXTRA_DIST += smpp/README.md

# Sessions and sockets. Only conn, listener, client and transport need $(LIBEVENT_LIBS).
libsmpp_a_SOURCES += \
	smpp/aside.c smpp/aside.h \
	smpp/client.c smpp/client.h \
	smpp/conn.c smpp/conn.h smpp/conn_inside.h \
	smpp/conn_input.c smpp/conn_output.c \
	smpp/listener.c smpp/listener.h \
	smpp/operation.c smpp/operation.h \
	smpp/pulse.c smpp/pulse.h \
	smpp/session.c smpp/session.h smpp/session_inside.h \
	smpp/session_bind.c smpp/session_receive.c \
	smpp/session_send.c smpp/session_time.c \
	smpp/transport.c smpp/transport.h \
	smpp/window.c smpp/window.h

# Text, long messages, receipts and times.
libsmpp_a_SOURCES += \
	smpp/characters.c smpp/characters.h \
	smpp/gsm.c smpp/gsm.h \
	smpp/parts.c smpp/parts.h \
	smpp/receipt.c smpp/receipt.h \
	smpp/text.c smpp/text.h \
	smpp/timestamp.c smpp/timestamp.h
