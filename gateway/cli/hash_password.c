/*
 * sluice hash-password: a password as it stands in the configuration.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "gateway/accounts.h"
#include "gateway/cli/commands.h"

static error_t parse(int key, char *value, struct argp_state *state)
{
    (void)value;
    if (key != ARGP_KEY_ARG)
        return ARGP_ERR_UNKNOWN;
    /* Who lists the processes would read it. */
    argp_error(state, "the password is not given on the command line");
    return EINVAL;
}

/* A line, without its end; false: there is none, or it is longer than a password. */
static bool read_line(char *out, size_t room)
{
    size_t size;

    if (fgets(out, (int)room, stdin) == NULL)
        return false;
    size = strcspn(out, "\r\n");
    if (out[size] == '\0' && !feof(stdin))
        return false;
    out[size] = '\0';
    return size > 0;
}

/* The same from a terminal, which does not show it. */
static bool read_unseen(const char *prompt, char *out, size_t room)
{
    struct termios before, unseen;
    bool is_terminal = tcgetattr(STDIN_FILENO, &before) == 0;
    bool done;

    if (!is_terminal)
        return read_line(out, room);
    fputs(prompt, stderr);
    unseen = before;
    unseen.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &unseen);
    done = read_line(out, room);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fputc('\n', stderr);
    return done;
}

int hash_password_command(int argc, char **argv)
{
    const struct argp argp = {
        .parser = parse,
        .doc = "Ask for a password, or read it from the first line of standard input, and"
               " print its argon2id hash for password_hash of an account, or the file that"
               " password_file names.",
    };
    char password[ACCOUNTS_PASSWORD_MAX + 2], again[ACCOUNTS_PASSWORD_MAX + 2];
    char hash[ACCOUNTS_HASH_SIZE];
    int status = CLI_REFUSED;

    argp_parse(&argp, argc, argv, 0, NULL, NULL);
    if (!read_unseen("password: ", password, sizeof(password)))
        fprintf(stderr, "sluice: a password has 1 to %d octets\n", ACCOUNTS_PASSWORD_MAX);
    else if (isatty(STDIN_FILENO) && (!read_unseen("again: ", again, sizeof(again)) ||
                                      strcmp(password, again) != 0))
        fprintf(stderr, "sluice: the two are not the same\n");
    else if (!accounts_hash_password(password, hash))
        fprintf(stderr, "sluice: there is not enough memory to hash it\n");
    else
        status = printf("%s\n", hash) > 0 ? CLI_OK : CLI_REFUSED;
    explicit_bzero(password, sizeof(password));
    explicit_bzero(again, sizeof(again));
    return status;
}
