/* A chart's kernel for x86-64-v3: AVX2. */
#define WM_LANES 4
#include "chart_vector.h"

const wm_chart_code wm_chart_v3 = {evaluate, all_inside};
