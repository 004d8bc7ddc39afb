/* Every memory order of some sources, as it is and weakened: see weak.h.
 * usage: weak [TRIES]      random schedules of each; default 100000 */
#include "weak.h"

#include <fstream>
#include <string>

weak_run weak = {{}, WEAK_NONE, rl::mo_relaxed, WEAK_NONE};

extern const weak_suite ring_suite, park_suite, figures_suite, figures_header_suite;

static std::string line_of(const char *path, int number)
{
    std::ifstream file(path);
    std::string line;
    for (int i = 0; i < number; i++)
        std::getline(file, line);
    size_t first = line.find_first_not_of(" ");
    return first == std::string::npos ? "" : line.substr(first);
}

static const weak_spare *spare_of(const weak_suite *suite, const std::string &line)
{
    for (size_t i = 0; i < suite->spare_count; i++)
        if (line.find(suite->spares[i].text) != std::string::npos)
            return &suite->spares[i];
    return nullptr;
}

/* Gives whether what came out is what should. */
static bool check_weakened(const weak_suite *suite, int place, rl::memory_order to, int thread, unsigned long tries)
{
    weak_place was = weak.places[place];
    std::string line = line_of(suite->source, was.line);
    unsigned long tried = 0;
    weak.weakened = place;
    weak.to = to;
    weak.thread = thread;
    std::string found = suite->run(tries, &tried);
    weak.weakened = weak.thread = WEAK_NONE;
    static const char *const whose[] = {"", ", first thread", ", second thread", ", third thread"};
    const weak_spare *spare = spare_of(suite, line);
    bool caught = found != "SUCCESS";
    printf("  %s:%d %s -> %s%s: ", suite->source, was.line, rl::format(was.order),
           to == rl::mo_relaxed && was.order == rl::mo_seq_cst ? "nothing" : rl::format(to), whose[thread + 1]);
    if (caught)
        printf("caught: %s in schedule %lu\n", found.c_str(), tried);
    else if (spare != nullptr)
        printf("stays right: %s\n", spare->why);
    else
        printf("NOT CAUGHT: %s\n", line.c_str());
    return caught != (spare != nullptr);
}

int weak_check(const weak_suite *suite, unsigned long tries)
{
    unsigned long tried = 0;
    int wrong = 0, weakened = 0;
    std::string found = suite->run(tries, &tried);
    printf("%s as it is: %s, %lu schedules of each test\n", suite->source, found.c_str(), tries);
    wrong += found != "SUCCESS";
    for (int place = suite->first; place < suite->end; place++) {
        rl::memory_order order = weak.places[place].order;
        if (weak.places[place].line == 0) {
            printf("  an order was never come by: number %d of %s\n", place - suite->first, suite->source);
            wrong++;
            continue;
        }
        if (order == rl::mo_seq_cst) {
            wrong += !check_weakened(suite, place, rl::mo_acq_rel, WEAK_NONE, tries);
            for (int thread = 0; thread < 3; thread++)      /* each fence of a pair */
                wrong += !check_weakened(suite, place, rl::mo_relaxed, thread, tries);
            weakened += 4;
        }
        wrong += !check_weakened(suite, place, rl::mo_relaxed, WEAK_NONE, tries);
        weakened++;
    }
    printf("%s: %d weakened, %d not as expected\n", suite->source, weakened, wrong);
    return wrong;
}

int main(int argc, char **argv)
{
    unsigned long tries = argc > 1 ? strtoul(argv[1], nullptr, 10) : 100000;
    setvbuf(stdout, nullptr, _IOLBF, 0);
    int wrong = weak_check(&ring_suite, tries);
    wrong += weak_check(&park_suite, tries);
    wrong += weak_check(&figures_suite, tries);
    wrong += weak_check(&figures_header_suite, tries);
    return wrong != 0;
}
