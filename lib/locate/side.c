/* Where the filter of side.h cannot be sure. */

#include "side.h"

int wm_side_by_geos(wm_sides *sides, const double *a, const double *b, double x, double y)
{
    if (sides->geos == NULL) {
        pthread_mutex_lock(sides->lock);
        sides->geos = GEOS_init_r();
        pthread_mutex_unlock(sides->lock);
    }
    sides->asked++;
    int side = sides->geos == NULL ? 2
             : GEOSOrientationIndex_r(sides->geos, a[0], a[1], b[0], b[1], x, y);
    if (side >= -1 && side <= 1)
        return side;
    sides->failed = true;
    return 0;
}

void wm_sides_close(wm_sides *sides)
{
    if (sides->geos == NULL)
        return;
    pthread_mutex_lock(sides->lock);
    GEOS_finish_r(sides->geos);
    pthread_mutex_unlock(sides->lock);
    sides->geos = NULL;
}
