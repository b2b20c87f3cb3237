#include "gateway/cli/demo_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { POLL_MS = 20, LOG_LINES = 10, LOG_TAIL_BYTES = 8192 };

/* In the child; never returns. */
static void become(const char *program, const char *const *arguments, int log_fd,
                   pid_t parent)
{
    sigset_t none;
    int null_fd = open("/dev/null", O_RDONLY);

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    if (dup2(null_fd, STDIN_FILENO) >= 0 && dup2(log_fd, STDOUT_FILENO) >= 0 &&
        dup2(log_fd, STDERR_FILENO) >= 0)
        execv(program, (char *const *)arguments);
    dprintf(log_fd, "%s: %s\n", program, strerror(errno));
    _exit(127);
}

bool demo_child_start(struct demo_child *child, const char *program,
                      const char *const *arguments, const char *folder)
{
    pid_t parent = getpid();
    int log_fd;

    child->name = arguments[0];
    if (snprintf(child->log_path, sizeof(child->log_path), "%s/%s.log", folder,
                 child->name) >= (int)sizeof(child->log_path)) {
        errno = ENAMETOOLONG;
        return false;
    }
    log_fd = open(child->log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_fd < 0)
        return false;
    child->pid = fork();
    if (child->pid == 0)
        become(program, arguments, log_fd, parent);
    close(log_fd);
    if (child->pid > 0)
        return true;
    child->pid = 0;
    return false;
}

bool demo_child_runs(struct demo_child *child)
{
    if (child->pid > 0 && waitpid(child->pid, &child->status, WNOHANG) == child->pid)
        child->pid = 0;
    return child->pid > 0;
}

void demo_child_end(struct demo_child *child, int grace_ms)
{
    const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};

    if (!demo_child_runs(child))
        return;
    kill(child->pid, SIGTERM);
    for (int waited_ms = 0; waited_ms < grace_ms && demo_child_runs(child);
         waited_ms += POLL_MS)
        nanosleep(&pause, NULL);
    if (!demo_child_runs(child))
        return;
    kill(child->pid, SIGKILL);
    waitpid(child->pid, &child->status, 0);
    child->pid = 0;
}

void demo_child_how_it_ended(const struct demo_child *child, char *out, size_t room)
{
    if (WIFSIGNALED(child->status))
        snprintf(out, room, "signal %d (%s)", WTERMSIG(child->status),
                 strsignal(WTERMSIG(child->status)));
    else
        snprintf(out, room, "status %d", WEXITSTATUS(child->status));
}

void demo_child_print_log(const struct demo_child *child, FILE *out)
{
    char text[LOG_TAIL_BYTES + 1];
    FILE *log = fopen(child->log_path, "r");
    char *line = text;
    size_t size = 0;
    int lines = 0;

    if (log != NULL) {
        if (fseek(log, -LOG_TAIL_BYTES, SEEK_END) != 0)
            rewind(log);
        size = fread(text, 1, LOG_TAIL_BYTES, log);
        fclose(log);
    }
    while (size > 0 && text[size - 1] == '\n')
        size--;
    text[size] = '\0';
    if (size == 0) {
        fprintf(out, "    (%s said nothing)\n", child->name);
        return;
    }
    for (char *at = text + size; at > text; at--)
        if (at[-1] == '\n' && ++lines == LOG_LINES) {
            line = at;
            break;
        }
    for (char *saved, *one = strtok_r(line, "\n", &saved); one != NULL;
         one = strtok_r(NULL, "\n", &saved))
        fprintf(out, "    %s\n", one);
}
