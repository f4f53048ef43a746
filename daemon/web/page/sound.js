// The sound of alarms, in the bursts of IEC 60601-1-8: ten pulses for high, three for medium, one for low, repeated after
// 7.5, 15 and 30 seconds. Only the highest priority sounds. A browser does not let a page play before somebody has
// clicked into it: `isOff` says so, and `unlock`, called from a click, ends it.

import {nowMs} from "./clock.js";

// In ms. Pulses of a high burst come as 3-2, 3-2: between the third and the fourth, 2 * gap + length; between the fifth
// and the sixth, `middle`.
export const BURSTS = {
  high: {pulses: 10, length: 150, gap: 100, middle: 500, repeat: 7500, pitch: 660},
  medium: {pulses: 3, length: 200, gap: 200, middle: 0, repeat: 15000, pitch: 523},
  low: {pulses: 1, length: 200, gap: 200, middle: 0, repeat: 30000, pitch: 392},
};

const RISE_S = 0.015;
const RANK = {none: 0, low: 1, medium: 2, high: 3};
// Six harmonics, all between 300 and 4000 Hz but the lowest pitch's, within 15 dB of each other.
const HARMONICS = [0, 1, 0.8, 0.7, 0.6, 0.5, 0.4];
const LEVEL = 0.5;

// When each pulse begins and how long it is, in ms from the burst's begin.
export function pulsesOf(priority) {
  const burst = BURSTS[priority];
  const pulses = [];
  let at = 0;
  for (let i = 0; i < burst.pulses; i++) {
    pulses.push({at, length: burst.length});
    const inHalf = i % 5;
    const pause = burst.pulses < 10 ? burst.gap : inHalf === 2 ? 2 * burst.gap + burst.length : inHalf === 4 ? burst.middle
      : burst.gap;
    at += burst.length + pause;
  }
  return pulses;
}

// Puts one burst into an audio graph, live or offline, from `startS` of the context's time on; answers its end in seconds.
export function playBurst(context, destination, startS, priority) {
  const tone = context.createOscillator();
  const envelope = context.createGain();
  const wave = context.createPeriodicWave(new Float32Array(HARMONICS.length), new Float32Array(HARMONICS));
  let endS = startS;
  tone.setPeriodicWave(wave);
  tone.frequency.value = BURSTS[priority].pitch;
  envelope.gain.setValueAtTime(0, startS);
  for (const pulse of pulsesOf(priority)) {
    const from = startS + pulse.at / 1000;
    endS = from + pulse.length / 1000;
    envelope.gain.setValueAtTime(0, from);
    envelope.gain.linearRampToValueAtTime(LEVEL, from + RISE_S);
    envelope.gain.setValueAtTime(LEVEL, endS - RISE_S);
    envelope.gain.linearRampToValueAtTime(0, endS);
  }
  tone.connect(envelope).connect(destination);
  tone.start(startS);
  tone.stop(endS + 0.05);
  return {endS, stop: () => envelope.disconnect()};
}

export class Sound {
  constructor(makeContext = () => new AudioContext()) {
    this.context = makeContext();
    this.meter = this.context.createAnalyser();
    this.meter.connect(this.context.destination);
    this.wanted = "none";
    this.reasons = new Set();
    this.playing = null;      // {priority, endMs, stop}
    this.nextMs = 0;
    this.bursts = [];         // the last ones, for whoever looks into the page
    this.unlock();
  }

  // Not allowed to play by the browser, or taken away by the system.
  get isOff() {
    return this.context.state !== "running";
  }

  unlock() {
    return this.context.resume();
  }

  // What should sound now and why: a new reason, or a higher priority, sounds at once.
  want(priority, reasons) {
    const isNew = reasons.some((reason) => !this.reasons.has(reason));
    this.reasons = new Set(reasons);
    if (RANK[priority] > RANK[this.wanted]) {
      this.hush();
      this.nextMs = 0;
    } else if (isNew && priority !== "none") {
      this.nextMs = Math.min(this.nextMs, this.playing ? this.playing.endMs + 1000 : 0);
    }
    if (priority === "none")
      this.hush();
    this.wanted = priority;
    this.tick();
  }

  tick() {
    if (this.playing && nowMs() >= this.playing.endMs)
      this.playing = null;
    if (this.wanted === "none" || this.isOff || this.playing || nowMs() < this.nextMs)
      return;
    this.burst(this.wanted);
    this.nextMs = nowMs() + BURSTS[this.wanted].repeat;
  }

  burst(priority) {
    const startS = this.context.currentTime + 0.02;
    const {endS, stop} = playBurst(this.context, this.meter, startS, priority);
    this.playing = {priority, stop, endMs: nowMs() + (endS - startS) * 1000 + 20};
    this.bursts.push({priority, atMs: nowMs(), startS, endS, pulses: pulsesOf(priority).length});
    this.bursts.splice(0, this.bursts.length - 20);
  }

  hush() {
    if (this.playing)
      this.playing.stop();
    this.playing = null;
  }

  // Somebody wants to hear whether it works.
  test() {
    this.unlock().then(() => this.playing === null && this.burst("low"));
  }

  // The loudest sample of the last moments, 0 to 1: what the graph really gives.
  level() {
    const samples = new Float32Array(this.meter.fftSize);
    this.meter.getFloatTimeDomainData(samples);
    return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  }
}
