/* Stands in for C's <stdatomic.h>: see ../weak.h, which is included before. */
