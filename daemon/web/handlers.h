/* What the routes do. A handler answers the request, or hands it to the
 * backend, which answers its ticket. Private to daemon/web. */
#ifndef INFUSIOND_WEB_HANDLERS_H
#define INFUSIOND_WEB_HANDLERS_H

#include "daemon/web/json_out.h"

struct actor;
struct web_request;
struct web_visitor;
struct web_act;
struct web_done;
struct json_t;

/* handlers_read.c */
void handle_health(struct web_request *request);
void handle_metrics(struct web_request *request);
void handle_status(struct web_request *request);
void handle_live(struct web_request *request);
void handle_beds(struct web_request *request);
void handle_bed(struct web_request *request);
void handle_alarms(struct web_request *request);

/* handlers_regimen.c */
void handle_regimens(struct web_request *request);

/* handlers_line.c */
void handle_lines(struct web_request *request);

/* handlers_reload.c */
void handle_reload(struct web_request *request);
/* What is said when it was done. */
void write_reloaded(struct json_out *out, const struct web_done *done);

/* handlers_query.c */
void handle_query(struct web_request *request);

/* handlers_act.c */
void handle_act(struct web_request *request);

/* handlers_preview.c */
void handle_preview(struct web_request *request);

/* The body of an act whose target is there and whose actor may do it, with both in *ret_act; new reference. NULL: the
 * request was refused. */
struct json_t *act_begin(struct web_request *request, struct web_act *ret_act);

/* Who a body says that acts. False: the request was refused, since the asker may not speak for them, or their role may not do it:
 * `not_for` is what is said of that, up to the role. */
bool act_find_actor(struct web_request *request, const struct json_t *body, const char *not_for, struct actor *ret_who);

/* handlers_log_in.c */
void handle_log_in(struct web_request *request);
void handle_log_out(struct web_request *request);
void handle_own_password(struct web_request *request);

/* handlers_user.c */
void handle_users(struct web_request *request);
void handle_user_password(struct web_request *request);
void handle_user_role(struct web_request *request);
void handle_user_disable(struct web_request *request);
void handle_user_enable(struct web_request *request);
void handle_user_remove(struct web_request *request);

/* Who is asking, and what their role may do: for the status and a live client's greeting. */
void write_person(struct json_out *out, const char *key, const struct web_visitor *visitor);

#endif
