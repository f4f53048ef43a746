/* Phases of a session: the explicit state x act table (R23, R33). Pure. */
#ifndef INFUSIOND_CLINICAL_PHASE_H
#define INFUSIOND_CLINICAL_PHASE_H

#include "daemon/clinical/act.h"

/* The phase that an act leads to; refused with a sentence where the table has no way. */
struct outcome phase_after(enum phase from, enum act_kind act, enum phase *ret_to);

/* The act is possible in this phase at all (whether or not it changes it); and the same with a sentence why not. */
bool phase_has_way(enum phase phase, enum act_kind act);
struct outcome phase_allows(enum phase phase, enum act_kind act);

#endif
