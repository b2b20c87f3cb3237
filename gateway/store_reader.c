/*
 * One job per question; its answer goes back to the loop.  What asks for one message does
 * not wait behind what reads the books: each kind has a lane and a connection of its own.
 */
#include "gateway/store_reader.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/executor.h"
#include "gateway/ids.h"
#include "gateway/log.h"
#include "gateway/store.h"
#include "gateway/store_statement.h"
#include "gateway/store_verify.h"
#include "gateway/store_walk.h"

enum { OPEN_MAX = 250 }; /* questions of a lane: less than the executor takes */

struct question {
    struct store_reader *reader;
    struct store_waiter waiter;
    struct executor_job job;
    enum executor_lane lane;
    struct question *next; /* those that are open, for store_reader_close() */
    struct question **link;
    void *owner;
    uint64_t tag;
    char error[256];

    uint64_t submission;
    void (*message_done)(void *owner, uint64_t tag, struct stored_message *stored);
    struct stored_message stored;

    uint32_t account;
    int64_t from_ms;
    int64_t to_ms;
    void (*statement_done)(void *owner, uint64_t tag, const struct statement *statement);
    struct statement statement;

    void (*verify_done)(void *owner, uint64_t tag, const struct verification *verification);
    struct verification *verification;
};

struct store_reader {
    struct store_view messages; /* of the reader's lane */
    struct store_view books;    /* of the other one */
    struct store *store;
    struct executor *executor;
    struct question *open;
    size_t open_count[EXECUTOR_LANES];
};

/* --- questions ---------------------------------------------------------------------- */

static void free_stored(struct stored_message *stored)
{
    for (size_t i = 0; i < stored->body_count; i++)
        free(stored->bodies[i]);
    free(stored->bodies);
    message_done(&stored->message);
    *stored = (struct stored_message){0};
}

static void question_free(struct question *question)
{
    question->reader->open_count[question->lane]--;
    *question->link = question->next;
    if (question->next)
        question->next->link = question->link;
    free_stored(&question->stored);
    free(question->statement.lines);
    free(question->verification);
    free(question);
}

static struct question *question_new(struct store_reader *reader, enum executor_lane lane,
                                     void *owner, uint64_t tag)
{
    struct question *question = calloc(1, sizeof(*question));

    if (question == NULL)
        abort();
    question->reader = reader;
    question->owner = owner;
    question->tag = tag;
    question->lane = lane;
    reader->open_count[lane]++;
    question->next = reader->open;
    question->link = &reader->open;
    if (question->next)
        question->next->link = &question->next;
    reader->open = question;
    return question;
}

/* What was decided before is in the tables. */
static void begin_reading(void *self)
{
    struct question *question = self;
    bool fits = executor_submit(question->reader->executor, question->lane, &question->job);

    assert(fits);
}

/* Not `settled`: the tables may be behind. */
static bool ask(struct question *question, bool settled, void (*run)(void *),
                void (*complete)(void *))
{
    if (question->reader->open_count[question->lane] > OPEN_MAX) {
        question_free(question);
        return false;
    }
    question->job = (struct executor_job){run, complete, question, NULL};
    question->waiter = (struct store_waiter){.run = begin_reading, .self = question};
    if (settled && question->reader->store)
        store_settle(question->reader->store, &question->waiter);
    else
        begin_reading(question);
    return true;
}

/* --- a message ---------------------------------------------------------------------- */

/* Reads into a stored message; several in turn, until one finds it. */
struct finding {
    struct question *question;
    struct stored_message *out;
    uint64_t message; /* which the submission joined; 0: none */
};

static void note_message(void *owner, sqlite3_stmt *row)
{
    ((struct finding *)owner)->message = (uint64_t)sqlite3_column_int64(row, 0);
}

static void take_bodies(struct stored_message *out, struct packed_bodies bodies)
{
    struct body *body;

    while ((body = packed_read_body(out->message.id, &bodies)) != NULL) {
        out->bodies = realloc(out->bodies, (out->body_count + 1) * sizeof(struct body *));
        if (out->bodies == NULL)
            abort();
        out->bodies[out->body_count++] = body;
        (void)packed_take_body(&bodies);
    }
}

static void read_message(void *owner, sqlite3_stmt *row)
{
    struct finding *finding = owner;
    struct question *question = finding->question;
    struct stored_message *out = finding->out;
    struct packed_bodies bodies;

    out->found = store_read_message(row, &out->message, &bodies, question->error,
                                    sizeof(question->error));
    out->failed = !out->found;
    if (out->found)
        take_bodies(out, bodies);
}

static void read_late(void *owner, sqlite3_stmt *row)
{
    struct message *message = &((struct finding *)owner)->out->message;

    for (uint16_t i = 0; i < message->attempt_count; i++)
        if (message->attempts[i].ordinal == sqlite3_column_int(row, 1))
            store_read_late(row, &message->attempts[i]);
}

static bool find_rows(struct finding *finding, sqlite3 *database, const char *sql,
                      uint64_t id, void (*each)(void *owner, sqlite3_stmt *row))
{
    struct question *question = finding->question;

    return store_for_rows(database, sql, (int64_t)id, each, finding, question->error,
                          sizeof(question->error));
}

/* Within a transaction: all rows of one moment.  False: it cannot be read. */
static bool find_in(struct finding *finding, sqlite3 *database)
{
    static const char message_sql[] =
        "SELECT " STORE_MESSAGE_COLUMNS " FROM known WHERE id=?1";
    struct question *question = finding->question;
    bool ok;

    finding->message = 0;
    ok = find_rows(finding, database, message_sql, question->submission, read_message) &&
         (finding->out->found ||
          find_rows(finding, database, "SELECT message FROM part WHERE id=?1",
                    question->submission, note_message)) &&
         (finding->message == 0 ||
          find_rows(finding, database, message_sql, finding->message, read_message)) &&
         !finding->out->failed;
    if (!ok || !finding->out->found)
        free_stored(finding->out);
    return ok;
}

static bool find_in_day(struct finding *finding, const struct store_view *view,
                        const char day[STORE_DAY_SIZE])
{
    struct question *question = finding->question;
    sqlite3 *history;
    bool ok;

    history = store_view_open_day(view, day, question->error, sizeof(question->error));
    if (history == NULL)
        return question->error[0] == 0;
    ok = store_run(history, "BEGIN", question->error, sizeof(question->error)) &&
         find_in(finding, history);
    sqlite3_close(history);
    if (ok && finding->out->found)
        ok = find_rows(finding, view->live,
                       "SELECT " STORE_LATE_COLUMNS " FROM late WHERE message=?1",
                       finding->out->message.id, read_late);
    return ok;
}

static void note_day(void *owner, sqlite3_stmt *row)
{
    const char *day = (const char *)sqlite3_column_text(row, 0);

    if (day)
        snprintf(owner, STORE_DAY_SIZE, "%s", day);
}

/* A part may have come on a later day than its message; not only the next one, if the clock
 * was set in between. */
static bool find_in_day_before(struct finding *finding, const struct store_view *view,
                               const char day[STORE_DAY_SIZE])
{
    struct question *question = finding->question;
    char before[STORE_DAY_SIZE] = "";
    char sql[80];

    snprintf(sql, sizeof(sql), "SELECT max(day) FROM history WHERE day<'%s'", day);
    return store_for_rows(view->live, sql, 0, note_day, before, question->error,
                          sizeof(question->error)) &&
           (before[0] == '\0' || find_in_day(finding, view, before));
}

/* live.db first, of one moment: what is gone from there is durable in the history, and so
 * is what came late. */
static bool find(struct finding *finding, const struct store_view *view)
{
    struct question *question = finding->question;
    char day[STORE_DAY_SIZE];
    bool ok;

    store_day_name(ids_time_ms(question->submission), day);
    ok = store_view_hold(view, question->error, sizeof(question->error)) &&
         find_in(finding, view->live) &&
         (finding->out->found || find_in_day(finding, view, day)) &&
         (finding->out->found || find_in_day_before(finding, view, day));
    store_view_let_go(view);
    return ok;
}

static void run_message(void *self)
{
    struct question *question = self;
    struct finding finding = {.question = question, .out = &question->stored};

    if (!find(&finding, &question->reader->messages)) {
        free_stored(&question->stored);
        question->stored.failed = true;
        log_error("store.unreadable", "id=%llu reason=\"%s\"",
                  (unsigned long long)question->submission, question->error);
    }
    store_sum_attempts(&question->stored.message);
}

static void message_is_found(void *self)
{
    struct question *question = self;

    question->message_done(question->owner, question->tag, &question->stored);
    question_free(question);
}

static bool ask_message(struct store_reader *reader, bool settled, uint64_t submission,
                        void (*done)(void *owner, uint64_t tag,
                                     struct stored_message *stored),
                        void *owner, uint64_t tag)
{
    struct question *question = question_new(reader, EXECUTOR_READER, owner, tag);

    question->submission = submission;
    question->message_done = done;
    return ask(question, settled, run_message, message_is_found);
}

bool store_reader_message(struct store_reader *reader, uint64_t submission,
                          void (*done)(void *owner, uint64_t tag,
                                       struct stored_message *stored),
                          void *owner, uint64_t tag)
{
    return ask_message(reader, true, submission, done, owner, tag);
}

bool store_reader_look(struct store_reader *reader, uint64_t submission,
                       void (*done)(void *owner, uint64_t tag,
                                    struct stored_message *stored),
                       void *owner, uint64_t tag)
{
    return ask_message(reader, false, submission, done, owner, tag);
}

/* --- a statement -------------------------------------------------------------------- */

static void run_statement(void *self)
{
    struct question *question = self;

    if (store_statement_make(&question->reader->books, question->account, question->from_ms,
                             question->to_ms, &question->statement, question->error,
                             sizeof(question->error)))
        return;
    question->statement.failed = true;
    log_error("store.unreadable", "statement=%u reason=\"%s\"", question->account,
              question->error);
}

static void statement_is_made(void *self)
{
    struct question *question = self;

    question->statement_done(question->owner, question->tag, &question->statement);
    question_free(question);
}

bool store_reader_statement(struct store_reader *reader, uint32_t account, int64_t from_ms,
                            int64_t to_ms,
                            void (*done)(void *owner, uint64_t tag,
                                         const struct statement *statement),
                            void *owner, uint64_t tag)
{
    struct question *question = question_new(reader, EXECUTOR_BOOKS, owner, tag);

    question->account = account;
    question->from_ms = from_ms;
    question->to_ms = to_ms;
    question->statement_done = done;
    return ask(question, true, run_statement, statement_is_made);
}

/* --- the verification --------------------------------------------------------------- */

static void run_verify(void *self)
{
    struct question *question = self;

    store_verify(&question->reader->books, question->verification);
}

static void is_verified(void *self)
{
    struct question *question = self;

    question->verify_done(question->owner, question->tag, question->verification);
    question_free(question);
}

bool store_reader_verify(struct store_reader *reader,
                         void (*done)(void *owner, uint64_t tag,
                                      const struct verification *verification),
                         void *owner, uint64_t tag)
{
    struct question *question = question_new(reader, EXECUTOR_BOOKS, owner, tag);

    question->verification = calloc(1, sizeof(*question->verification));
    if (question->verification == NULL)
        abort();
    question->verify_done = done;
    return ask(question, true, run_verify, is_verified);
}

/* --- life --------------------------------------------------------------------------- */

struct store_reader *store_reader_open(const char *folder, const char *vfs,
                                       struct store *store, struct executor *executor,
                                       char *error, size_t error_size)
{
    struct store_reader *reader = calloc(1, sizeof(*reader));

    if (reader == NULL)
        abort();
    reader->store = store;
    reader->executor = executor;
    if (store_view_open(&reader->messages, folder, vfs, error, error_size) &&
        store_view_open(&reader->books, folder, vfs, error, error_size))
        return reader;
    store_reader_close(reader);
    return NULL;
}

void store_reader_end(struct store_reader *reader)
{
    if (reader == NULL)
        return;
    store_view_end(&reader->messages);
    store_view_end(&reader->books);
}

void store_reader_close(struct store_reader *reader)
{
    if (reader == NULL)
        return;
    while (reader->open)
        question_free(reader->open);
    store_view_close(&reader->messages);
    store_view_close(&reader->books);
    free(reader);
}
