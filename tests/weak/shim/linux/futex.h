/* Stands in for <linux/futex.h>: see ../../weak.h, which is included before. */
