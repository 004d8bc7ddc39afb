/* flows.h - a scenario's events through a flow with its subscriptions. */
#ifndef SCENARIO_FLOWS_H
#define SCENARIO_FLOWS_H

#include "scenario.h"

/* Whether each sink of subscriptions.csv got exactly the deliveries whose column
 * `sinks` names it, and the counters by tag say as many as expected.csv has lines;
 * prints what differs. */
bool flows_agree(const scenario *s, wanmi_engine engine);

#endif
