/*
 * What the parts of the receipts share: receipts.c holds the outboxes, what is sent from
 * them and the answers, receipts_letter.c what a receipt says.  Only they include this.
 */
#ifndef GATEWAY_RECEIPTS_PIECES_H
#define GATEWAY_RECEIPTS_PIECES_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/public_id.h"
#include "gateway/receipts.h"
#include "smpp/pdu.h"
#include "smpp/receipt.h"

struct body;
struct gateway;

/* What a deliver_sm points into while it is sent. */
struct letter {
    struct smpp_pdu pdu;
    char id[PUBLIC_ID_SIZE];
    char error[3];
    char text[SMPP_RECEIPT_MAX_SIZE];
    uint8_t state;
    uint8_t network_error[3];
    uint8_t reference[2];
};

/*
 * Of an ended message: the row of the receipt for one of its submissions; false: none is
 * wanted.
 */
bool receipts_write_row(const struct gateway *gateway, const struct live *live,
                        const struct body *body, struct store_receipt *row);

/* The deliver_sm of a receipt; `bytes` of its row must outlive the letter. */
void receipts_write_letter(const struct gateway *gateway, uint32_t account, uint64_t id,
                           const uint8_t *bytes, struct letter *letter);

#endif
