/* A daemon that is asked over the network: its address, and the log-in that is
 * kept for it in the user's own run-time folder until the host is restarted.
 * One thread. */
#ifndef INFUSIOND_CTL_PLACE_H
#define INFUSIOND_CTL_PLACE_H

#include <curl/curl.h>

#include "daemon/base/outcome.h"

enum { PLACE_ORIGIN_CAP = 300, PLACE_TOKEN_CAP = 65 };

/* "https://chair.example:8443" from what a person wrote, in one spelling, as a browser would name it. Refused: no URL, a
 * path or name in it, and plain HTTP to anything but this host, since a password would go over the wire. */
struct outcome place_origin(const char *url, char ret_origin[static PLACE_ORIGIN_CAP]);

/* The kept log-in; "" when there is none. */
void place_load(const char *origin, char ret_token[static PLACE_TOKEN_CAP]);

/* Whether there is a folder in which a log-in can be kept; what to do when there is none. */
struct outcome place_can_keep(const char *origin);

/* Keeps it, readable by its owner only; "" forgets it. */
struct outcome place_keep(const char *origin, const char *token);

/* Why libcurl did not get through. */
struct outcome place_why(const char *origin, CURLcode result);

#endif
