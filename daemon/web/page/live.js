// The live frames: one WebSocket, what it brought last, and how old that is. When no frame comes for three seconds the
// page is lost: it says so itself, tries to connect every half second, and counts how long nobody was shown anything.

import {nowMs} from "./clock.js";

const LOST_AFTER_MS = 3000;
const CONNECT_WITHIN_MS = 2000;
const BACKOFF_MS = [100, 250, 450];

export class Live {
  constructor() {
    this.station = null;      // {frame, receivedMs}
    this.beds = new Map();    // name -> {frame, receivedMs}
    this.you = null;
    this.version = null;      // of the daemon that this page came from
    this.isRenewed = false;
    this.lost = false;
    this.back = null;         // {fromIso, toIso, lastedMs}: what was lost, until somebody has seen it
    this.onChange = () => {};
    this.onTrouble = () => {};
    this.wanted = false;
    this.socket = null;
    this.attempts = 0;
    this.isAsking = false;    // whether the daemon answers at all
  }

  start() {
    if (this.wanted)
      return;
    this.wanted = true;
    this.attempts = 0;
    this.nextAttemptMs = 0;
    this.startedMs = nowMs();
    this.lastFrameMs = null;
    this.lastAtIso = null;
    this.tick();
  }

  // After logging out: nothing is watched and nothing is lost.
  stop() {
    this.wanted = false;
    this.drop();
    this.lost = false;
    this.back = null;
    this.station = null;
    this.beds.clear();
    this.you = null;
  }

  // Milliseconds since the daemon's frame, added to what the frame says: ages go on without a new frame.
  static aged(entry, ms) {
    return ms === null || ms === undefined ? null : ms + (nowMs() - entry.receivedMs);
  }

  static left(entry, ms) {
    return ms === null || ms === undefined ? null : ms - (nowMs() - entry.receivedMs);
  }

  // The record's time now, in ms since 1970 UTC; null before the first frame.
  time() {
    return this.station ? Date.parse(this.station.frame.at) + (nowMs() - this.station.receivedMs) : null;
  }

  silentMs() {
    return nowMs() - (this.lastFrameMs ?? this.startedMs);
  }

  isBedSilent(entry) {
    return nowMs() - entry.receivedMs > LOST_AFTER_MS;
  }

  tick() {
    if (!this.wanted)
      return;
    const now = nowMs();
    if (!this.lost && this.silentMs() > LOST_AFTER_MS) {
      this.lost = true;
      // A connection that has gone quiet may never say that it is dead.
      if (this.socket && this.socket.readyState === WebSocket.OPEN)
        this.drop();
      this.onChange();
    }
    if (this.socket && this.socket.readyState === WebSocket.CONNECTING && now - this.connectMs > CONNECT_WITHIN_MS) {
      this.drop();
      this.nextAttemptMs = now;
    }
    if (!this.socket && !this.isAsking && now >= this.nextAttemptMs)
      this.reach(now);
  }

  // After some sockets that failed a browser holds every further one back for seconds, but no question: when something
  // answers again, the socket is opened.
  async reach(now) {
    this.isAsking = true;
    const answers = this.attempts === 0 || await fetch("/healthz", {cache: "no-store", signal: AbortSignal.timeout(CONNECT_WITHIN_MS)})
      .then(() => true, () => false);
    this.isAsking = false;
    this.nextAttemptMs = now + BACKOFF_MS.at(-1);
    if (answers && this.wanted && !this.socket)
      this.connect();
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/api/v1/live`, "infusiond.v1");
    this.socket = socket;
    this.connectMs = nowMs();
    socket.onmessage = (message) => this.socket === socket && this.take(JSON.parse(message.data));
    socket.onclose = () => {
      if (this.socket === socket)
        this.drop();
    };
  }

  drop() {
    const socket = this.socket;
    this.socket = null;
    if (socket) {
      socket.onmessage = socket.onclose = null;
      socket.close();
    }
    this.nextAttemptMs = nowMs() + BACKOFF_MS[Math.min(this.attempts, BACKOFF_MS.length - 1)];
    this.attempts += 1;
    if (this.wanted)
      this.onTrouble();
  }

  take(frame) {
    const receivedMs = nowMs();
    this.attempts = 0;
    if (frame.type === "hello") {
      this.you = frame.you;
    } else {
      if (this.lost)
        this.recover(frame, receivedMs);
      this.lastFrameMs = receivedMs;
      this.lastAtIso = frame.at;
      if (frame.type === "station")
        this.takeStation(frame, receivedMs);
      else if (frame.type === "bed")
        this.beds.set(frame.bed, {frame, receivedMs});
    }
    this.onChange(frame);
  }

  takeStation(frame, receivedMs) {
    this.version ??= frame.version;
    this.isRenewed = frame.version !== this.version;
    this.station = {frame, receivedMs};
    const names = new Set(frame.beds.map((brief) => brief.bed));
    for (const name of this.beds.keys())
      if (!names.has(name))
        this.beds.delete(name);
  }

  // The daemon's own times say how long it was: this computer may have slept, and its clock with it.
  recover(frame, receivedMs) {
    this.lost = false;
    if (this.lastAtIso === null)
      return;
    const lastedMs = Math.max(Date.parse(frame.at) - Date.parse(this.lastAtIso), receivedMs - this.lastFrameMs);
    const fromIso = this.back ? this.back.fromIso : this.lastAtIso;
    this.back = {fromIso, toIso: frame.at, lastedMs: lastedMs + (this.back ? this.back.lastedMs : 0),
      times: this.back ? this.back.times + 1 : 1};
  }
}
