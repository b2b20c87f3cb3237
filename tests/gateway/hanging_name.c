#include "tests/gateway/hanging_name.h"

#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

enum { AT_MOST_S = 10 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static size_t hanging;
static bool go;

static void hang(void)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += AT_MOST_S;
    pthread_mutex_lock(&mutex);
    hanging++;
    while (!go && pthread_cond_timedwait(&changed, &mutex, &until) == 0)
        ;
    hanging--;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                struct addrinfo **out)
{
    typedef int function(const char *, const char *, const struct addrinfo *,
                         struct addrinfo **);
    function *real;

    if (host != NULL && strncmp(host, "hangs", 5) == 0 &&
        !(hints != NULL && hints->ai_flags & AI_NUMERICHOST)) {
        hang();
        return EAI_AGAIN;
    }
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(host, service, hints, out);
}

size_t hanging_name_count(void)
{
    size_t count;

    pthread_mutex_lock(&mutex);
    count = hanging;
    pthread_mutex_unlock(&mutex);
    return count;
}

void hanging_name_let_go(void)
{
    pthread_mutex_lock(&mutex);
    go = true;
    pthread_cond_broadcast(&changed);
    while (hanging > 0)
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
}
