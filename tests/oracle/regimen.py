"""The numbers of the iv-ketamine regimen and of the rules, as the oracle knows them.

Times are milliseconds, values are thousandths of the vital's unit (milli-units), both plain integers.
"""

SECOND = 1000
MINUTE = 60 * SECOND
MILLI = 1000

LOW, MEDIUM, HIGH = 1, 2, 3
PRIORITY_NAMES = {LOW: "low", MEDIUM: "medium", HIGH: "high"}
TIER_PRIORITY = {"advisory": MEDIUM, "critical": HIGH}

SPARSE = ("systolic", "diastolic", "mean")
CONTINUOUS = ("rate", "spo2", "breathing")
GROUP_OF = {
    "systolic": "pressure", "diastolic": "pressure", "mean": "pressure",
    "rate": "rate", "spo2": "oxygen", "breathing": "breathing",
}
PHYSIOLOGICAL = ("pressure", "rate", "oxygen", "breathing")

# Defaults of the two tiers (R10): whole units.
LIMITS = {
    "systolic.low.critical": 80, "systolic.low.advisory": 90,
    "systolic.high.advisory": 160, "systolic.high.critical": 180,
    "diastolic.low.critical": 40, "diastolic.low.advisory": 50,
    "diastolic.high.advisory": 100, "diastolic.high.critical": 110,
    "mean.low.critical": 55, "mean.low.advisory": 60,
    "mean.high.advisory": 120, "mean.high.critical": 135,
    "rate.low.critical": 40, "rate.low.advisory": 50,
    "rate.high.advisory": 110, "rate.high.critical": 130,
    "spo2.low.critical": 88, "spo2.low.advisory": 92,
    "breathing.low.critical": 8, "breathing.low.advisory": 10,
    "breathing.high.advisory": 24, "breathing.high.critical": 30,
}

# R38: how far a bedside change of a limit may go.
CEILING_HIGH = {"systolic": 200, "diastolic": 120, "mean": 150, "rate": 150, "breathing": 40}
CEILING_LOW = {"systolic": 70, "diastolic": 35, "mean": 50, "rate": 35, "spo2": 85, "breathing": 6}

# R6: inclusive plausible ranges, those of daemon/base/vital.c.
PLAUSIBLE = {
    "systolic": (40, 270), "diastolic": (10, 210), "mean": (20, 230),
    "rate": (30, 300), "spo2": (50, 100), "breathing": (4, 60),
}

# R12: name -> (floor, ((kind, amount), ...)); of several rises the smaller counts.
RELATIVE = {
    "systolic.high.advisory.relative": (140, (("percent", 120),)),
    "systolic.high.critical.relative": (160, (("percent", 130), ("plus", 40))),
    "diastolic.high.advisory.relative": (90, (("percent", 120),)),
    "diastolic.high.critical.relative": (100, (("plus", 25),)),
    "systolic.low.advisory.relative": (100, (("percent", 80),)),
    "systolic.low.critical.relative": (100, (("percent", 70),)),
    "rate.high.advisory.relative": (100, (("percent", 130),)),
    "spo2.low.advisory.relative": (94, (("plus", -4),)),
}

MARGIN = {"systolic": 4, "diastolic": 4, "mean": 4, "rate": 3, "spo2": 1, "breathing": 1}        # R15
STEP = {"systolic": 10, "diastolic": 10, "mean": 10, "rate": 10, "spo2": 2, "breathing": 3}      # R28
ONSET_DELAY = {"rate": 10 * SECOND, "spo2": 10 * SECOND, "breathing": 15 * SECOND}               # R13
HELD_BEFORE_LOST = 4 * SECOND                                                                    # R14
INSIDE_RUN = 5 * SECOND                                                                          # R15

JUMP = {"systolic": 50, "mean": 40}                                                              # R7
RATE_DISAGREEMENT = 20                                                                           # R7

RISING_WINDOW, RISING_FLOOR, RISING_BY = 10 * MINUTE, 130, 20                                    # R18
RISING_END_BELOW, RISING_END_BY = 126, 16
FALLING_WINDOW, FALLING_BY, FALLING_END_BY = 2 * MINUTE, 3, 2

CLOCK_TOLERANCE = 2 * MINUTE                                                                     # R4
LOST_HIGH_AFTER = 30 * SECOND                                                                    # R20
MEASURING_AT_MOST = 90 * SECOND                                                                  # R21
END_GRACE, PAUSE_AT_MOST = 2 * MINUTE, 10 * MINUTE                                               # R23
AUDIO_PAUSE_AT_MOST = 120 * SECOND                                                               # R29
RETURN_SOON, RETURN_ACKNOWLEDGED, RETURN_STANDING = 60 * SECOND, 10 * MINUTE, 10 * MINUTE        # R30
ESCALATE_AFTER, TECHNICAL_HIGH_AFTER, REMIND_EVERY = 120 * SECOND, 120 * SECOND, 180 * SECOND    # R31

PLANNED = 40 * MINUTE
INTERVAL = {"baseline": 5 * MINUTE, "infusion": 10 * MINUTE, "paused": 5 * MINUTE, "recovery": 15 * MINUTE}
RECOVERY_MINIMUM = 60 * MINUTE
CHECK_TOLERANCE = 3 * MINUTE
WATCHED = ("baseline", "infusion", "paused", "recovery")
DOSING = ("infusion", "paused")
REQUIRED = ("systolic", "rate", "spo2")       # in every watched phase
BASELINE_APART, BASELINE_AGE, BASELINE_MEDIAN = 2 * MINUTE, 30 * MINUTE, 5 * MINUTE              # R11
WEIGHT = (30, 250)              # kg; refused outside, and a second look is asked for outside of the next
WEIGHT_USUAL = (45, 115)
# Above the first a prescriber decides or starts the drug, from the second on one decides with a reason.
GATE = {"systolic": (140, 160), "diastolic": (90, 100)}


def stale_after(cadence):
    """R5: a continuous vital is stale this long after its last usable sample."""
    return max(10 * SECOND, cadence * 5 // 2)


def lost_after(cadence):
    """R5: the technical alarm of a continuous required vital."""
    return max(15 * SECOND, cadence * 7 // 2)


def silent_after(cadence):
    """R20: no valid answer of a device."""
    return max(5 * SECOND, cadence * 5 // 2)


def relative_limit(name, baseline):
    """R12: the effective limit in thousandths; percentages are rounded toward the baseline."""
    floor, rules = RELATIVE[name]
    floor *= MILLI
    high = ".high." in name
    found = []
    for kind, amount in rules:
        if kind == "plus":
            found.append(baseline + amount * MILLI)
        elif high:
            found.append(baseline * amount // 100)
        else:
            found.append(-(-baseline * amount // 100))
    if high:
        return max(floor, min(found))
    return min(floor, max(found))
