/*
 * What must hold when all is healed and quiet: of each submission, of the money, and of
 * the rows on the disk.
 */
#ifndef TESTS_SIMULATION_JUDGE_H
#define TESTS_SIMULATION_JUDGE_H

struct world;

/* The gateway runs still; its database is read beside it. */
void judge(struct world *world);

#endif
