/* What the tests of charts share: areas, CRSs, points that are hard for a chart. */
#ifndef WM_TEST_CHARTS_H
#define WM_TEST_CHARTS_H

#include "support.h"

typedef struct test_chart_case {
    const char *name, *definition, *operation;
    wanmi_datum datum;
    double west, south, east, north;
    size_t points;              /* uniform ones; the reference is slow for some datums */
    double covered;             /* at least this part */
} test_chart_case;

extern const test_chart_case test_chart_cases[];
extern const size_t test_chart_case_count;

/* Whether this build undoes the datum. */
bool test_has_datum(wanmi_datum datum);

/* NULL: this processor does not carry the kernel. Ends the test on other errors. */
wanmi_chart *test_chart(wanmi_crs *crs, const test_chart_case *c, wanmi_kernel kernel);

wanmi_crs *test_chart_crs(const test_chart_case *c);
wanmi_transform *test_chart_transform(wanmi_crs *crs);

/* Uniform points; points on the edges and corners of area and boxes, one step of
 * a double beside them, and on both sides of the middle of boxes. Gives how many
 * were written, at most `room`. */
size_t test_chart_points(const wanmi_chart *chart, test_random *random, size_t uniform, size_t room,
                         double *lon, double *lat);

#endif
