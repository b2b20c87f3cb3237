#include "gateway/cli/demo_result.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "gateway/cli/commands.h"

static void print_title(const struct demo_look *look, const char *title)
{
    printf("\n%s%s%s\n\n", look->strong, title, look->plain);
}

/* ---- One message ---------------------------------------------------------- */

/* As the user would ask for it. */
static bool tell_trace(const struct demo_stage *stage, const char *id)
{
    char name[] = "sluice trace";
    char option[] = "--state-dir";
    char folder[PATH_MAX];
    char message[DEMO_ID_SIZE];
    char *arguments[] = {name, option, folder, message, NULL};

    snprintf(folder, sizeof(folder), "%s", stage->folder);
    snprintf(message, sizeof(message), "%s", id);
    return trace_command(4, arguments) == CLI_OK;
}

/* ---- The funnel ----------------------------------------------------------- */

static void tell_line(const struct demo_line *line, int64_t price_micro)
{
    char price[MONEY_TEXT_SIZE];
    char charged[MONEY_TEXT_SIZE];

    printf("  %-18s %8s %8" PRId64 " %8" PRId64 " %8" PRId64 " %8" PRId64 " %10s\n",
           line->label, demo_look_money(price_micro, price), line->attempts,
           line->delivered, line->failed, line->attempts - line->delivered - line->failed,
           demo_look_money(line->charged_micro, charged));
}

static void tell_funnel(const struct demo_look *look, const struct demo_moment *end,
                        const struct demo_message *prices)
{
    char charged[MONEY_TEXT_SIZE];

    printf("%s  %-18s %8s %8s %8s %8s %8s %10s%s\n", look->faint, "channel", "price",
           "asked", "reached", "refused", "silent", "charged", look->plain);
    for (int i = 0; i < DEMO_CHANNELS; i++)
        tell_line(&end->lines[i], prices->price_micro[i]);
    printf("%s  %-18s %8s %8" PRId64 " %8" PRId64 " %8s %8s %10s %s%s\n", look->strong,
           "in all", "", end->statement.messages, end->statement.delivered, "", "",
           demo_look_money(end->statement.charged_micro, charged), end->statement.currency,
           look->plain);
}

/* ---- The statement -------------------------------------------------------- */

static void tell_amount(const char *what, int64_t amount_micro, const char *currency,
                        const char *remark)
{
    char amount[MONEY_TEXT_SIZE];

    printf("  %-30s %12s %s%s\n", what, demo_look_money(amount_micro, amount), currency,
           remark);
}

static void tell_statement(const struct demo_look *look,
                           const struct demo_statement *statement)
{
    char alone[64];
    char share[48] = "";

    snprintf(alone, sizeof(alone), "%" PRId64 " messages by SMS alone",
             statement->messages);
    if (statement->baseline_micro > 0)
        snprintf(share, sizeof(share), "   (%" PRId64 " %% of the baseline)",
                 statement->saved_micro * 100 / statement->baseline_micro);
    tell_amount(alone, statement->baseline_micro, statement->currency, "   (the baseline)");
    tell_amount("charged", statement->charged_micro, statement->currency, "");
    if (statement->refunded_micro != 0)
        tell_amount("refunded", statement->refunded_micro, statement->currency, "");
    fputs(look->good, stdout);
    tell_amount("saved", statement->saved_micro, statement->currency, share);
    fputs(look->plain, stdout);
}

/* The same for one contact, so that it can be followed by hand. */
static void tell_arithmetic(const struct demo_moment *end,
                            const struct demo_message *message)
{
    const char *label = message->reached_by;
    char sms[MONEY_TEXT_SIZE];
    char baseline[MONEY_TEXT_SIZE];
    char charged[MONEY_TEXT_SIZE];
    char saved[MONEY_TEXT_SIZE];

    for (int i = 0; i < DEMO_CHANNELS; i++)
        if (strcmp(message->reached_by, demo_channel_name(i)) == 0)
            label = end->lines[i].label;
    demo_look_money(message->price_micro[DEMO_OPERATOR], sms);
    demo_look_money(message->baseline_micro, baseline);
    demo_look_money(message->charged_micro, charged);
    demo_look_money(message->baseline_micro - message->charged_micro, saved);
    printf("\n  One contact of these, %s, whom \"%s\" reached:\n"
           "    SMS alone    %" PRId64 " part x %s = %s\n"
           "    charged      1 message by %s = %s\n"
           "    saved        %s - %s = %s %s\n",
           message->to, label, message->parts, sms, baseline, label, charged, baseline,
           charged, saved, end->statement.currency);
}

/* ---- Whether it adds up --------------------------------------------------- */

static bool fault(const char *sentence, ...) __attribute__((format(printf, 1, 2)));

static bool fault(const char *sentence, ...)
{
    va_list values;

    fputs("sluice demo: ", stderr);
    va_start(values, sentence);
    vfprintf(stderr, sentence, values);
    va_end(values);
    fputc('\n', stderr);
    return false;
}

static bool counts_agree(const struct demo_moment *end)
{
    int64_t contacts = demo_audience_size();

    if (end->statement.messages != contacts)
        return fault("%" PRId64 " contacts, but %" PRId64 " messages in the statement",
                     contacts, end->statement.messages);
    if (end->statement.ended != contacts)
        return fault("%" PRId64 " contacts, but %" PRId64 " messages have ended", contacts,
                     end->statement.ended);
    if (end->receipts != contacts)
        return fault("%" PRId64 " contacts, but %" PRId64 " receipts", contacts,
                     end->receipts);
    return true;
}

static bool sums_agree(const struct demo_moment *end, const struct demo_message *message)
{
    const struct demo_statement *statement = &end->statement;
    int64_t charged_micro = 0;
    int64_t parts_micro = 0;

    for (int i = 0; i < DEMO_CHANNELS; i++)
        charged_micro += end->lines[i].charged_micro;
    if (charged_micro != statement->charged_micro)
        return fault("the channels' charges are not the statement's");
    if (statement->saved_micro !=
        statement->baseline_micro - statement->charged_micro + statement->refunded_micro)
        return fault("saved is not baseline - charged + refunded");
    if (!money_multiply(message->price_micro[DEMO_OPERATOR], (uint32_t)message->parts,
                        &parts_micro) ||
        parts_micro != message->baseline_micro)
        return fault("the baseline of %s is not its parts times the price of SMS",
                     message->to);
    return true;
}

static bool ledger_verifies(const struct demo_ledger *ledger)
{
    return ledger->ok || fault("the ledger does not verify: %" PRId64
                               " mismatches (sluice ledger verify names them)",
                               ledger->mismatches);
}

bool demo_result_tell(const struct demo_stage *stage, const struct demo_look *look,
                      const struct demo_moment *end, const struct demo_examples *examples)
{
    struct demo_message message;
    struct demo_ledger ledger;
    bool right;

    print_title(look, "One message, from beginning to end");
    fflush(stdout);
    if (!tell_trace(stage, examples->fallback_id) ||
        !demo_api_message(stage, examples->saved_id, &message) ||
        !demo_api_ledger(stage, &ledger))
        return false;
    print_title(look, "What became of the mailing");
    tell_funnel(look, end, &message);
    print_title(look, "The sender's statement");
    tell_statement(look, &end->statement);
    tell_arithmetic(end, &message);
    fflush(stdout);

    right = counts_agree(end) && sums_agree(end, &message) && ledger_verifies(&ledger);
    if (right)
        printf("\n  %" PRId64 " receipts for %" PRId64 " contacts; the ledger verifies:\n"
               "  %" PRId64 " postings, debits equal credits.\n",
               end->receipts, end->statement.messages, ledger.postings);
    return right;
}
