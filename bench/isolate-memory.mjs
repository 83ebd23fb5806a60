// The memory of one isolate, as V8 tells it over the inspector protocol.

const ANSWER_MS_MAX = 60_000;

/**
 * @param {string} url of the isolate's inspector
 * @param {AbortSignal} signal
 */
export async function isolateMemory(url, signal) {
  const socket = new WebSocket(url);
  await once(socket, "open", signal);
  const waiting = new Map();
  let asked = 0;
  socket.addEventListener("message", ({ data }) => {
    const { id, result, error } = JSON.parse(data);
    const { done, failed } = waiting.get(id) ?? {};
    waiting.delete(id);
    if (error) failed?.(new Error(error.message));
    else done?.(result);
  });
  const ask = (method) =>
    new Promise((done, failed) => {
      asked += 1;
      const id = asked;
      const timer = setTimeout(() => failed(new Error(`${method}: no answer`)), ANSWER_MS_MAX);
      waiting.set(id, {
        done: (result) => (clearTimeout(timer), done(result)),
        failed: (error) => (clearTimeout(timer), failed(error)),
      });
      socket.send(JSON.stringify({ id, method }));
    });
  return {
    /** Bytes: JavaScript objects, and the buffers that they own outside of V8's heap. Garbage counts. */
    async used() {
      const {
        usedSize,
        backingStorageSize = 0,
        embedderHeapUsedSize = 0,
      } = await ask("Runtime.getHeapUsage");
      return usedSize + backingStorageSize + embedderHeapUsedSize;
    },
    /** The same without garbage. */
    async live() {
      // workerd leaves `HeapProfiler.collectGarbage` without an answer; a snapshot collects before it is taken.
      await ask("HeapProfiler.takeHeapSnapshot");
      return this.used();
    },
    close: () => socket.close(),
  };
}

function once(socket, name, signal) {
  return new Promise((done, failed) => {
    signal.addEventListener("abort", () => failed(signal.reason), { once: true });
    socket.addEventListener("error", () => failed(new Error("no inspector is there")));
    socket.addEventListener(name, done, { once: true });
  });
}
