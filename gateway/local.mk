# Rows of gateway for the top Makefile.am.
noinst_LIBRARIES += libgateway.a
libgateway_a_CFLAGS = $(AM_CFLAGS) $(LTO_CFLAGS)
libgateway_a_SOURCES =

libgateway_a_SOURCES += \
	gateway/clock.c gateway/clock.h \
	gateway/executor.c gateway/executor.h \
	gateway/http_address.c gateway/http_address.h \
	gateway/http_answer.c gateway/http_answer.h \
	gateway/http_chunks.c gateway/http_chunks.h \
	gateway/http_client.c gateway/http_client.h \
	gateway/http_connection.c gateway/http_connection.h \
	gateway/http_gate.c gateway/http_gate.h \
	gateway/http_header.c gateway/http_header.h \
	gateway/http_listener.c gateway/http_listener.h \
	gateway/http_server.c gateway/http_server.h \
	gateway/http_trust.c gateway/http_trust.h \
	gateway/json.c gateway/json.h \
	gateway/log.c gateway/log.h \
	gateway/log_share.c gateway/log_share.h \
	gateway/notify.c gateway/notify.h \
	gateway/signature.c gateway/signature.h \
	gateway/tls.c gateway/tls.h \
	gateway/tls_context.c gateway/tls_context.h \
	gateway/tls_gate.c gateway/tls_gate.h \
	gateway/spread.c gateway/spread.h \
	gateway/strain.c gateway/strain.h \
	gateway/turns.c gateway/turns.h

# Configuration, profiles and accounts.
libgateway_a_SOURCES += \
	gateway/accounts.c gateway/accounts.h \
	gateway/allowance.c gateway/allowance.h \
	gateway/config.c gateway/config.h gateway/config_keys.def \
	gateway/config_accounts.c \
	gateway/config_adopt.c gateway/config_adopt.h \
	gateway/config_build.c gateway/config_build.h \
	gateway/config_channels.c \
	gateway/config_check.c \
	gateway/config_content.c \
	gateway/config_inbound.c \
	gateway/config_links.c \
	gateway/config_networks.c \
	gateway/config_permissions.c \
	gateway/config_plans.c \
	gateway/config_forms.c gateway/config_print.c gateway/config_report.c \
	gateway/config_read.c \
	gateway/config_receipts.c \
	gateway/config_rows.c gateway/config_rows.h \
	gateway/config_secrets.c \
	gateway/config_status.c \
	gateway/config_text.c gateway/config_text.h \
	gateway/config_tls.c \
	gateway/config_tlvs.c \
	gateway/config_tree.c gateway/config_tree.h \
	gateway/config_value.c gateway/config_value.h \
	gateway/failures.c gateway/failures.h \
	gateway/profile.c gateway/profile.h gateway/profile_keys.def \
	gateway/profile_report.c \
	gateway/profile_load.c gateway/profile_pieces.h \
	gateway/tlv_form.c gateway/tlv_form.h
MAN_SOURCES += gateway/sluice.conf.5.scd

# The core: what comes in, what lives, what goes out.
libgateway_a_SOURCES += \
	gateway/aliases.c gateway/aliases.h \
	gateway/backlog.c gateway/backlog.h \
	gateway/body.c gateway/body.h \
	gateway/cancel.c gateway/cancel.h \
	gateway/catalog.c gateway/catalog.h \
	gateway/catalog_pieces.h gateway/catalog_pins.c gateway/catalog_plans.c \
	gateway/catalog_settle.c \
	gateway/channels/breadth.c gateway/channels/breadth.h \
	gateway/channels/bucket.c gateway/channels/bucket.h \
	gateway/channels/channel.h \
	gateway/channels/http.c gateway/channels/http.h \
	gateway/channels/link.c gateway/channels/link.h gateway/channels/link_pieces.h \
	gateway/channels/link_hosts.c gateway/channels/link_facts.c gateway/channels/link_fields.c gateway/channels/link_refusals.c \
	gateway/channels/pace.c gateway/channels/pace.h \
	gateway/channels/link_receipt.c \
	gateway/channels/link_reports.c \
	gateway/channels/link_slots.c \
	gateway/channels/link_submit.c \
	gateway/collector.c gateway/collector.h \
	gateway/dictionary.c gateway/dictionary.h \
	gateway/dispatch.c gateway/dispatch.h gateway/dispatch_pieces.h \
	gateway/dispatch_channels.c \
	gateway/dispatch_permit.c gateway/dispatch_verdicts.c gateway/dispatch_ways.c \
	gateway/duplicates.c gateway/duplicates.h \
	gateway/esme.c gateway/esme.h gateway/esme_pieces.h \
	gateway/esme_binds.c \
	gateway/esme_doors.c \
	gateway/esme_turns.c \
	gateway/turnstile.c gateway/turnstile.h \
	gateway/gateway.c gateway/gateway.h \
	gateway/reload.c gateway/reload.h \
	gateway/intake.c gateway/intake.h gateway/intake_pieces.h \
	gateway/intake_api.c gateway/intake_results.c gateway/intake_smpp.c \
	gateway/intake_multi.c \
	gateway/intake_repeat.c \
	gateway/limits.c gateway/limits.h \
	gateway/live.c gateway/live.h gateway/live_pieces.h \
	gateway/live_ended.c gateway/live_rest.c gateway/live_resting.c \
	gateway/inbound.c gateway/inbound.h gateway/inbound_pieces.h \
	gateway/inbound_route.c \
	gateway/inbound_hook.c \
	gateway/inbound_letter.c \
	gateway/inbound_reply.c \
	gateway/inbound_sets.c \
	gateway/marks.c gateway/marks.h \
	gateway/money_moves.c gateway/money_moves.h \
	gateway/optouts.c gateway/optouts.h \
	gateway/outbox.c gateway/outbox.h \
	gateway/outbox_line.c gateway/outbox_line.h \
	gateway/public_id.c gateway/public_id.h \
	gateway/operations.c gateway/operations.h gateway/operations_pieces.h \
	gateway/pairs.c gateway/pairs.h \
	gateway/query.c \
	gateway/replace.c gateway/replace.h \
	gateway/receipts_letter.c gateway/receipts.h gateway/receipts_pieces.h \
	gateway/receipts_notices.c \
	gateway/receipts_tlvs.c \
	gateway/recovery.c gateway/recovery.h \
	gateway/repeats.c gateway/repeats.h \
	gateway/reports.c gateway/reports.h gateway/reports_pieces.h \
	gateway/reports_awaited.c \
	gateway/reports_channels.c \
	gateway/reports_ids.c \
	gateway/reports_late.c \
	gateway/reports_learn.c \
	gateway/reports_parked.c \
	gateway/reports_parts.c \
	gateway/suspension.c gateway/suspension.h \
	gateway/texts.c gateway/texts.h \
	gateway/content.c gateway/content.h \
	gateway/review.c gateway/review.h \
	gateway/senders.c gateway/senders.h \
	gateway/source.c gateway/source.h \
	gateway/translate.c gateway/translate.h \
	gateway/translate_encode.c gateway/translate_marks.c \
	gateway/translate_pieces.h gateway/translate_text.c \
	gateway/transliterate.c gateway/transliterate.def gateway/transliterate.h

sbin_PROGRAMS += sluiced
sluiced_SOURCES = gateway/main.c
sluiced_CFLAGS = $(AM_CFLAGS) $(LTO_CFLAGS)
sluiced_LDFLAGS = -pthread $(HARDENING_LDFLAGS) $(LTO_CFLAGS)
sluiced_LDADD = libgateway.a libsmpp.a librouting.a $(LIBEVENT_LIBS) $(CURL_LIBS) \
	$(OPENSSL_LIBS) $(SQLITE_LIBS) $(SMPP34_LIBS) $(JANSSON_LIBS) $(CONFUSE_LIBS) \
	$(SODIUM_LIBS)

# What people and programs ask over HTTP.
libgateway_a_SOURCES += \
	gateway/admin.c gateway/admin.h \
	gateway/scrapes.c gateway/scrapes.h \
	gateway/api.c gateway/api.h gateway/api_pieces.h \
	gateway/api_accounts.c \
	gateway/api_review.c \
	gateway/api_answer.c \
	gateway/api_inbound.c \
	gateway/api_channels.c \
	gateway/api_ledger.c \
	gateway/api_limits.c \
	gateway/api_messages.c \
	gateway/api_status.c \
	gateway/api_submit.c \
	gateway/api_trace.c \
	gateway/api_trace.c gateway/api_turns.c \
	gateway/duration_histogram.c gateway/duration_histogram.h \
	gateway/metrics_page.c gateway/metrics_page.h \
	gateway/metrics.c gateway/metrics.h gateway/metrics.def \
	gateway/process.c gateway/process.h \
	gateway/rfc3339.c gateway/rfc3339.h \
	gateway/webhooks.c gateway/webhooks.h
EXTRA_DIST += gateway/openapi.yaml

# The store: what is durable, and those who read it.
libgateway_a_SOURCES += \
	gateway/digest.c gateway/digest.h \
	gateway/packed.c gateway/packed.h \
	gateway/store_messages.c gateway/store_messages.h \
	gateway/store_messages_pieces.h gateway/store_messages_read.c \
	gateway/ids.c gateway/ids.h \
	gateway/queue.c gateway/queue.h \
	gateway/store.c gateway/store.h gateway/store_batch.h gateway/store_pieces.h \
	gateway/store_database.h gateway/store_schema.h \
	gateway/store_apply.c \
	gateway/store_closed.c gateway/store_closed.h \
	gateway/store_cursor.c gateway/store_cursor.h \
	gateway/store_day.c gateway/store_day.h \
	gateway/store_chain.c gateway/store_chain.h \
	gateway/store_fold.c \
	gateway/store_folder.c \
	gateway/store_bulk.c gateway/store_bulk.h \
	gateway/store_head.c gateway/store_head.h \
	gateway/store_gone.c gateway/store_gone.h \
	gateway/store_late.c gateway/store_late.h \
	gateway/store_history.c \
	gateway/store_journal.c gateway/store_journal.h \
	gateway/store_kept.c \
	gateway/store_inbound.c gateway/store_inbound.h \
	gateway/store_limits.c \
	gateway/store_living.c gateway/store_living.h \
	gateway/store_load.c \
	gateway/store_coming.c gateway/store_coming.h \
	gateway/store_names.c gateway/store_names.h \
	gateway/store_outbox.c gateway/store_outbox.h \
	gateway/store_period.c gateway/store_period.h \
	gateway/store_reader.c gateway/store_reader.h \
	gateway/store_records.c \
	gateway/store_rows.c gateway/store_rows.h \
	gateway/store_sqlite.c gateway/store_sqlite.h \
	gateway/store_statement.c gateway/store_statement.h \
	gateway/store_statements.c \
	gateway/store_upkeep.c \
	gateway/store_verify.c gateway/store_verify.h \
	gateway/store_walk.c gateway/store_walk.h \
	gateway/table.c gateway/table.h \
	gateway/tally.c gateway/tally.h

# The operator's command.
bin_PROGRAMS += sluice
sluice_SOURCES = \
	gateway/cli/account.c \
	gateway/cli/balance.c \
	gateway/cli/call.c gateway/cli/call.h \
	gateway/cli/cancel.c \
	gateway/cli/channels.c \
	gateway/cli/cli.c gateway/cli/cli.h \
	gateway/cli/commands.def gateway/cli/commands.h \
	gateway/cli/hash_password.c \
	gateway/cli/inbound.c \
	gateway/cli/optout.c \
	gateway/cli/ledger.c \
	gateway/cli/message.c gateway/cli/message.h \
	gateway/cli/review.c \
	gateway/cli/send.c \
	gateway/cli/sluice.c \
	gateway/cli/status.c \
	gateway/cli/story.c gateway/cli/story.h \
	gateway/cli/trace.c \
	gateway/cli/words.c gateway/cli/words.h
sluice_LDADD = libgateway.a librouting.a $(JANSSON_LIBS) $(SODIUM_LIBS) $(LIBEVENT_LIBS)
MAN_SOURCES += gateway/sluiced.8.scd gateway/cli/sluice.1.scd

# `sluice demo`.
sluice_SOURCES += \
	gateway/cli/demo.c \
	gateway/cli/demo_api.c gateway/cli/demo_api.h \
	gateway/cli/demo_audience.c gateway/cli/demo_audience.h \
	gateway/cli/demo_child.c gateway/cli/demo_child.h \
	gateway/cli/demo_look.c gateway/cli/demo_look.h \
	gateway/cli/demo_mailing.c gateway/cli/demo_mailing.h \
	gateway/cli/demo_progress.c gateway/cli/demo_progress.h \
	gateway/cli/demo_result.c gateway/cli/demo_result.h \
	gateway/cli/demo_stage.c gateway/cli/demo_stage.h

EXTRA_DIST += gateway/README.md gateway/channels/README.md
