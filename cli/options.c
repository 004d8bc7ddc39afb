/* Options: see options.h. */
#include "options.h"

#include <ctype.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

enum { OPTIONS_MAX = 48, LONG = 1000, NAME_MAX_HERE = 31 };

/* ---- help ------------------------------------------------------------------------ */

static void print_option(char letter, const char *name, const char *argument, const char *help,
                         bool required)
{
    char left[64];
    snprintf(left, sizeof left, "%c%c%c --%s%s%s", letter != '\0' ? '-' : ' ',
             letter != '\0' ? letter : ' ', letter != '\0' ? ',' : ' ', name,
             argument != NULL ? " " : "", argument != NULL ? argument : "");
    printf("  %-30s %s%s\n", left, help, required ? " (must be given)" : "");
}

static void print_help(const cli_command *c)
{
    printf("usage: wanmi %s%s%s%s\n\n%s\n\n", c->name, c->operands[0] != '\0' ? " " : "", c->operands,
           c->option_count != 0 ? " [OPTION ...]" : "", c->about);
    for (size_t i = 0; i < c->option_count; i++)
        print_option(c->options[i].letter, c->options[i].name, c->options[i].argument,
                     c->options[i].help, c->options[i].required);
    print_option('h', "help", NULL, "this text", false);
    printf("\nexample: %s\n", c->example);
}

/* ---- hints ----------------------------------------------------------------------- */

static unsigned least_of(unsigned a, unsigned b, unsigned c)
{
    unsigned ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Letters to change, add or leave out (Levenshtein). */
static unsigned difference(const char *a, const char *b)
{
    unsigned row[NAME_MAX_HERE + 1];
    size_t width = strlen(b);
    if (width > NAME_MAX_HERE)
        return 100;
    for (size_t j = 0; j <= width; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        unsigned corner = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= width; j++) {
            unsigned above = row[j];
            row[j] = least_of(above + 1, row[j - 1] + 1, corner + (a[i - 1] != b[j - 1]));
            corner = above;
        }
    }
    return row[width];
}

const char *cli_nearest(const char *text, const char *const *names)
{
    const char *best = NULL;
    unsigned least = 3;
    for (; *names != NULL; names++) {
        unsigned d = difference(text, *names);
        if (d < least && d < strlen(*names)) {
            least = d;
            best = *names;
        }
    }
    return best;
}

int cli_usage(const char *command, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "wanmi%s%s: ", command[0] != '\0' ? " " : "", command);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\nhelp: wanmi%s%s --help\n", command[0] != '\0' ? " " : "", command);
    va_end(arguments);
    return CLI_UNUSABLE;
}

static int unknown_option(const cli_command *c, const char *given)
{
    const char *names[OPTIONS_MAX + 2];
    size_t count = 0;
    for (; count < c->option_count; count++)
        names[count] = c->options[count].name;
    names[count++] = "help";
    names[count] = NULL;
    char name[NAME_MAX_HERE + 1] = "";
    if (strncmp(given, "--", 2) == 0)
        snprintf(name, sizeof name, "%.*s", (int)strcspn(given + 2, "="), given + 2);
    const char *nearest = name[0] != '\0' ? cli_nearest(name, names) : NULL;
    if (nearest != NULL)
        return cli_usage(c->name, "unknown option '%s' (did you mean --%s?)", given, nearest);
    return cli_usage(c->name, "unknown option '%s'", given);
}

/* ---- values ---------------------------------------------------------------------- */

static bool parse_real(const char *text, double *number)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0')
        return false;
    *number = value;
    return true;
}

static bool parse_whole(const char *text, long *number)
{
    char *end;
    long value = strtol(text, &end, 10);
    if (end == text || *end != '\0')
        return false;
    *number = value;
    return true;
}

/* X,Y in one argument or X Y in two; the second may begin with a minus. */
static bool parse_place(const char *text, int argc, char **argv, cli_place *place)
{
    char first[64];
    const char *comma = strchr(text, ',');
    const char *second = comma != NULL ? comma + 1 : NULL;
    size_t length = comma != NULL ? (size_t)(comma - text) : strlen(text);
    if (length >= sizeof first)
        return false;
    memcpy(first, text, length);
    first[length] = '\0';
    if (second == NULL && optind < argc)
        second = argv[optind++];
    place->given = true;
    return second != NULL && parse_real(first, &place->x) && parse_real(second, &place->y);
}

static int take(const cli_command *c, const cli_option *option, int argc, char **argv)
{
    bool good = true;
    if (option->kind == CLI_FLAG)
        *(bool *)option->to = true;
    else if (option->kind == CLI_TEXT)
        *(const char **)option->to = optarg;
    else if (option->kind == CLI_REAL)
        good = parse_real(optarg, option->to);
    else if (option->kind == CLI_WHOLE)
        good = parse_whole(optarg, option->to);
    else
        good = parse_place(optarg, argc, argv, option->to);
    return good ? -1 : cli_usage(c->name, "--%s: '%s' is not %s", option->name, optarg,
                                 option->kind == CLI_PLACE ? "two numbers" : "a number");
}

/* ---- parsing --------------------------------------------------------------------- */

static void make_tables(const cli_command *c, struct option *longs, char *shorts)
{
    size_t at = 0;
    shorts[at++] = ':';
    for (size_t i = 0; i < c->option_count; i++) {
        const cli_option *o = &c->options[i];
        int wants = o->argument != NULL ? required_argument : no_argument;
        longs[i] = (struct option){o->name, wants, NULL, LONG + (int)i};
        if (o->letter == '\0')
            continue;
        shorts[at++] = o->letter;
        if (wants == required_argument)
            shorts[at++] = ':';
    }
    longs[c->option_count] = (struct option){"help", no_argument, NULL, 'h'};
    longs[c->option_count + 1] = (struct option){0};
    shorts[at++] = 'h';
    shorts[at] = '\0';
}

static int parse_options(const cli_command *c, int argc, char **argv, bool *seen)
{
    struct option longs[OPTIONS_MAX + 2];
    char shorts[2 * OPTIONS_MAX + 3];
    make_tables(c, longs, shorts);
    opterr = 0;
    optind = 1;
    for (;;) {
        int before = optind;
        int got = getopt_long(argc, argv, shorts, longs, NULL);
        if (got == -1)
            return -1;
        if (got == 'h') {
            print_help(c);
            return cli_stdout_done();
        }
        if (got == ':')
            return cli_usage(c->name, "%s wants a value", argv[optind - 1]);
        if (got == '?')
            return unknown_option(c, argv[optind > before ? optind - 1 : optind]);
        size_t which = 0;
        if (got >= LONG)
            which = (size_t)(got - LONG);
        else
            while (c->options[which].letter != got)
                which++;
        seen[which] = true;
        int code = take(c, &c->options[which], argc, argv);
        if (code >= 0)
            return code;
    }
}

int cli_parse(const cli_command *command, int argc, char **argv, const char **operands,
              size_t *count)
{
    bool seen[OPTIONS_MAX] = {false};
    int code = parse_options(command, argc, argv, seen);
    if (code >= 0)
        return code;
    size_t given = (size_t)(argc - optind);
    if (given < command->least)
        return cli_usage(command->name, "wants %s", command->operands);
    if (given > command->most)
        return cli_usage(command->name, "does not know what to do with '%s'",
                         argv[(size_t)optind + command->most]);
    for (size_t i = 0; i < command->option_count; i++)
        if (command->options[i].required && !seen[i])
            return cli_usage(command->name, "--%s %s must be given", command->options[i].name,
                             command->options[i].argument);
    for (size_t i = 0; i < given; i++)
        operands[i] = argv[(size_t)optind + i];
    *count = given;
    return -1;
}
