"""Reads a scenario file: heading, timeline, and the alarm lines that it expects."""

import shlex

from regimen import MILLI, SECOND


class ScenarioError(Exception):
    pass


class Device:
    """One monitor of the heading."""

    def __init__(self, name, cadence, sources):
        self.name = name
        self.cadence = cadence
        self.sources = sources

    @property
    def vitals(self):
        return {source.split(".")[0] for source in self.sources}


class Line:
    """One line of the timeline. `device` is None for acts and for the world."""

    __slots__ = ("number", "time", "device", "word", "arguments", "role", "refused", "text")

    def __init__(self, number, time, device, word, arguments, role, refused, text):
        self.number = number
        self.time = time
        self.device = device
        self.word = word
        self.arguments = arguments
        self.role = role
        self.refused = refused
        self.text = text


class Scenario:
    def __init__(self):
        self.rules = []
        self.title = ""
        self.regimen = "iv-ketamine"
        self.devices = []
        self.limits = {}
        self.lines = []
        self.expect = []

    def device(self, name):
        for device in self.devices:
            if device.name == name:
                return device
        return None


DEVICE_WORDS = {"stream", "silent", "answers", "cuff", "measuring", "measured", "pinned", "clock"}
DEFAULT_SOURCES = ["rate.pleth", "spo2", "systolic", "diastolic", "mean"]


def parse_time(text):
    """HH:MM:SS or HH:MM:SS.mmm as milliseconds of the day; None if it is no time."""
    parts = text.split(":")
    if len(parts) != 3:
        return None
    seconds, _, fraction = parts[2].partition(".")
    if not (parts[0].isdigit() and parts[1].isdigit() and seconds.isdigit()):
        return None
    millis = int((fraction + "000")[:3]) if fraction else 0
    return ((int(parts[0]) * 60 + int(parts[1])) * 60 + int(seconds)) * SECOND + millis


def format_time(instant):
    seconds, millis = divmod(instant, SECOND)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    text = "%02d:%02d:%02d" % (hours, minutes, seconds)
    return text + ".%03d" % millis if millis else text


def parse_duration(text):
    """`180s`, `-20s`, `500ms`, `3m` or `+20s` as milliseconds."""
    sign = -1 if text.startswith("-") else 1
    body = text.lstrip("+-")
    for suffix, factor in (("ms", 1), ("s", SECOND), ("min", 60 * SECOND), ("m", 60 * SECOND), ("h", 3600 * SECOND)):
        if body.endswith(suffix) and body[: -len(suffix)].replace(".", "", 1).isdigit():
            return sign * parse_milli(body[: -len(suffix)]) * factor // MILLI
    if body.isdigit():
        return sign * int(body) * SECOND
    raise ScenarioError("no duration: %s" % text)


def parse_milli(text):
    """A decimal number as thousandths, without going through floating point."""
    sign = -1 if text.startswith("-") else 1
    whole, _, fraction = text.lstrip("+-").partition(".")
    if not whole.isdigit() or (fraction and not fraction.isdigit()):
        raise ScenarioError("no number: %s" % text)
    return sign * (int(whole) * MILLI + int((fraction + "000")[:3] or 0))


def parse(text, name="scenario"):
    scenario = Scenario()
    sources = {}
    moved_to = monitors_of_moves(text)
    section = "heading"
    last = 0
    for number, raw in enumerate(text.splitlines(), 1):
        stripped = raw.strip()
        if not stripped or stripped.startswith("#"):
            continue
        try:
            if section == "expect":
                if parse_time(stripped.split()[0]) is None:
                    raise ScenarioError("an expected line opens with its time")
                scenario.expect.append(" ".join(stripped.split()))
                continue
            if stripped == "expect":
                section = "expect"
                continue
            time = parse_time(stripped.split()[0])
            if time is None:
                if section != "heading":
                    raise ScenarioError("a line of the timeline opens with its time")
                parse_heading(scenario, sources, stripped)
                continue
            if section == "heading":
                section = "timeline"
                finish_heading(scenario, sources, moved_to)
            if time < last:
                raise ScenarioError("time goes back")
            last = time
            scenario.lines.append(parse_line(scenario, number, time, stripped))
        except ScenarioError as error:
            raise ScenarioError("%s:%d: %s" % (name, number, error)) from None
    if section == "heading":
        finish_heading(scenario, sources, moved_to)
    return scenario


def monitors_of_moves(text):
    """The monitors that sessions move to; they need not be declared."""
    words = [line.split() for line in text.splitlines()]
    return [line[3] for line in words if len(line) > 3 and line[1] == "move" and parse_time(line[0]) is not None]


def parse_heading(scenario, sources, text):
    words = text.split()
    if words[0] == "rule":
        scenario.rules += words[1:]
    elif words[0] == "title":
        scenario.title = text[len("title"):].strip()
    elif words[0] == "regimen":
        scenario.regimen = words[1]
    elif words[0] == "device":
        cadence = SECOND
        if "cadence" in words:
            cadence = parse_duration(words[words.index("cadence") + 1])
        scenario.devices.append(Device(words[1], cadence, list(DEFAULT_SOURCES)))
    elif words[0] == "limit":
        scenario.limits[words[1]] = parse_milli(words[2])
    elif words[0] == "sources":
        sources[words[1]] = words[2:]
    else:
        raise ScenarioError("unknown heading: %s" % words[0])


def finish_heading(scenario, sources, moved_to):
    if not scenario.devices:
        scenario.devices.append(Device("m1", SECOND, list(DEFAULT_SOURCES)))
    for name in moved_to:
        if scenario.device(name) is None:
            scenario.devices.append(Device(name, SECOND, list(DEFAULT_SOURCES)))
    for name, given in sources.items():
        device = scenario.device(name)
        if device is None:
            raise ScenarioError("sources of an unknown device: %s" % name)
        device.sources = given


def parse_line(scenario, number, time, text):
    words = (shlex.split(text) if '"' in text else text.split(" #")[0].split())[1:]
    device = None
    if words and scenario.device(words[0]) is not None:
        device = words[0]
        words = words[1:]
    if not words:
        raise ScenarioError("nothing happens in this line")
    word, arguments = words[0], words[1:]
    if word == "clock" and device is None and arguments and arguments[0] == "step":
        return Line(number, time, None, "clock-step", arguments[1:], None, False, text)
    if word in DEVICE_WORDS:
        return Line(number, time, device or scenario.devices[0].name, word, arguments, None, False, text)
    refused = bool(arguments) and arguments[-1] == "refused"
    if refused:
        arguments = arguments[:-1]
    role = "nurse"
    if len(arguments) >= 2 and arguments[-2] == "by":
        role = arguments[-1]
        arguments = arguments[:-2]
    return Line(number, time, None, word, arguments, role, refused, text)
