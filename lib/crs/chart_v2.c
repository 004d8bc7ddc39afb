/* A chart's kernel for x86-64-v2: SSE4.2. */
#define WM_LANES 2
#include "chart_vector.h"

const wm_chart_code wm_chart_v2 = {evaluate, all_inside};
