// Asking the API: every answer is JSON; what gets no answer in time is an error of its own, since it may have been done.

const ANSWER_WITHIN_MS = 10000;

export class Unanswered extends Error {}

export async function ask(method, path, body) {
  const request = {method, signal: AbortSignal.timeout(ANSWER_WITHIN_MS), credentials: "same-origin", cache: "no-store"};
  if (body !== undefined) {
    request.headers = {"Content-Type": "application/json"};
    request.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(path, request);
    return {status: answer.status, body: await answer.json()};
  } catch (trouble) {
    throw new Unanswered(String(trouble));
  }
}

// What identifies an act: made once, so that a repeat is the same act. crypto.randomUUID is missing where a page came
// over plain HTTP from elsewhere than this machine.
export function makeActId() {
  if (crypto.randomUUID)
    return crypto.randomUUID();
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
