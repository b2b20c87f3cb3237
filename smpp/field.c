#include "smpp/field.h"

#include <stddef.h>

#include "smpp/command.h"
#include "smpp/pdu.h"

/* clang-format off */
#define COMMAND(id, name) static const struct smpp_field name[] = {
#define FIELD(kind, member, limit, status)                                               \
    {SMPP_FIELD_##kind, limit, offsetof(struct smpp_pdu, member), status},
#define END {SMPP_FIELD_END, 0, 0, 0}};
#include "smpp/command.def"
#undef COMMAND
#undef FIELD
#undef END
/* clang-format on */

const struct smpp_field *smpp_fields_of(uint32_t command)
{
    switch (command) {
#define COMMAND(id, name)                                                                  \
    case id:                                                                               \
        return name;
#define FIELD(kind, member, limit, status)
#define END
#include "smpp/command.def"
#undef COMMAND
#undef FIELD
#undef END
    }
    return NULL;
}
