#include "gateway/scrapes.h"

#include <stdlib.h>

#include <event2/buffer.h>

#include "gateway/api_pieces.h"
#include "gateway/clock.h"
#include "gateway/metrics.h"

enum { PER_TURN = 8 };

struct scrape {
    struct scrape *next;
    uint64_t request;
    bool with_accounts;
};

struct scrapes {
    struct gateway *gateway;
    struct clock_timer timer; /* armed while anybody waits */
    struct scrape *first;
    struct scrape *last;
};

struct scrapes *scrapes_new(struct gateway *gateway)
{
    struct scrapes *scrapes = calloc(1, sizeof(*scrapes));

    if (scrapes == NULL)
        abort();
    scrapes->gateway = gateway;
    return scrapes;
}

static struct scrape *take_first(struct scrapes *scrapes)
{
    struct scrape *scrape = scrapes->first;

    if (scrape != NULL)
        scrapes->first = scrape->next;
    return scrape;
}

void scrapes_free(struct scrapes *scrapes)
{
    if (scrapes == NULL)
        return;
    clock_disarm(scrapes->gateway->clock, &scrapes->timer);
    for (struct scrape *scrape; (scrape = take_first(scrapes)) != NULL;)
        free(scrape);
    free(scrapes);
}

static struct evbuffer *page_new(const struct gateway *gateway, bool with_accounts)
{
    struct evbuffer *page = evbuffer_new();

    if (page == NULL)
        abort();
    metrics_write(gateway, with_accounts, page);
    return page;
}

/* Those in front that want the same page; who wants the other one is first next time. */
static void on_turn(void *owner)
{
    struct scrapes *scrapes = owner;
    struct gateway *gateway = scrapes->gateway;
    bool with_accounts = scrapes->first->with_accounts;
    struct evbuffer *page = page_new(gateway, with_accounts);
    size_t size = evbuffer_get_length(page);
    const void *octets = evbuffer_pullup(page, -1);

    for (int i = 0; i < PER_TURN && scrapes->first != NULL &&
                    scrapes->first->with_accounts == with_accounts;
         i++) {
        struct scrape *scrape = take_first(scrapes);

        api_answer_octets(gateway, scrape->request, 200, "text/plain; version=0.0.4",
                          octets, size);
        free(scrape);
    }
    evbuffer_free(page);
    if (scrapes->first != NULL && !clock_is_armed(&scrapes->timer))
        clock_arm_in(gateway->clock, &scrapes->timer, 0, on_turn, scrapes);
}

void scrapes_add(struct scrapes *scrapes, uint64_t request, bool with_accounts)
{
    struct scrape *scrape = malloc(sizeof(*scrape));

    if (scrape == NULL)
        abort();
    *scrape = (struct scrape){.request = request, .with_accounts = with_accounts};
    if (scrapes->first == NULL)
        scrapes->first = scrape;
    else
        scrapes->last->next = scrape;
    scrapes->last = scrape;
    if (!clock_is_armed(&scrapes->timer))
        clock_arm_in(scrapes->gateway->clock, &scrapes->timer, 0, on_turn, scrapes);
}
