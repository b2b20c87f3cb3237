/* What may stop a step, in the order in which the answers count. */
#include "routing/gate.h"

static struct gate_verdict skip(enum reason reason)
{
    return (struct gate_verdict){.answer = GATE_SKIP, .reason = reason};
}

struct gate_verdict gate_ask(const struct gate_facts *facts)
{
    if (facts->now_ms >= facts->deadline_ms)
        return skip(REASON_EXPIRED);
    if (!facts->has_address)
        return skip(REASON_NO_ADDRESS);
    if (facts->opted_out)
        return skip(REASON_OPTED_OUT);
    if (facts->needs_text && !facts->is_text)
        return skip(REASON_CONTENT);
    if (facts->sender_refused)
        return skip(REASON_SENDER);
    if (!facts->has_price || facts->sell_micro > facts->held_micro)
        return skip(REASON_NO_PRICE);
    if (facts->sell_micro - facts->buy_micro < facts->margin_floor_micro)
        return (struct gate_verdict){
            .answer = GATE_SKIP, .reason = REASON_NO_PRICE, .under_cost = true};
    if (facts->suspended && facts->now_ms < facts->probe_at_ms)
        return skip(REASON_PROVIDER_DOWN);
    return (struct gate_verdict){.answer = GATE_GO};
}
