/* One box of a chart: asking the reference, fitting, measuring.
 *
 * The fit is Chebyshev's: values at the nodes of a product grid give the
 * coefficients of T_i(s) T_j(t), those with i + j above the degree are left out,
 * and the rest is rewritten in powers of degrees. Nodes are many more than
 * coefficients, so that the roundings of the reference (some 1e-9 m) average out.
 *
 * Fit and samples reach a rim beyond the box: the border of what the reference
 * refuses, or a kink, cannot hide between the outermost sample and the edge.
 */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "chart.h"

enum {
    NODES = 24,
    STEPS = 32,                                 /* samples a side, and one beyond at each end */
    SIDE = STEPS + 3,
    SCATTERED = 256,                            /* so that no regular pattern goes unseen */
    SAMPLES = SIDE * SIDE + SCATTERED,
    ASKED = NODES * NODES + SAMPLES,
    POWERS = WM_CHART_DEGREE_MAX + 1
};

struct wm_chart_work {
    wanmi_transform *transform;
    wanmi_datum datum;
    const wm_chart_code *code;
    wm_area box;
    double middle_lon, middle_lat, half_lon, half_lat;  /* of the fitted area: box and rim */
    double origin[2];                           /* whole metres near the middle's x, y */
    double lon[ASKED], lat[ASKED];              /* nodes, then samples */
    double xy[2][ASKED];                        /* the reference's */
    double got[2][SAMPLES];                     /* the polynomials' */
    uint8_t reasons[ASKED];
    double series[2][NODES][NODES];             /* coefficients of T_i(s) T_j(t) */
    double cosines[NODES][NODES];               /* T_i at node k */
    long double powers[POWERS][POWERS];         /* T_i in powers of s */
};

/* ---- scratch ---------------------------------------------------------------------- */

static void fill_tables(wm_chart_work *w)
{
    for (int i = 0; i < NODES; i++)
        for (int k = 0; k < NODES; k++)
            w->cosines[i][k] = cos(M_PI * i * (k + 0.5) / NODES);
    memset(w->powers, 0, sizeof w->powers);
    w->powers[0][0] = 1;
    w->powers[1][1] = 1;
    for (int i = 2; i < POWERS; i++)
        for (int a = 0; a <= i; a++)
            w->powers[i][a] = (a > 0 ? 2 * w->powers[i - 1][a - 1] : 0) - w->powers[i - 2][a];
}

wanmi_status wm_chart_work_open(const wanmi_host *host, wanmi_transform *transform,
                                wanmi_datum datum, wm_chart_work **work, wanmi_error *error)
{
    wm_chart_work *w = wm_alloc(host, sizeof *w);
    if (w == NULL)
        return wm_error_memory(error);
    wanmi_kernel best = WANMI_KERNEL_AUTO;
    w->transform = transform;
    w->datum = datum;
    w->code = wm_chart_code_of(&best);
    fill_tables(w);
    *work = w;
    return WANMI_OK;
}

void wm_chart_work_close(const wanmi_host *host, wm_chart_work *work)
{
    if (work != NULL)
        wm_free(host, work, sizeof *work);
}

/* ---- asking the reference ----------------------------------------------------------- */

static void place_nodes(wm_chart_work *w)
{
    for (int k = 0; k < NODES; k++)
        for (int l = 0; l < NODES; l++) {
            w->lon[k * NODES + l] = w->middle_lon + w->half_lon * w->cosines[1][k];
            w->lat[k * NODES + l] = w->middle_lat + w->half_lat * w->cosines[1][l];
        }
}

static double between(double low, double high, double part)
{
    return part == 1.0 ? high : low + (high - low) * part;
}

/* splitmix64, 0 to 1. */
static double next_part(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static void place_samples(wm_chart_work *w)
{
    const wm_area *b = &w->box;
    size_t n = NODES * NODES;
    for (int i = -1; i <= STEPS + 1; i++)
        for (int j = -1; j <= STEPS + 1; j++, n++) {
            w->lon[n] = between(b->west, b->east, (double)i / STEPS);
            w->lat[n] = between(b->south, b->north, (double)j / STEPS);
        }
    uint64_t state = 2004;
    for (; n < ASKED; n++) {
        w->lon[n] = between(b->west, b->east, next_part(&state));
        w->lat[n] = between(b->south, b->north, next_part(&state));
    }
}

/* The coefficients of all T_i(s) T_j(t), by two sums over cosines. */
static void expand(wm_chart_work *w, int axis)
{
    double along[NODES][NODES];
    for (int k = 0; k < NODES; k++)
        for (int j = 0; j < NODES; j++) {
            double sum = 0;
            for (int l = 0; l < NODES; l++)
                sum += (w->xy[axis][k * NODES + l] - w->origin[axis]) * w->cosines[j][l];
            along[k][j] = sum * (j == 0 ? 1.0 : 2.0) / NODES;
        }
    for (int i = 0; i < NODES; i++)
        for (int j = 0; j < NODES; j++) {
            double sum = 0;
            for (int k = 0; k < NODES; k++)
                sum += along[k][j] * w->cosines[i][k];
            w->series[axis][i][j] = sum * (i == 0 ? 1.0 : 2.0) / NODES;
        }
}

bool wm_chart_sample(wm_chart_work *w, const wm_area *box)
{
    w->box = *box;
    w->middle_lon = (box->west + box->east) / 2;
    w->middle_lat = (box->south + box->north) / 2;
    w->half_lon = (box->east - box->west) * (0.5 + 1.0 / STEPS);
    w->half_lat = (box->north - box->south) * (0.5 + 1.0 / STEPS);
    place_nodes(w);
    place_samples(w);
    if (wanmi_transform_forward(w->transform, w->datum, ASKED, w->lon, 0, w->lat, 0, w->xy[0],
                                w->xy[1], w->reasons, NULL) != WANMI_OK)
        return false;
    for (size_t n = 0; n < ASKED; n++)
        if (w->reasons[n] != WANMI_REASON_NONE)
            return false;
    const size_t middle = NODES * NODES / 2 + NODES / 2;
    for (int axis = 0; axis < 2; axis++) {
        w->origin[axis] = rint(w->xy[axis][middle]);
        expand(w, axis);
    }
    return true;
}

/* ---- fitting and measuring ------------------------------------------------------------ */

/* The series up to the degree, in powers of degrees from the middle. */
static void write_coefficients(const wm_chart_work *w, int axis, int degree, double *to)
{
    long double in_powers[POWERS][POWERS] = {{0}};
    for (int i = 0; i <= degree; i++)
        for (int j = 0; i + j <= degree; j++)
            for (int a = i % 2; a <= i; a += 2)
                for (int b = j % 2; b <= j; b += 2)
                    in_powers[a][b] += w->series[axis][i][j] * w->powers[i][a] * w->powers[j][b];
    for (int b = degree; b >= 0; b--)
        for (int a = degree - b; a >= 0; a--, to += 2)
            *to = (double)(in_powers[a][b] /
                           (powl(w->half_lon, (long double)a) * powl(w->half_lat, (long double)b)));
}

static double measure(wm_chart_work *w, uint32_t degree, const double *box)
{
    const size_t from = NODES * NODES;
    w->code->evaluate(box, degree, SAMPLES, w->lon + from, w->lat + from, w->got[0], w->got[1]);
    double worst = 0;
    for (size_t n = 0; n < SAMPLES; n++) {
        double dx = w->got[0][n] - w->xy[0][from + n], dy = w->got[1][n] - w->xy[1][from + n];
        double squared = dx * dx + dy * dy;
        worst = squared > worst ? squared : worst;
    }
    return sqrt(worst);
}

double wm_chart_fit(wm_chart_work *w, uint32_t degree, double *box)
{
    memset(box, 0, wm_chart_stride(degree) * sizeof *box);
    box[0] = w->middle_lon;
    box[1] = w->middle_lat;
    for (int axis = 0; axis < 2; axis++) {
        box[2 + axis] = w->origin[axis];
        write_coefficients(w, axis, (int)degree, box + WM_CHART_HEAD + axis);
    }
    return measure(w, degree, box);
}

bool wm_chart_wants_columns(const wm_chart_work *w, uint32_t degree)
{
    double in_lon = 0, in_lat = 0;
    for (int axis = 0; axis < 2; axis++)
        for (int i = (int)degree + 1; i < NODES; i++)
            for (int j = 0; j < NODES; j++) {
                in_lon += fabs(w->series[axis][i][j]);
                in_lat += fabs(w->series[axis][j][i]);
            }
    return in_lon > in_lat;
}
