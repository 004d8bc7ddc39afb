/* Programs run on x86-64-v4: AVX-512. */
#include "follow.h"

size_t wm_follow_v4(wm_work *work, const wm_batch *batch)
{
    return wm_follow_batch(work, batch);
}
