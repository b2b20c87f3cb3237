#include "gateway/cli/demo_look.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* What the widest line that is drawn over takes. */
enum { COLUMNS = 78 };

static bool is_set(const char *variable)
{
    const char *value = getenv(variable);

    return value != NULL && *value != '\0';
}

/* Lines that wrap cannot be drawn over; a width of 0 is one that nobody told. */
static bool is_wide_enough(void)
{
    struct winsize size = {0};

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 ||
           size.ws_col >= COLUMNS;
}

void demo_look_at_stdout(struct demo_look *look)
{
    static const struct demo_look plain = {false, false, "", "", "", "", "", "#", "-", " "};
    const char *terminal = getenv("TERM");

    *look = plain;
    if (!isatty(STDOUT_FILENO))
        return;
    look->is_terminal = true;
    if (terminal == NULL || strcmp(terminal, "dumb") == 0)
        return;
    look->redraws = is_wide_enough();
    if (!is_set("NO_COLOR")) {
        look->strong = "\033[1m";
        look->faint = "\033[2m";
        look->good = "\033[1;32m";
        look->bad = "\033[1;31m";
        look->plain = "\033[0m";
    }
    setlocale(LC_CTYPE, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0) {
        look->full = "\u2588";
        look->half = "\u2592";
        look->none = "\u00b7";
    }
}

const char *demo_look_money(int64_t amount_micro, char out[MONEY_TEXT_SIZE])
{
    money_format(amount_micro, out);
    if (amount_micro % 1000 == 0)
        out[strlen(out) - 3] = '\0';
    return out;
}
