/* Programs run on x86-64-v3: AVX2, BMI. */
#include "follow.h"

size_t wm_follow_v3(wm_work *work, const wm_batch *batch)
{
    return wm_follow_batch(work, batch);
}
