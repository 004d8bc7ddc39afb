/* wanmi/wanmi.h - everything of libwanmi, in the order of one event's way:
 *
 *   position > crs > locate (hits) > route (deliveries) > queue > dispatch > sinks (outcomes)
 *
 * wanmi/io.h (files and streams, libwanmi_io) is not included: a service that
 * builds its map by API never links GDAL.
 */
#ifndef WANMI_WANMI_H
#define WANMI_WANMI_H

#include "base.h"
#include "types.h"
#include "crs.h"
#include "map.h"
#include "locate.h"
#include "route.h"
#include "queue.h"
#include "dispatch.h"
#include "sinks.h"
#include "flow.h"
#include "grid.h"

#endif
