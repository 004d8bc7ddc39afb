/* A chart's kernel for x86-64-v4: AVX-512. */
#define WM_LANES 8
#include "chart_vector.h"

const wm_chart_code wm_chart_v4 = {evaluate, all_inside};
