// The trend as an anaesthesia chart draws it: each pressure as a bar from systolic to diastolic with its mean across, where
// and when it was measured; rate and SpO2 as lines that break where they broke; limits, phases, acts and alarms around
// them. Drawn by dygraphs, whose legend would need styles that the page's policy forbids: its plugin is left out.

import "./dygraph.min.js";
import {el, setText, show} from "./dom.js";
import {PHASES, clockTime, vitalWord} from "./words.js";
import {Series, signature} from "./series.js";
import {nowMs} from "./clock.js";
import {partsOf} from "./alarm.js";

const Dygraph = window.Dygraph;
Dygraph.PLUGINS = Dygraph.PLUGINS.filter((plugin) => plugin !== Dygraph.Plugins.Legend && plugin !== Dygraph.Plugins.RangeSelector);

const REDRAW_MS = 1000;
const AHEAD_MS = 120000;
const LEAST_MS = 20 * 60000;
const AXIS_PX = 46;
const LIVE_STEP_S = 5;
const AGAIN_MS = 60000;

// Of where it stands: paper is light on a dark page too.
function colours(node) {
  const style = getComputedStyle(node);
  const of = (name) => style.getPropertyValue(`--${name}`).trim();
  return {ink: of("ink"), ink2: of("ink-2"), ink3: of("ink-3"), line: of("line"), raised: of("raised"), panel: of("panel"), hatch: of("hatch"),
    high: of("high"), medium: of("medium"), low: of("low")};
}

function font(px, weight = 400) {
  return `${weight} ${px}px B612, sans-serif`;
}

// The background: phases, stretches in which nothing was watched, limits.
class Ground {
  constructor(node, series, vitals, labelled) {
    Object.assign(this, {node, series, vitals, labelled});
  }

  draw(canvas, area, graph) {
    const paint = colours(this.node);
    // What has no end yet goes on until now.
    const x = (at) => Math.min(area.x + area.w, Math.max(area.x, graph.toDomXCoord(at ?? this.series.untilMs ?? Infinity)));
    canvas.save();
    canvas.beginPath();
    canvas.rect(area.x, area.y, area.w, area.h);
    canvas.clip();
    for (const phase of this.series.phases)
      this.phase(canvas, area, x(phase.from), x(phase.to), phase, paint);
    for (const gap of this.series.gaps)
      if (gap.vital === null || this.vitals.includes(gap.vital))
        hatch(canvas, area, x(gap.from), x(gap.to), paint, gap.vital === null);
    this.limits(canvas, area, graph, paint);
    canvas.restore();
  }

  phase(canvas, area, from, to, phase, paint) {
    if (phase.phase === "infusion") {
      canvas.fillStyle = paint.raised;
      canvas.fillRect(from, area.y, to - from, area.h);
    }
    canvas.strokeStyle = paint.ink3;
    canvas.setLineDash([]);
    canvas.beginPath();
    canvas.moveTo(from + 0.5, area.y);
    canvas.lineTo(from + 0.5, area.y + area.h);
    canvas.stroke();
    if (!this.labelled || to - from < 24)
      return;
    canvas.fillStyle = paint.ink2;
    canvas.font = font(13, 700);
    canvas.save();
    canvas.beginPath();
    canvas.rect(from, area.y, to - from, 18);
    canvas.clip();
    canvas.fillText(PHASES[phase.phase], from + 5, area.y + 13);
    canvas.restore();
  }

  // As they were in force, each from when to when.
  limits(canvas, area, graph, paint) {
    for (const limit of this.series.limits.filter((each) => this.vitals.includes(each.vital) && each.vital !== "diastolic")) {
      canvas.strokeStyle = paint.ink3;
      canvas.lineWidth = limit.tier === "critical" ? 1.4 : 0.8;
      canvas.setLineDash(limit.vital === "rate" ? [1, 5] : limit.tier === "critical" ? [10, 5] : [4, 5]);
      limit.steps.forEach(([from, value], i) => {
        if (value === null)
          return;
        const to = limit.steps[i + 1]?.[0];
        canvas.beginPath();
        canvas.moveTo(graph.toDomXCoord(from), graph.toDomYCoord(value));
        canvas.lineTo(to === undefined ? area.x + area.w : graph.toDomXCoord(to), graph.toDomYCoord(value));
        canvas.stroke();
      });
    }
    canvas.setLineDash([]);
  }
}

// Not watched: hatched, and densely where nobody watched at all.
function hatch(canvas, area, from, to, paint, nobody) {
  const step = nobody ? 6 : 12;
  canvas.save();
  canvas.beginPath();
  canvas.rect(from, area.y, Math.max(2, to - from), area.h);
  canvas.clip();
  canvas.fillStyle = paint.hatch;
  canvas.fillRect(from, area.y, Math.max(2, to - from), area.h);
  canvas.strokeStyle = paint.ink3;
  canvas.lineWidth = 1;
  canvas.beginPath();
  for (let at = from - area.h; at < to; at += step) {
    canvas.moveTo(at, area.y + area.h);
    canvas.lineTo(at + area.h, area.y);
  }
  canvas.stroke();
  canvas.restore();
}

// A pressure: V above, inverted V below, a bar between, the mean across. By hand: the bar is dashed.
function drawPressures(series, plot) {
  const {drawingContext: canvas, dygraph: graph, plotArea: area} = plot;
  const paint = colours(plot.drawingContext.canvas);
  canvas.save();
  canvas.lineWidth = 2.2;
  canvas.lineCap = "round";
  for (const [at, pressure] of series.pressures) {
    const x = graph.toDomXCoord(at);
    if (x < area.x - 6 || x > area.x + area.w + 6 || pressure.systolic === undefined)
      continue;
    const y = (value) => graph.toDomYCoord(value);
    canvas.strokeStyle = paint.ink;
    canvas.setLineDash(pressure.byHand ? [3, 4] : []);
    canvas.beginPath();
    canvas.moveTo(x, y(pressure.systolic));
    canvas.lineTo(x, y(pressure.diastolic));
    canvas.stroke();
    canvas.setLineDash([]);
    canvas.beginPath();
    canvas.moveTo(x - 5, y(pressure.systolic) - 6);
    canvas.lineTo(x, y(pressure.systolic));
    canvas.lineTo(x + 5, y(pressure.systolic) - 6);
    canvas.moveTo(x - 5, y(pressure.diastolic) + 6);
    canvas.lineTo(x, y(pressure.diastolic));
    canvas.lineTo(x + 5, y(pressure.diastolic) + 6);
    if (pressure.mean !== undefined && pressure.mean !== null) {
      canvas.moveTo(x - 5, y(pressure.mean));
      canvas.lineTo(x + 5, y(pressure.mean));
    }
    canvas.stroke();
    if (pressure.doubtful) {
      canvas.fillStyle = paint.ink;
      canvas.font = font(14, 700);
      canvas.fillText("?", x + 6, y(pressure.systolic));
    }
  }
  canvas.restore();
}

// A stream: a line through the last value of each step, and how far it went within the step.
function drawStream(points, plot, paint, width) {
  const {drawingContext: canvas, dygraph: graph, plotArea: area} = plot;
  let open = false;
  canvas.save();
  canvas.strokeStyle = paint;
  canvas.lineWidth = width;
  canvas.lineJoin = "round";
  canvas.beginPath();
  for (const [at, low, high, last] of points) {
    const x = graph.toDomXCoord(at);
    if (last === null || x < area.x - 40) {
      open = false;
      continue;
    }
    if (open)
      canvas.lineTo(x, graph.toDomYCoord(last));
    else
      canvas.moveTo(x, graph.toDomYCoord(last));
    open = true;
    if (high > low) {
      canvas.moveTo(x, graph.toDomYCoord(low));
      canvas.lineTo(x, graph.toDomYCoord(high));
      canvas.moveTo(x, graph.toDomYCoord(last));
    }
  }
  canvas.stroke();
  canvas.restore();
}

// Above the chart: when which alarm stood, in its colour and shape, and what people did.
function drawStrip(canvasNode, series, graph) {
  const scale = window.devicePixelRatio || 1;
  const width = canvasNode.clientWidth;
  const height = canvasNode.clientHeight;
  if (canvasNode.width !== width * scale || canvasNode.height !== height * scale) {
    canvasNode.width = width * scale;
    canvasNode.height = height * scale;
  }
  const canvas = canvasNode.getContext("2d");
  const paint = colours(canvasNode);
  const area = graph.getArea();
  canvas.setTransform(scale, 0, 0, scale, 0, 0);
  canvas.clearRect(0, 0, width, height);
  canvas.save();
  canvas.beginPath();
  canvas.rect(area.x, 0, area.w, height);
  canvas.clip();
  for (const alarm of series.alarms)
    drawAlarm(canvas, graph, series, alarm, paint);
  let freeFrom = -Infinity;
  for (const mark of series.marks) {
    const x = graph.toDomXCoord(mark.at);
    canvas.strokeStyle = paint.ink2;
    canvas.beginPath();
    canvas.moveTo(x, 18);
    canvas.lineTo(x, height);
    canvas.stroke();
    canvas.font = font(12);
    const wide = canvas.measureText(mark.word).width;
    if (x + 3 < freeFrom)
      continue;
    canvas.fillStyle = paint.ink2;
    canvas.fillText(mark.word, x + 3, 31);
    freeFrom = x + wide + 10;
  }
  canvas.restore();
}

function drawAlarm(canvas, graph, series, alarm, paint) {
  const from = graph.toDomXCoord(alarm.from);
  const to = graph.toDomXCoord(alarm.to ?? series.untilMs ?? alarm.from);
  canvas.fillStyle = paint[alarm.priority] ?? paint.low;
  canvas.fillRect(from, 8, Math.max(2, to - from), 4);
  canvas.strokeStyle = paint.ink;
  canvas.lineWidth = 1;
  canvas.beginPath();
  if (alarm.priority === "high") {
    canvas.moveTo(from, 2);
    canvas.lineTo(from + 8, 17);
    canvas.lineTo(from - 8, 17);
  } else if (alarm.priority === "medium") {
    canvas.moveTo(from, 2);
    canvas.lineTo(from + 8, 10);
    canvas.lineTo(from, 18);
    canvas.lineTo(from - 8, 10);
  } else {
    canvas.arc(from, 10, 6.5, 0, 2 * Math.PI);
  }
  canvas.closePath();
  canvas.fill();
  canvas.stroke();
}

export function chart(series, utcOffsetMin) {
  const strip = el("canvas", {class: "trend-strip", "aria-hidden": "true"});
  const mainBox = el("div", {class: "trend-main"});
  const oxygenBox = el("div", {class: "trend-oxygen"});
  const readout = el("p", {class: "trend-readout"});
  const node = el("figure", {class: "trend", role: "img", "aria-label": "Pressures, rate and SpO2 over the session"}, strip, mainBox, oxygenBox,
    readout);
  const grounds = {main: new Ground(node, series, ["systolic", "diastolic", "rate"], true), oxygen: new Ground(node, series, ["spo2"], false)};
  let graphs = null;
  let drawnMs = 0;
  let look = null;             // in which it was drawn

  function make({main, oxygen}) {
    const common = {
      labelsUTC: true, connectSeparatedPoints: true, highlightCircleSize: 3, strokeWidth: 1.8, axisLabelFontSize: 13, axisLineWidth: 1, rightGap: 8,
      animatedZooms: false, xRangePad: 0,
      highlightCallback: (event, at) => say(at), unhighlightCallback: () => say(null),
    };
    const xAxis = {ticker: Dygraph.dateTicker, pixelsPerLabel: 70, drawGrid: false,
      axisLabelFormatter: (at) => clockTime(Number(at), utcOffsetMin(), false)};
    const yAxis = {axisLabelWidth: AXIS_PX - 6, gridLineWidth: 0.4};
    graphs = {
      main: new Dygraph(mainBox, main, {...common, labels: ["time", "Pressure", "Rate"],
        axes: {x: {...xAxis, axisLabelFormatter: () => ""}, y: yAxis},
        underlayCallback: (canvas, area, graph) => grounds.main.draw(canvas, area, graph),
        series: {Pressure: {plotter: (plot) => drawPressures(series, plot)},
          Rate: {plotter: (plot) => drawStream(series.streams.rate, plot, colours(node).ink2, 1.8)}},
        drawCallback: (graph) => drawStrip(strip, series, graph)}),
      oxygen: new Dygraph(oxygenBox, oxygen, {...common, labels: ["time", "SpO2"], axes: {x: xAxis, y: {...yAxis,
        pixelsPerLabel: 24}}, underlayCallback: (canvas, area, graph) => grounds.oxygen.draw(canvas, area, graph),
      plotter: (plot) => drawStream(series.streams.spo2, plot, colours(node).ink, 1.8)}),
    };
  }

  function say(at) {
    if (at === null) {
      setText(readout, "V and Λ: pressure, bar across: mean · line: rate · below: SpO2 %");
      return;
    }
    const near = (map, within) => [...map].filter(([key]) => Math.abs(key - at) <= within)
      .sort((a, b) => Math.abs(a[0] - at) - Math.abs(b[0] - at))[0];
    const pressure = near(series.pressures, 120000);
    const value = (name) => near(series.streams[name].filter((point) => point[3] !== null).map((point) => [point[0], point[3]]), 15000)?.[1];
    const gap = series.gaps.find((each) => each.from <= at && (each.to ?? Infinity) >= at);
    const marks = [...series.marks.filter((mark) => Math.abs(mark.at - at) < 30000).map((mark) => mark.text || mark.word),
      ...series.alarms.filter((alarm) => Math.abs(alarm.from - at) < 30000).map((alarm) => partsOf(alarm.sentence).main)];
    setText(readout, [clockTime(at, utcOffsetMin()), pressure && `${pressure[1].systolic}/${pressure[1].diastolic} at ` +
      clockTime(pressure[0], utcOffsetMin(), false), value("rate") !== undefined && `rate ${value("rate")}`,
    value("spo2") !== undefined && `SpO2 ${value("spo2")}`, gap && `${vitalWord(gap.vital ?? "nothing")} not watched: ${gap.why ?? "no cause on record"}`
      .replace("nothing not watched", "nobody watched"), ...marks].filter(Boolean).join(" · "));
  }

  // What dygraphs is to know of the points: it draws none of them, and finds the one under the pointer.
  function rows() {
    const main = new Map([...series.streams.rate].map(([at, , , last]) => [at, [at, null, last]]));
    for (const [at, pressure] of series.pressures)
      main.set(at, [at, pressure.systolic, main.get(at)?.[2] ?? null]);
    return {main: [...main.values()].sort((a, b) => a[0] - b[0]), oxygen: series.streams.spo2.map(([at, , , last]) => [at, last])};
  }

  // A chart that was drawn for another size is drawn over itself.
  const watcher = new ResizeObserver(() => {
    if (graphs)
      for (const graph of Object.values(graphs))
        graph.resize();
  });
  watcher.observe(node);

  // Nothing that was measured may lie outside the picture: the usual range, and further when it has to be.
  function heights() {
    const pressures = [...series.pressures.values()].flatMap((each) => [each.systolic, each.diastolic]);
    const of = (name, at) => series.streams[name].map((point) => point[at]);
    const numbers = (list) => list.filter((each) => each !== null && each !== undefined);
    const main = numbers([...pressures, ...of("rate", 1), ...of("rate", 2)]);
    const oxygen = numbers(of("spo2", 1));
    const lowest = (list, usual) => list.reduce((most, each) => Math.min(most, each), usual);
    return {main: [lowest(main, 40) - 10, main.reduce((most, each) => Math.max(most, each), 195) + 15], oxygen: [lowest(oxygen, 82) - 3, 101]};
  }

  function range({main}, untilMs) {
    const from = series.phases[0]?.from ?? main[0]?.[0] ?? untilMs - LEAST_MS;
    return [from - 30000, Math.max(from + LEAST_MS, untilMs)];
  }

  const lookNow = () => document.documentElement.dataset.theme;

  return {
    node,
    // Draws what the series has, up to `untilMs` of the record's time.
    draw(untilMs) {
      look = lookNow();
      const known = rows();
      if (known.main.length === 0)
        known.main.push([untilMs, null, null]);
      if (known.oxygen.length === 0)
        known.oxygen.push([untilMs, null]);
      const wide = range(known, untilMs);
      const paint = colours(node);
      if (!graphs)
        make(known);
      const options = {dateWindow: wide, axisLineColor: paint.line, gridLineColor: paint.line};
      const high = heights();
      graphs.main.updateOptions({...options, valueRange: high.main, file: known.main, colors: [paint.ink, paint.ink2]});
      graphs.oxygen.updateOptions({...options, valueRange: high.oxygen, file: known.oxygen, colors: [paint.ink]});
      if (readout.textContent === "")
        say(null);
      drawnMs = nowMs();
    },
    isDue: () => nowMs() - drawnMs >= REDRAW_MS || look !== lookNow(),
    isOfThisLook: () => look === lookNow(),
    destroy() {
      watcher.disconnect();
      if (graphs)
        for (const graph of Object.values(graphs))
          graph.destroy();
      graphs = null;
    },
  };
}

// The trend of the session at a bed: what the record has, asked for again now and then and when something changed, and
// continued by frames in between.
export function trend(app) {
  const empty = el("p", {class: "trend-empty"});
  const node = el("div", {class: "trend-place"}, empty);
  let series = null;
  let drawn = null;
  let tookMs = 0;
  let asks = false;
  let askAtMs = 0;
  let known = "";

  function begin(sessionId) {
    leave();
    if (sessionId === null)
      return;
    series = new Series(sessionId);
    drawn = chart(series, () => app.utcOffsetMin());
    node.append(drawn.node);
    askAtMs = 0;
  }

  async function load() {
    const mine = series;
    asks = true;
    await mine.load(LIVE_STEP_S).catch(() => false);
    asks = false;
    askAtMs = nowMs() + (mine.loaded ? AGAIN_MS : REDRAW_MS);
  }

  function leave() {
    if (drawn) {
      drawn.destroy();
      drawn.node.remove();
    }
    series = null;
    drawn = null;
  }

  function follow(entry) {
    if (entry.receivedMs === tookMs)
      return;
    tookMs = entry.receivedMs;
    series.takeFrame(entry.frame);
    const now = signature(entry.frame);
    if (known !== now)
      askAtMs = Math.min(askAtMs, nowMs() + REDRAW_MS);
    known = now;
  }

  return {
    node,
    update(entry) {
      const id = entry.frame.session ? entry.frame.session.id : null;
      if ((series ? series.sessionId : null) !== id)
        begin(id);
      show(empty, !series || !series.loaded);
      setText(empty, id === null ? "No session: nothing is charted." : app.live.lost ? "The record cannot be asked: nothing is charted."
        : "Waiting for what the record has.");
      if (!series)
        return;
      show(drawn.node, series.loaded);
      if (!asks && nowMs() >= askAtMs && !app.live.lost)
        load();
      if (!series.loaded)
        return;
      follow(entry);
      if (drawn.isDue())
        drawn.draw((app.live.time() ?? 0) + AHEAD_MS);
    },
    leave,
  };
}
