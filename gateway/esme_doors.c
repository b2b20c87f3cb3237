/*
 * The listeners of the ESMEs.
 */
#include "gateway/esme_pieces.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config.h"
#include "gateway/gateway.h"
#include "gateway/log.h"
#include "gateway/tls.h"
#include "smpp/listener.h"

enum {
    RESUME_MS = 1000, /* without descriptors */
    ACCEPTS_PER_TURN = 64,
    BACKLOG = 4096,
};

struct door *esme_doors_new(const struct gateway *gateway)
{
    struct door *doors = calloc(gateway->config->listen_count + 1, sizeof(*doors));

    if (doors == NULL)
        abort();
    return doors;
}

void esme_doors_free(struct esmes *esmes)
{
    for (size_t i = 0; i < esmes->door_count; i++) {
        clock_disarm(esmes->gateway->clock, &esmes->doors[i].resume);
        smpp_listener_free(esmes->doors[i].listener);
    }
    free(esmes->doors);
}

void esme_doors_shut(struct esmes *esmes)
{
    for (size_t i = 0; i < esmes->door_count; i++) {
        clock_disarm(esmes->gateway->clock, &esmes->doors[i].resume);
        smpp_listener_pause(esmes->doors[i].listener);
    }
}

static void on_accept(void *owner, int fd, const struct sockaddr *address,
                      unsigned address_size)
{
    esme_accept(owner, fd, address, address_size);
}

static void resume(void *owner)
{
    struct door *door = owner;

    smpp_listener_resume(door->listener);
}

static void on_exhausted(void *owner, int error)
{
    struct door *door = owner;

    log_warning("listener.exhausted", "listen=%s error=\"%s\"", door->config->name,
                strerror(error));
    clock_arm_in(door->gateway->clock, &door->resume, RESUME_MS, resume, door);
}

static const struct smpp_listener_ops listener_ops = {on_accept, on_exhausted};

bool esmes_listen(struct gateway *gateway, char *error, size_t error_size)
{
    struct esmes *esmes = gateway->esmes;

    for (size_t i = 0; i < gateway->config->listen_count; i++) {
        const struct config_listen *config = &gateway->config->listens[i];
        struct door *door = &esmes->doors[i];
        char address[300];
        const struct smpp_listener_config listener = {
            .address = address,
            .backlog = BACKLOG,
            .accepts_per_turn = ACCEPTS_PER_TURN,
            .connections_max = config->max_connections,
        };
        bool six = strchr(config->address.host, ':') != NULL;

        snprintf(address, sizeof(address), six ? "[%s]:%u" : "%s:%u", config->address.host,
                 config->address.port);
        door->gateway = gateway;
        door->config = config;
        door->transport = tls_of_listen(gateway->tls, i);
        if (door->transport == NULL)
            door->transport = gateway->transport;
        door->listener = smpp_listener_new(gateway->base, &listener, &listener_ops, door,
                                           error, error_size);
        if (door->listener == NULL)
            return false;
        esmes->door_count++;
        log_info("listener.open", "listen=%s address=%s port=%u tls=%s", config->name,
                 address, smpp_listener_port(door->listener),
                 config->tls.on ? "yes" : "no");
    }
    return true;
}

uint16_t esmes_port(const struct gateway *gateway)
{
    return gateway->esmes->door_count > 0
               ? smpp_listener_port(gateway->esmes->doors[0].listener)
               : 0;
}
