// The page's own clock: it runs on from when the page was opened, and neither the computer's time of day nor a change of
// it matters. Times of day come from the daemon's frames.

export function nowMs() {
  return performance.now();
}

// A browser slows the timers of a tab that nobody looks at down to one a minute, but not those of a worker; and a page
// that alarms must not be slowed down.
export function beat(call) {
  const worker = new Worker("/page/beat.js");
  worker.onmessage = call;
  worker.onerror = () => setInterval(call, 250);
}
