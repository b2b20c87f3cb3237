/*
 * sluice status: one page, what needs attention first.
 */
#include <stdio.h>

#include "gateway/cli/commands.h"
#include "gateway/cli/words.h"

static void print_attention(const struct json_value *status)
{
    const struct json_value *sentence;
    size_t count = 0;

    for (; (sentence = cli_element(status, "attention", count)) != NULL; count++)
        printf("%s %s\n", count == 0 ? "ATTENTION " : "          ", json_text(sentence));
    if (count == 0)
        printf("attention  nothing\n");
}

static void print_channel(const struct json_value *channel)
{
    printf("  %-20s %-4s %-9s  queued %lld, open %lld of %lld\n",
           cli_text(channel, "channel"), cli_text(channel, "kind"),
           cli_claim(channel, "suspended") ? "suspended"
           : cli_claim(channel, "up")      ? "up"
                                           : "DOWN",
           (long long)cli_number(channel, "queued"), (long long)cli_number(channel, "open"),
           (long long)cli_number(channel, "capacity"));
}

static void print_account(const struct json_value *account, int64_t now_ms)
{
    int64_t oldest_ms = cli_time_ms(account, "oldest_receipt_at");
    char age[CLI_SPAN_SIZE];

    printf("  %-20s sessions %lld, available %s %s, held %s, receipts waiting %lld",
           cli_text(account, "account"), (long long)cli_number(account, "sessions"),
           cli_text(account, "available"), cli_text(account, "currency"),
           cli_text(account, "held"), (long long)cli_number(account, "receipts_waiting"));
    if (oldest_ms > 0)
        printf(" (oldest %s)", cli_span(now_ms - oldest_ms, age));
    printf("\n");
}

static void print_numbers(const struct json_value *status)
{
    printf("messages   live %lld, queued %lld, accepted %lld, refused %lld\n",
           (long long)cli_number(status, "messages.live"),
           (long long)cli_number(status, "messages.queued"),
           (long long)cli_number(status, "messages.accepted"),
           (long long)cli_number(status, "messages.refused"));
    printf("ended      delivered %lld, accepted %lld, undeliverable %lld, expired %lld,"
           " rejected %lld, unknown %lld\n",
           (long long)cli_number(status, "messages.ended.delivered"),
           (long long)cli_number(status, "messages.ended.accepted"),
           (long long)cli_number(status, "messages.ended.undeliverable"),
           (long long)cli_number(status, "messages.ended.expired"),
           (long long)cli_number(status, "messages.ended.rejected"),
           (long long)cli_number(status, "messages.ended.unknown"));
    printf("reports    received %lld, parked %lld, unmatched %lld\n",
           (long long)cli_number(status, "reports.received"),
           (long long)cli_number(status, "reports.parked"),
           (long long)cli_number(status, "reports.unmatched"));
    printf("receipts   made %lld, acknowledged %lld, refused %lld, waiting %lld, dropped "
           "%lld\n",
           (long long)cli_number(status, "receipts.made"),
           (long long)cli_number(status, "receipts.acknowledged"),
           (long long)cli_number(status, "receipts.refused"),
           (long long)cli_number(status, "receipts.waiting"),
           (long long)cli_number(status, "receipts.dropped"));
    printf(
        "store      commits %lld, operations %lld, waiting %lld, longest commit %.1f ms\n",
        (long long)cli_number(status, "store.commits"),
        (long long)cli_number(status, "store.operations"),
        (long long)cli_number(status, "store.waiting_operations"),
        (double)cli_number(status, "store.longest_commit_us") / 1000);
}

static void print_status(const struct json_value *status)
{
    const struct json_value *row;
    char uptime[CLI_SPAN_SIZE];

    printf("sluiced    %s, %s, up %s, state in %s\n", cli_text(status, "version"),
           cli_claim(status, "ready") ? "ready" : "NOT READY",
           cli_span(cli_number(status, "uptime") * 1000, uptime),
           cli_text(status, "store.folder"));
    print_attention(status);
    print_numbers(status);
    printf("channels\n");
    for (size_t i = 0; (row = cli_element(status, "channels", i)) != NULL; i++)
        print_channel(row);
    printf("accounts\n");
    for (size_t i = 0; (row = cli_element(status, "accounts", i)) != NULL; i++)
        print_account(row, cli_time_ms(status, "now"));
}

int status_command(int argc, char **argv)
{
    const struct cli_grammar grammar = {
        .doc =
            "The state of things on one page: what needs attention first. Counts are since"
            " the start of the daemon.",
    };
    struct cli_words words;

    cli_words_read(&grammar, argc, argv, &words);
    return cli_words_show(&words, "/v1/status", print_status);
}
