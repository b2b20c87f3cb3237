/*
 * A heap of timers over two clocks.  The heap keeps the due times beside the
 * pointers, so that ordering a million timers touches the heap alone.
 */
#include "gateway/clock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include <event2/event.h>

/* Timers fired in one turn of the loop; sockets get their chance between two turns. */
#define FIRE_MAX 512

/* Children per place: shallow, and the four lie in two cache lines. */
#define HEAP_WIDTH 4

#define STEP_MS  1000
#define NEVER_MS INT64_MAX

struct entry {
    int64_t due_ms;
    struct clock_timer *timer;
};

/* What was read for this turn; apart, because reading is no change to a clock. */
struct reading {
    struct timeval turn; /* libevent's own cached time: as long as it stands, so do we */
    int64_t mono_ms;
    int64_t wall_ms;
    bool in_turn; /* since clock_turn() */
};

struct clock {
    struct event *event; /* NULL on virtual time */
    struct event_base *base;
    struct reading *reading;
    int64_t event_due_ms; /* what the event is set to; NEVER_MS: it is not */
    bool firing;
    bool held;
    bool by_turns; /* clock_turn() says when one begins */

    struct entry *heap; /* from 1 */
    uint32_t used;
    uint32_t room;
    uint32_t next_order;

    int64_t offset_ms; /* wall - mono when a step was last looked for */
    struct clock_timer step_check;
    void (*stepped)(void *owner, int64_t by_ms);
    void *stepped_owner;
};

static int64_t system_us(clockid_t id)
{
    struct timespec now;

    if (clock_gettime(id, &now) != 0)
        abort();
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- Reading ------------------------------------------------------------- */

/*
 * libevent reads the time once after it has waited and keeps it until it waits
 * again.  While that reading is the same we are in the same turn.
 */
static void read_anew(const struct clock *clock)
{
    struct reading *reading = clock->reading;
    struct timeval turn;

    reading->in_turn = true;
    event_base_gettimeofday_cached(clock->base, &turn);
    if (turn.tv_usec != reading->turn.tv_usec || turn.tv_sec != reading->turn.tv_sec) {
        reading->turn = turn;
        reading->mono_ms = system_us(CLOCK_MONOTONIC) / 1000;
        reading->wall_ms = system_us(CLOCK_REALTIME) / 1000;
    }
}

/* Asked many times for each message: where it is known that this is the same turn, libevent
 * is not. */
static inline const struct reading *reading_of(const struct clock *clock)
{
    if (clock->base != NULL && !clock->held &&
        !(clock->by_turns && clock->reading->in_turn))
        read_anew(clock);
    return clock->reading;
}

void clock_turn(struct clock *clock)
{
    clock->by_turns = true;
    clock->reading->in_turn = false;
}

int64_t clock_mono_ms(const struct clock *clock)
{
    return reading_of(clock)->mono_ms;
}

int64_t clock_wall_ms(const struct clock *clock)
{
    return reading_of(clock)->wall_ms;
}

int64_t clock_precise_us(const struct clock *clock)
{
    return clock->base ? system_us(CLOCK_MONOTONIC)
                       : __atomic_load_n(&clock->reading->mono_ms, __ATOMIC_RELAXED) * 1000;
}

/* ---- The heap ------------------------------------------------------------ */

/* Orders are compared by their distance, so that the counter may wrap around. */
static bool is_before(const struct entry *a, const struct entry *b)
{
    if (a->due_ms != b->due_ms)
        return a->due_ms < b->due_ms;
    return (int32_t)(a->timer->order - b->timer->order) < 0;
}

static void heap_put(struct clock *clock, uint32_t place, struct entry entry)
{
    clock->heap[place] = entry;
    entry.timer->place = place;
}

static uint32_t parent_of(uint32_t place)
{
    return (place - 2) / HEAP_WIDTH + 1;
}

static uint32_t first_child_of(uint32_t place)
{
    return (place - 1) * HEAP_WIDTH + 2;
}

static void heap_rise(struct clock *clock, uint32_t place, struct entry entry)
{
    while (place > 1 && is_before(&entry, &clock->heap[parent_of(place)])) {
        heap_put(clock, place, clock->heap[parent_of(place)]);
        place = parent_of(place);
    }
    heap_put(clock, place, entry);
}

static void heap_sink(struct clock *clock, uint32_t place, struct entry entry)
{
    for (;;) {
        uint32_t child = first_child_of(place);
        uint32_t least = child;

        if (child > clock->used)
            break;
        for (uint32_t i = child + 1; i < child + HEAP_WIDTH && i <= clock->used; i++)
            if (is_before(&clock->heap[i], &clock->heap[least]))
                least = i;
        if (!is_before(&clock->heap[least], &entry))
            break;
        heap_put(clock, place, clock->heap[least]);
        place = least;
    }
    heap_put(clock, place, entry);
}

/* Puts `entry` where `place` is free, whichever way it has to go from there. */
static void heap_settle(struct clock *clock, uint32_t place, struct entry entry)
{
    if (place > 1 && is_before(&entry, &clock->heap[parent_of(place)]))
        heap_rise(clock, place, entry);
    else
        heap_sink(clock, place, entry);
}

static uint32_t heap_append(struct clock *clock)
{
    assert(clock->used < UINT32_MAX / (2 * HEAP_WIDTH));
    if (clock->used + 1 >= clock->room) {
        clock->room *= 2;
        clock->heap = realloc(clock->heap, clock->room * sizeof(*clock->heap));
        if (clock->heap == NULL)
            abort();
    }
    return ++clock->used;
}

static void heap_remove(struct clock *clock, uint32_t place)
{
    struct entry last = clock->heap[clock->used];

    clock->heap[place].timer->place = 0;
    clock->used--;
    if (place <= clock->used)
        heap_settle(clock, place, last);
}

/* ---- Firing -------------------------------------------------------------- */

int64_t clock_next_due_ms(const struct clock *clock)
{
    return clock->used > 0 ? clock->heap[1].due_ms : NEVER_MS;
}

/*
 * What is due at once runs when all that is ready in this turn has run, and costs no turn
 * of its own.  The event is set anew only to wake earlier.  One that wakes too early,
 * because its timer was disarmed, finds nothing due and is set to what is then the next.
 */
static void set_event(struct clock *clock, bool in_this_turn)
{
    int64_t due_ms = clock_next_due_ms(clock);
    int64_t delay_ms;
    struct timeval delay;

    if (clock->event == NULL || clock->firing || due_ms >= clock->event_due_ms)
        return;
    delay_ms = due_ms - clock_mono_ms(clock);
    if (delay_ms <= 0 && in_this_turn) {
        event_active(clock->event, EV_TIMEOUT, 0);
        clock->event_due_ms = due_ms;
        return;
    }
    if (delay_ms < 0)
        delay_ms = 0;
    delay.tv_sec = delay_ms / 1000;
    delay.tv_usec = delay_ms % 1000 * 1000;
    if (event_add(clock->event, &delay) != 0)
        abort();
    clock->event_due_ms = due_ms;
}

static void fire_first(struct clock *clock)
{
    struct clock_timer *timer = clock->heap[1].timer;

    heap_remove(clock, 1);
    timer->fire(timer->owner);
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
    struct clock *clock = arg;
    int64_t now_ms = clock_mono_ms(clock);

    (void)fd;
    (void)what;
    clock->event_due_ms = NEVER_MS;
    clock->firing = true;
    for (int i = 0; i < FIRE_MAX && clock_next_due_ms(clock) <= now_ms; i++)
        fire_first(clock);
    clock->firing = false;
    set_event(clock, false);
}

void clock_hold(struct clock *clock)
{
    (void)reading_of(clock);
    clock->held = true;
}

void clock_go_on(struct clock *clock)
{
    clock->held = false;
    /* What it was set to was counted from then. */
    clock->event_due_ms = NEVER_MS;
    set_event(clock, false);
}

/* ---- Timers -------------------------------------------------------------- */

void clock_arm(struct clock *clock, struct clock_timer *timer, int64_t due_ms,
               void (*fire)(void *owner), void *owner)
{
    /* A timer that arms itself for the past must not hold the turn it fired in. */
    if (clock->firing && due_ms <= clock->reading->mono_ms)
        due_ms = clock->reading->mono_ms + 1;

    timer->due_ms = due_ms;
    timer->order = clock->next_order++;
    timer->fire = fire;
    timer->owner = owner;
    heap_settle(clock, timer->place ? timer->place : heap_append(clock),
                (struct entry){due_ms, timer});
    set_event(clock, true);
}

void clock_arm_in(struct clock *clock, struct clock_timer *timer, int64_t delay_ms,
                  void (*fire)(void *owner), void *owner)
{
    clock_arm(clock, timer, clock_mono_ms(clock) + delay_ms, fire, owner);
}

void clock_disarm(struct clock *clock, struct clock_timer *timer)
{
    if (timer->place != 0)
        heap_remove(clock, timer->place);
}

bool clock_is_armed(const struct clock_timer *timer)
{
    return timer->place != 0;
}

uint64_t clock_timers_armed(const struct clock *clock)
{
    return clock->used - (clock_is_armed(&clock->step_check) ? 1 : 0);
}

/* ---- Steps of the wall clock --------------------------------------------- */

static void look_for_step(struct clock *clock)
{
    const struct reading *reading = reading_of(clock);
    int64_t by_ms = reading->wall_ms - reading->mono_ms - clock->offset_ms;

    if (by_ms >= -STEP_MS && by_ms <= STEP_MS)
        return;
    clock->offset_ms += by_ms;
    clock->stepped(clock->stepped_owner, by_ms);
}

static void on_step_check(void *arg)
{
    struct clock *clock = arg;

    clock_arm_in(clock, &clock->step_check, STEP_MS, on_step_check, clock);
    look_for_step(clock);
}

void clock_on_step(struct clock *clock, void (*stepped)(void *owner, int64_t by_ms),
                   void *owner)
{
    const struct reading *reading = reading_of(clock);

    clock->offset_ms = reading->wall_ms - reading->mono_ms;
    clock->stepped = stepped;
    clock->stepped_owner = owner;
    if (clock->base != NULL)
        clock_arm_in(clock, &clock->step_check, STEP_MS, on_step_check, clock);
}

/* ---- Virtual time -------------------------------------------------------- */

static void move_to(struct reading *reading, int64_t mono_ms)
{
    if (mono_ms <= reading->mono_ms)
        return;
    reading->wall_ms += mono_ms - reading->mono_ms;
    /* Another thread may be measuring. */
    __atomic_store_n(&reading->mono_ms, mono_ms, __ATOMIC_RELAXED);
}

void clock_advance(struct clock *clock, int64_t to_mono_ms)
{
    assert(clock->base == NULL);
    while (clock_next_due_ms(clock) <= to_mono_ms) {
        move_to(clock->reading, clock_next_due_ms(clock));
        fire_first(clock);
    }
    move_to(clock->reading, to_mono_ms);
}

void clock_step_wall(struct clock *clock, int64_t by_ms)
{
    assert(clock->base == NULL);
    clock->reading->wall_ms += by_ms;
    if (clock->stepped != NULL)
        look_for_step(clock);
}

/* ---- Making and freeing -------------------------------------------------- */

static struct clock *clock_make(void)
{
    struct clock *clock = calloc(1, sizeof(*clock));

    if (clock == NULL)
        abort();
    clock->room = 64;
    clock->heap = calloc(clock->room, sizeof(*clock->heap));
    clock->reading = calloc(1, sizeof(*clock->reading));
    if (clock->heap == NULL || clock->reading == NULL)
        abort();
    clock->event_due_ms = NEVER_MS;
    return clock;
}

struct clock *clock_new(struct event_base *base)
{
    struct clock *clock = clock_make();

    clock->base = base;
    clock->event = event_new(base, -1, 0, on_event, clock);
    if (clock->event == NULL)
        abort();
    return clock;
}

struct clock *clock_new_virtual(int64_t mono_ms, int64_t wall_ms)
{
    struct clock *clock = clock_make();

    clock->reading->mono_ms = mono_ms;
    clock->reading->wall_ms = wall_ms;
    return clock;
}

void clock_free(struct clock *clock)
{
    if (clock == NULL)
        return;
    if (clock->event != NULL)
        event_free(clock->event);
    free(clock->heap);
    free(clock->reading);
    free(clock);
}
