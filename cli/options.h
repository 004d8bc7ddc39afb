/* Options of a verb: one table is parsed by, and is the help. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

typedef enum cli_kind {
    CLI_FLAG,                   /* bool: given */
    CLI_TEXT,                   /* const char *: the argument */
    CLI_REAL,                   /* double: a number */
    CLI_WHOLE,                  /* long: a whole number */
    CLI_PLACE                   /* cli_place: two numbers, as in --point LON LAT or --origin X,Y */
} cli_kind;

typedef struct cli_place {
    bool given;
    double x;
    double y;
} cli_place;

typedef struct cli_option {
    const char *name;
    char letter;                /* '\0': none */
    const char *argument;       /* its name in the help; NULL for a flag */
    const char *help;
    cli_kind kind;
    void *to;                   /* untouched where the option is not given */
    bool required;
} cli_option;

typedef struct cli_command {
    const char *name;           /* as it is typed: "map layer" */
    const char *operands;       /* "MAP [FILE]" */
    const char *about;
    const char *example;
    const cli_option *options;
    size_t option_count;
    size_t least;               /* operands */
    size_t most;
} cli_command;

#define CLI_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Parses what stands behind the verb (argv[0] is the verb itself). Operands are
 * put in `operands` (room for `most`), their number in `count`.
 * Gives -1 to go on, else the exit code: 0 after help, 2 after a mistake. */
int cli_parse(const cli_command *command, int argc, char **argv, const char **operands,
              size_t *count);

/* Says what is wrong with the usage and where help is; gives exit code 2. */
int cli_usage(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The one of `names` (ended by NULL) most like `text`, or NULL. */
const char *cli_nearest(const char *text, const char *const *names);

#endif
