/* What judge.c and judge_door.c share; nobody else includes it. */
#ifndef TESTS_SIMULATION_JUDGE_PARTS_H
#define TESTS_SIMULATION_JUDGE_PARTS_H

#include <stdbool.h>
#include <stdint.h>

struct note;
struct sqlite3;
struct sqlite3_stmt;
struct world;

/* Something because of which much is allowed came between these two. */
bool judge_upset_within(const struct world *world, int64_t from_ms, int64_t to_ms);
struct sqlite3_stmt *judge_prepare(struct world *world, struct sqlite3 *database,
                                   const char *sql);

/* --- judge_door.c: what was let in, and under which names ---------------------------- */

/* Of each note that was told an id its row; from now on note->id is right. */
void judge_ids(struct world *world, struct sqlite3 *database);
/* What was answered, and how much was let in. */
void judge_door(struct world *world);

#endif
