/* /metrics in Prometheus' text form, version 0.0.4. Private to daemon/web. */
#ifndef INFUSIOND_WEB_METRICS_H
#define INFUSIOND_WEB_METRICS_H

#include <stdio.h>

struct web;

/* What the API itself knows, then what the backend adds. */
void metrics_write(struct web *web, FILE *out);

#endif
