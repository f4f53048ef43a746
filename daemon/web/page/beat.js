// A worker that only ticks: see clock.js.
setInterval(() => postMessage(0), 250);
