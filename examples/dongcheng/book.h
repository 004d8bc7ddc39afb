/* The books of the story, in one SQLite file: what each subscriber has received, the
 * seven steps of each case, tasks, takeovers, dead letters. */
#ifndef DONGCHENG_BOOK_H
#define DONGCHENG_BOOK_H

#include <sqlite3.h>
#include <stddef.h>
#include <wanmi/wanmi.h>

/* Opens a connection; each thread has its own. `fresh`: makes the tables. NULL on an
 * error, which is printed. */
sqlite3 *book_open(const char *path, int fresh);

/* Runs a statement with arguments by their letters: 't' const char *, 'i' int64_t,
 * 'b' const wanmi_delivery *. Gives 0, or prints what is wrong. */
int book_do(sqlite3 *book, const char *sql, const char *letters, ...);

/* The first number of the first row, or `otherwise`. */
int64_t book_number(sqlite3 *book, int64_t otherwise, const char *sql, const char *letters, ...);

/* A step of a case: 1 to 7. */
int book_step(sqlite3 *book, int64_t id, int number, const char *at, const char *who, const char *note);

/* A sink's callback and what it works with: enters each delivery once, however often
 * it comes, or asks for all of them again. */
typedef struct subscriber {
    const char *name;
    sqlite3 *book;              /* its own connection */
    wanmi_map *map;
} subscriber;

void subscriber_receive(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes);

/* The dead-letter callback; `user` is a subscriber. */
size_t book_letters(void *user, const wanmi_dead_letter *letters, size_t count);

/* Prints the account of all cases and the evaluation. */
void book_print(sqlite3 *book);

#endif
