/*
 * What the parts of the receipts share: receipts_letter.c holds what a receipt says,
 * receipts_tlvs.c what the account's dictionary adds, receipts_notices.c the notifications
 * that come before it.  Only they include this.
 */
#ifndef GATEWAY_RECEIPTS_PIECES_H
#define GATEWAY_RECEIPTS_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/public_id.h"
#include "gateway/receipts.h"
#include "smpp/pdu.h"
#include "smpp/receipt.h"

struct config_account;

/* What a deliver_sm points into while it is sent. */
struct letter {
    struct smpp_pdu pdu;
    char id[PUBLIC_ID_SIZE];
    char error[SMPP_RECEIPT_ERROR_MAX_SIZE];
    char text[SMPP_RECEIPT_MAX_SIZE];
    uint8_t state;
    uint8_t network_error[3];
    uint8_t reference[2];
    uint8_t own[STORE_RECEIPT_BYTES]; /* what the account's dictionary adds */
};

/*
 * Of an ended message: the row of the receipt for one of its submissions; false: none is
 * wanted.
 */
bool receipts_write_row(const struct gateway *gateway, const struct live *live,
                        const struct body *body, struct store_receipt *row);

/* Of a message that lives: a notification in the form of such a row, with this code of the
 * operator's. */
void receipts_write_notice(const struct gateway *gateway, const struct live *live,
                           const struct body *body, uint32_t code,
                           struct store_receipt *row);

/* The deliver_sm of either; `bytes` of the row must outlive the letter. */
void receipts_write_letter(const struct gateway *gateway, uint32_t account,
                           const uint8_t *bytes, size_t size, struct letter *letter);

/* --- what the dictionary adds (receipts_tlvs.c) --------------------------------------- */

/* The facts the account's dictionary asks for; returns their octets, at most `room`. */
size_t receipts_pack_facts(const struct gateway *gateway, const struct live *live,
                           const struct body *body, uint8_t *out, size_t room);

/* And into the letter, as the dictionary is now. */
void receipts_write_facts(const struct config_account *account, const uint8_t *facts,
                          size_t size, struct letter *letter);

#endif
