/*
 * What an operator's receipt says about a message: its words and errors as the link's own
 * sections have them, else as SMPP does.
 */
#include "gateway/channels/link_pieces.h"

#include <string.h>

#include "gateway/config.h"
#include "gateway/profile.h"
#include "routing/code.h"
#include "routing/delivery.h"
#include "smpp/receipt.h"

/* UNKNOWN is news, not a failure: the final word may still come, or the deadline. */
static const struct {
    enum attempt_event event;
    enum reason reason;
} states[] = {
    [SMPP_STATE_SCHEDULED] = {ATTEMPT_EV_REPORT_ACCEPTED,  REASON_NONE       },
    [SMPP_STATE_ENROUTE] = {ATTEMPT_EV_REPORT_ACCEPTED,  REASON_NONE       },
    [SMPP_STATE_DELIVERED] = {ATTEMPT_EV_REPORT_DELIVERED, REASON_NONE       },
    [SMPP_STATE_EXPIRED] = {ATTEMPT_EV_REPORT_EXPIRED,   REASON_EXPIRED    },
    [SMPP_STATE_DELETED] = {ATTEMPT_EV_REPORT_FAILED,    REASON_UNREACHABLE},
    [SMPP_STATE_UNDELIVERABLE] = {ATTEMPT_EV_REPORT_FAILED,    REASON_UNREACHABLE},
    [SMPP_STATE_ACCEPTED] = {ATTEMPT_EV_REPORT_ACCEPTED,  REASON_NONE       },
    [SMPP_STATE_UNKNOWN] = {ATTEMPT_EV_REPORT_ACCEPTED,  REASON_NONE       },
    [SMPP_STATE_REJECTED] = {ATTEMPT_EV_REPORT_FAILED,    REASON_BLOCKED    },
    [SMPP_STATE_SKIPPED] = {ATTEMPT_EV_REPORT_FAILED,    REASON_UNREACHABLE},
};

/* As profiles say it: the same words in both places. */
static const struct {
    enum attempt_event event;
    enum reason reason;
} said[] = {
    [PROFILE_SENT] = {ATTEMPT_EV_REPORT_ACCEPTED,  REASON_NONE       },
    [PROFILE_DELIVERED] = {ATTEMPT_EV_REPORT_DELIVERED, REASON_NONE       },
    [PROFILE_READ] = {ATTEMPT_EV_REPORT_READ,      REASON_NONE       },
    [PROFILE_FAILED] = {ATTEMPT_EV_REPORT_FAILED,    REASON_UNREACHABLE},
    [PROFILE_EXPIRED] = {ATTEMPT_EV_REPORT_EXPIRED,   REASON_EXPIRED    },
};

static bool equals_ignoring_case(struct smpp_octets view, const char *word)
{
    uint32_t size = (uint32_t)strlen(word);

    for (uint32_t i = 0; i < size && i < view.size; i++)
        if ((view.data[i] | 0x20) != ((uint8_t)word[i] | 0x20))
            return false;
    return view.size == size;
}

static bool read_word(const struct config_link *link, struct smpp_octets word,
                      struct report_news *news)
{
    for (size_t i = 0; word.size > 0 && i < link->report_word_count; i++) {
        const struct config_report_word *row = &link->report_words[i];

        if (!equals_ignoring_case(word, row->word))
            continue;
        news->event = (uint8_t)said[row->is].event;
        news->reason = row->reason != REASON_NONE ? row->reason : said[row->is].reason;
        return true;
    }
    return false;
}

static bool is_failure(uint8_t event)
{
    return event == ATTEMPT_EV_REPORT_FAILED || event == ATTEMPT_EV_REPORT_EXPIRED;
}

/* Numbers are equal with zeros before them and without. */
static struct smpp_octets without_zeros(struct smpp_octets error)
{
    while (error.size > 1 && error.data[0] == '0') {
        error.data++;
        error.size--;
    }
    return error;
}

static void read_error(const struct config_link *link, struct smpp_octets error,
                       struct report_news *news)
{
    error = without_zeros(error);
    for (size_t i = 0; error.size > 0 && i < link->report_error_count; i++)
        if (equals_ignoring_case(error, link->report_errors[i].error))
            news->reason = link->report_errors[i].reason;
}

static uint32_t number_of(struct smpp_octets error)
{
    uint32_t code = 0;

    for (uint32_t i = 0; i < error.size && i < 9; i++) {
        if (error.data[i] < '0' || error.data[i] > '9')
            return 0;
        code = code * 10 + (uint32_t)(error.data[i] - '0');
    }
    return code;
}

void link_receipt_news(const struct config_link *link, const struct smpp_receipt *receipt,
                       struct report_news *news)
{
    news->event = ATTEMPT_EV_REPORT_ACCEPTED;
    news->reason = REASON_NONE;
    news->code = code_make(number_of(receipt->error), receipt->network_type);
    if (receipt->is_intermediate)
        return;
    if (!read_word(link, receipt->word, news) && receipt->state >= 0) {
        news->event = (uint8_t)states[receipt->state].event;
        news->reason = states[receipt->state].reason;
    }
    if (is_failure(news->event))
        read_error(link, receipt->error, news);
}
