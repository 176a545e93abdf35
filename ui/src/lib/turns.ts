// Work that may wait its turn: one piece a task, so that the page answers a press or a scroll between
// two of them, however much there is to do.

const waiting = new Set<() => void>();
const { port1, port2 } = new MessageChannel();
port1.onmessage = () => {
  const [job] = waiting;
  if (!job) return;
  waiting.delete(job);
  if (waiting.size > 0) port2.postMessage(null);
  job();
};

/** Does the job when those before it are done; the answer takes it back. */
export function inTurn(work: () => void): () => void {
  const job = () => work();
  waiting.add(job);
  if (waiting.size === 1) port2.postMessage(null);
  return () => {
    waiting.delete(job);
  };
}
