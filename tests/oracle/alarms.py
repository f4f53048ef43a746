"""The life of an alarm: R16 and R26 to R31. One alarm per group; its conditions come and go, it keeps its memory."""

from regimen import (ESCALATE_AFTER, HIGH, LOW, MEDIUM, MILLI, PHYSIOLOGICAL, PRIORITY_NAMES, REMIND_EVERY,
                     RETURN_ACKNOWLEDGED, RETURN_SOON, RETURN_STANDING, STEP)
from scenario import format_time

ACTIVE, LATCHED, ENDED = "active", "latched", "ended"


class Condition:
    """A rule that holds. `vital` and `side` are those of a physiological one."""

    __slots__ = ("name", "priority", "vital", "side", "since", "device", "lost", "held", "gaps")

    def __init__(self, name, priority, since, vital=None, side=None, device=None, lost=False, held=False):
        self.name = name
        self.priority = priority
        self.since = since
        self.vital = vital
        self.side = side
        self.device = device
        self.lost = lost        # of the lost class: silent, lost.*, no-source.* (R20)
        self.held = held        # low because a cuff is going on (R21)
        self.gaps = 0           # of `unwatched`: how often nobody watched (R32)


def beyond(side, value, reference, step=0):
    """Whether `value` lies past `reference` on `side`, by at least `step` if one is given."""
    distance = value - reference if side == "high" else reference - value
    return distance >= step if step else distance > 0


class Alarm:
    def __init__(self, group):
        self.group = group
        self.state = ACTIVE
        self.names = frozenset()
        self.priority = 0
        self.revision = 0
        self.worse_revision = 0             # the revision at which it last became worse (R28)
        self.acknowledged = False
        self.high_since_acknowledged = False    # R27
        self.top = 0                        # the highest priority that it ever had
        self.directions = set()             # every direction that it ever had
        self.covered = set()                # directions that have sounded or were acknowledged
        self.worst = {}                     # (vital, side) -> worst value of its life
        self.reference = {}                 # (vital, side) -> value last sounded or acknowledged at
        self.recorded = {}                  # (vital, side) -> value that it stood at when it last changed
        self.became_high = None
        self.at_least_medium_since = None
        self.sounded = None
        self.escalated = False
        self.next_reminder = None
        self.ended = None
        self.ended_by_acknowledgement = False
        self.standing = False
        self.audio_pauses = 0
        self.gaps = 0                       # gaps in which nobody watched that it was told of (R32)


class Alarms:
    """All alarms of a session. `values` maps a vital to the usable values of its latest reading."""

    def __init__(self, trace, is_outside):
        self.trace = trace                  # callable(now, group, text)
        self.is_outside = is_outside        # callable(vital, side): the latest reading lies outside of what is in force
        self.conditions = {}                # group -> {name: Condition}
        self.alarms = {}                    # group -> the group's latest Alarm
        self.old_latches = {}               # group -> latched alarms that a new one of the group stands before
        self.onsets = {}                    # group -> [(onset, the end before it)]
        self.values = {}
        self.stood_at = {}                  # (vital, side) -> the latest value outside

    # Conditions

    def holds(self, group, name):
        return name in self.conditions.get(group, ())

    def add(self, group, condition):
        self.conditions.setdefault(group, {}).setdefault(condition.name, condition)

    def remove(self, group, name):
        self.conditions.get(group, {}).pop(name, None)

    def active(self, group):
        alarm = self.alarms.get(group)
        return alarm if alarm is not None and alarm.state == ACTIVE else None

    def top_physiological(self):
        return max([self.alarms[group].priority for group in PHYSIOLOGICAL if self.active(group)], default=0)

    def extreme(self, vital, side):
        values = self.values.get(vital)
        if not values:
            return None
        return max(values) if side == "high" else min(values)

    def emit(self, now, verb, alarm, names=None):
        names = alarm.names if names is None else names
        text = "%s %s %s %s %s" % (format_time(now), verb, alarm.group, PRIORITY_NAMES[alarm.priority],
                                   ",".join(sorted(names)) or "-")
        self.trace(now, alarm.group, text)
        self.record(alarm)

    def record(self, alarm):
        """What a restart brings back: the values as they stood at the alarm's last change."""
        pairs = {(condition.vital, condition.side) for condition in self.conditions.get(alarm.group, {}).values()}
        alarm.recorded = {pair: self.stood_at[pair] for pair in pairs if pair in self.stood_at}

    def restart(self):
        self.values.clear()
        for alarm in self.alarms.values():
            if alarm.state == ACTIVE:
                self.stood_at.update(alarm.recorded)

    # One step

    def settle(self, group, now, by_acknowledgement=False):
        """Brings the group's alarm in line with its conditions, after a step at `now`."""
        conditions = self.conditions.get(group)
        alarm = self.active(group)
        if alarm is None:
            if conditions:
                self.begin(group, conditions, now)
        elif not conditions:
            self.finish(alarm, now, by_acknowledgement)
        else:
            self.change(alarm, conditions, now)

    def pairs(self, conditions):
        """(vital, side) of the conditions, each with the value that it stands at: its latest one outside."""
        found = {}
        for condition in conditions.values():
            pair = (condition.vital, condition.side)
            if condition.vital is not None and pair not in found:
                value = self.extreme(*pair)
                if value is not None and (pair not in self.stood_at or self.is_outside(*pair)):
                    self.stood_at[pair] = value
                found[pair] = self.stood_at.get(pair)
        return {pair: value for pair, value in found.items() if value is not None}

    def begin(self, group, conditions, now):
        """R30: the same alarm again, or a new one."""
        previous = self.alarms.get(group)
        onsets = self.onsets.setdefault(group, [])
        if previous is not None:
            onsets.append((now, previous.ended))
            # Both the onset and the end before it lie within the ten minutes.
            onsets[:] = [pair for pair in onsets if pair[1] >= now - RETURN_STANDING]
        priority = max(condition.priority for condition in conditions.values())
        directions = {condition.side for condition in conditions.values() if condition.side}
        pairs = self.pairs(conditions)
        if previous is not None and self.comes_back(previous, priority, directions, pairs, len(onsets), now):
            alarm, verb = previous, "return"
            alarm.standing = alarm.standing or len(onsets) >= 3
        else:
            alarm, verb = Alarm(group), "start"
            if previous is not None and previous.state == LATCHED:
                self.old_latches.setdefault(group, []).append(previous)         # R27: until acknowledged
            self.alarms[group] = alarm
        before = alarm.priority
        alarm.state = ACTIVE
        alarm.names = frozenset(conditions)
        alarm.revision += 1
        alarm.became_high = None
        alarm.at_least_medium_since = None
        self.take_priority(alarm, priority, now)
        self.emit(now, verb, alarm)
        if alarm.acknowledged:
            while alarm.next_reminder <= now:
                alarm.next_reminder += REMIND_EVERY
            worse = (priority > before or bool(directions - alarm.covered) or self.stepped(alarm, pairs) or
                     self.is_new_gap(alarm, conditions))
            self.follow_values(alarm, pairs)
            self.follow_directions(alarm, directions)
            if worse:
                self.become_worse(alarm, pairs, directions, now)
            return
        alarm.sounded = now
        alarm.escalated = False
        self.is_new_gap(alarm, conditions)
        self.follow_values(alarm, pairs)
        self.follow_directions(alarm, directions)
        alarm.covered |= directions
        alarm.reference.update(pairs)

    @staticmethod
    def follow_directions(alarm, directions):
        """R28: a direction that has left is another one when it joins again; what it was heard at is forgotten."""
        alarm.directions |= directions
        alarm.covered &= directions
        alarm.reference = {pair: value for pair, value in alarm.reference.items() if pair[1] in directions}

    def comes_back(self, alarm, priority, directions, pairs, onsets, now):
        if alarm.ended_by_acknowledgement or alarm.ended is None:
            return False
        if priority > alarm.top or directions - alarm.directions:
            return False
        for (vital, side), value in pairs.items():
            worst = alarm.worst.get((vital, side))
            if worst is not None and beyond(side, value, worst, STEP[vital] * MILLI):
                return False
        since = now - alarm.ended
        return (since <= RETURN_SOON or (alarm.acknowledged and since <= RETURN_ACKNOWLEDGED) or onsets >= 3)

    def finish(self, alarm, now, by_acknowledgement):
        """R26 the end, R27 the latch."""
        latch = alarm.group in PHYSIOLOGICAL and alarm.high_since_acknowledged
        alarm.state = LATCHED if latch else ENDED
        alarm.names = frozenset()
        alarm.revision += 1
        alarm.ended = now
        alarm.ended_by_acknowledgement = by_acknowledgement
        self.emit(now, "latch" if latch else "end", alarm)

    def change(self, alarm, conditions, now):
        names = frozenset(conditions)
        priority = max(condition.priority for condition in conditions.values())
        directions = {condition.side for condition in conditions.values() if condition.side}
        pairs = self.pairs(conditions)
        rises = priority > alarm.priority
        verb = None
        if rises:
            verb = "raise"
        elif priority < alarm.priority:
            verb = "lower"
        elif names - alarm.names:
            verb = "join"
        elif alarm.names - names:
            verb = "leave"
        gap = self.is_new_gap(alarm, conditions)
        worse = rises or bool(directions - alarm.covered) or self.stepped(alarm, pairs) or gap
        worst_moved = self.follow_values(alarm, pairs)
        self.follow_directions(alarm, directions)
        if verb or worst_moved or gap:
            alarm.revision += 1
            self.record(alarm)
        if alarm.group == "pressure":
            self.record(alarm)      # every cuff is on record
        alarm.names = names
        if verb:
            self.take_priority(alarm, priority, now)
            self.emit(now, verb, alarm)
        if worse:
            self.become_worse(alarm, pairs, directions, now)

    def take_priority(self, alarm, priority, now):
        if priority == HIGH and (alarm.priority != HIGH or alarm.became_high is None):
            alarm.became_high = now
            alarm.escalated = False
        if priority == LOW:
            alarm.at_least_medium_since = None
        elif alarm.at_least_medium_since is None:
            alarm.at_least_medium_since = now
        alarm.priority = priority
        alarm.top = max(alarm.top, priority)
        if priority == HIGH:
            alarm.high_since_acknowledged = True

    @staticmethod
    def is_new_gap(alarm, conditions):
        """R32: each gap asks for an answer of its own; true once for each."""
        gaps = conditions["unwatched"].gaps if "unwatched" in conditions else 0
        is_new = gaps > alarm.gaps
        alarm.gaps = gaps
        return is_new

    def stepped(self, alarm, pairs):
        """R28: a usable value a step beyond the one that it last sounded or was acknowledged at."""
        return any(pair in alarm.reference and beyond(pair[1], value, alarm.reference[pair], STEP[pair[0]] * MILLI)
                   for pair, value in pairs.items())

    def follow_values(self, alarm, pairs):
        moved = False
        for pair, value in pairs.items():
            if pair not in alarm.worst or beyond(pair[1], value, alarm.worst[pair]):
                moved = moved or pair in alarm.worst
                alarm.worst[pair] = value
            alarm.reference.setdefault(pair, value)
        return moved

    def become_worse(self, alarm, pairs, directions, now):
        alarm.worse_revision = alarm.revision
        alarm.covered |= directions
        alarm.reference.update(pairs)
        if alarm.acknowledged:
            alarm.acknowledged = False
            alarm.sounded = now
            alarm.escalated = False
            alarm.audio_pauses = 0
            self.emit(now, "resound", alarm)

    # What falls due by time (R31)

    def escalation_due(self, alarm):
        if alarm.state != ACTIVE or alarm.priority != HIGH or alarm.acknowledged or alarm.escalated:
            return None
        return max(alarm.became_high, alarm.sounded) + ESCALATE_AFTER

    def reminder_due(self, alarm):
        if alarm.state != ACTIVE or not alarm.acknowledged:
            return None
        return alarm.next_reminder

    def next_due(self):
        best = None
        for alarm in self.alarms.values():
            if alarm.state == ACTIVE:
                due = self.reminder_due(alarm) if alarm.acknowledged else self.escalation_due(alarm)
                if due is not None and (best is None or due < best):
                    best = due
        return best

    def elapse(self, now):
        for alarm in self.alarms.values():
            due = self.escalation_due(alarm)
            if due is not None and due <= now:
                alarm.escalated = True
                self.emit(now, "escalate", alarm)
            due = self.reminder_due(alarm)
            if due is not None and due <= now:
                while alarm.next_reminder <= now:
                    alarm.next_reminder += REMIND_EVERY
                self.emit(now, "remind", alarm)

    # What people do

    def addressed(self, group):
        """The alarm that an acknowledgement of the group means: the latest that is active or latched."""
        alarm = self.alarms.get(group)
        if alarm is not None and alarm.state != ENDED:
            return alarm
        latches = self.old_latches.get(group)
        return latches[-1] if latches else None

    def everyone_open(self):
        """Active and latched alarms, older ones of a group first."""
        for group, alarm in self.alarms.items():
            yield from self.old_latches.get(group, ())
            if alarm.state != ENDED:
                yield alarm

    def acknowledge(self, group, seen, now):
        """R28. Returns False if it is refused."""
        alarm = self.addressed(group)
        if alarm is None:
            return False
        if seen is not None and alarm.worse_revision > seen:
            return False
        if alarm.state == LATCHED:
            if alarm is not self.alarms[group]:
                self.old_latches[group].remove(alarm)
            alarm.state = ENDED
            alarm.high_since_acknowledged = False
            if alarm.acknowledged:
                alarm.next_reminder = now + REMIND_EVERY        # the latest acknowledgement counts
            self.emit(now, "reset", alarm)
            return True
        conditions = self.conditions[group]
        alarm.acknowledged = True
        alarm.next_reminder = now + REMIND_EVERY
        alarm.high_since_acknowledged = alarm.priority == HIGH
        alarm.covered = {condition.side for condition in conditions.values() if condition.side}
        alarm.reference.update(self.pairs(conditions))
        alarm.audio_pauses = 0
        self.emit(now, "ack", alarm)
        return True

    def pause_audio(self):
        """R29: at most two in a row on one unacknowledged high alarm. Returns False if it is refused."""
        sounding = [alarm for alarm in self.alarms.values()
                    if alarm.state == ACTIVE and alarm.priority == HIGH and not alarm.acknowledged]
        if any(alarm.audio_pauses >= 2 for alarm in sounding):
            return False
        for alarm in sounding:
            alarm.audio_pauses += 1
        return True

    def close(self, now):
        for alarm in list(self.everyone_open()):
            alarm.state = ENDED
            self.emit(now, "close", alarm, names=())
