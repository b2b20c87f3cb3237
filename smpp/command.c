#include "smpp/command.h"

#include <stddef.h>

const char *smpp_command_name(uint32_t command)
{
    switch (command) {
#define COMMAND(id, name)                                                                  \
    case id:                                                                               \
        return #name;
#define FIELD(kind, member, limit, status)
#define END
#include "smpp/command.def"
#undef COMMAND
#undef FIELD
#undef END
    }
    return NULL;
}

const char *smpp_status_name(uint32_t status)
{
    switch (status) {
#define STATUS(value, name, meaning)                                                       \
    case value:                                                                            \
        return #name;
#include "smpp/status.def"
#undef STATUS
    }
    return status >= 0x400 && status <= 0x4FF ? "vendor" : "reserved";
}
