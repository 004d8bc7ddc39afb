/* wanmi bench in a build without benches (-Dbench=disabled). */
#include "common.h"
#include "options.h"

int cli_bench(int argc, char **argv)
{
    const cli_command command = {"bench", "NAME", "Measures; this build carries no benches.",
                                 "wanmi bench locate", NULL, 0, 0, 1};
    const char *operands[1];
    size_t count = 0;
    int code = cli_parse(&command, argc, argv, operands, &count);
    return code >= 0 ? code : cli_usage("bench", "this build carries no benches (-Dbench=disabled)");
}
