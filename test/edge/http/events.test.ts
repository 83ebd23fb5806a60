import { beforeEach, describe, expect, it, vi } from "vitest";
import { eventStream, LIFE_MS } from "../../../src/edge/http/event-stream.ts";
import { FakeSwarm, instantAt, problemOf, SCOPE } from "./fake-swarm.ts";

const PATH = "/api/v1/events";
let swarm: FakeSwarm;
beforeEach(() => {
  swarm = new FakeSwarm();
});

/** The types of Node and of Workers do not agree on what a decoder takes. */
const decoder = () => new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>;

/** Reads frames until `count` events are there or the stream ends, then goes away. */
async function eventsOf(response: Response, count: number): Promise<string[]> {
  const reader = response.body?.pipeThrough(decoder()).getReader();
  let text = "";
  const found = (): string[] => text.match(/^id: \d+\nevent: .+\ndata: .+$/gm) ?? [];
  while (found().length < count) {
    const chunk = await reader?.read();
    if (!chunk || chunk.done) break;
    text += chunk.value;
  }
  await reader?.cancel();
  return found();
}

const idsOf = (frames: readonly string[]): number[] =>
  frames.map((frame) => Number(/^id: (\d+)/.exec(frame)?.[1]));

describe("GET events as a stream", () => {
  it("frames entries as events", async () => {
    swarm.record(1);
    const response = await swarm.ask(`${PATH}?after=-1`);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const [frame = ""] = await eventsOf(response, 1);
    const [id, event, data = ""] = frame.split("\n");
    expect([id, event]).toEqual(["id: 0", "event: run"]);
    expect(JSON.parse(data.slice("data: ".length))).toEqual(swarm.entries[0]);
  });

  it("resumes after the last id that the client has seen", async () => {
    swarm.record(5);
    const response = await swarm.ask(`${PATH}?after=0`, { headers: { "last-event-id": "2" } });
    expect(idsOf(await eventsOf(response, 2))).toEqual([3, 4]);
  });

  it("shows only new entries when nothing is said", async () => {
    swarm.record(3);
    const response = await swarm.ask(PATH);
    swarm.record(1);
    expect(idsOf(await eventsOf(response, 1))).toEqual([3]);
  });

  it("can be asked for one scope, and passes the others by", async () => {
    swarm.record(150, "zone:other.example");
    swarm.record(1);
    const response = await swarm.ask(`${PATH}?after=-1&scope=${SCOPE}`);
    expect(idsOf(await eventsOf(response, 1))).toEqual([150]);
  });

  it.each(["after=x", "after=-2", "after=1.5", "after=01", "scope=x", "limit=0", "from=1"])(
    "refuses the query %s",
    async (query) => {
      expect(await problemOf(await swarm.ask(`${PATH}?${query}`))).toMatchObject({
        slug: "bad-query",
        status: 400,
      });
    },
  );

  it("refuses an id that was never one", async () => {
    const response = await swarm.ask(PATH, { headers: { "last-event-id": "abc" } });
    expect(response.status).toBe(400);
  });
});

const page = async (query: string): Promise<{ items: { index: number }[]; next: string }> => {
  const response = await swarm.ask(PATH + query, { headers: { accept: "application/json" } });
  return (await response.json()) as { items: { index: number }[]; next: string };
};

describe("GET events by page", () => {
  it("walks through the record", async () => {
    swarm.record(5);
    const first = await page("?limit=3");
    expect(first).toMatchObject({ items: [{ index: 0 }, { index: 1 }, { index: 2 }], next: "2" });
    const second = await page(`?limit=3&after=${first.next}`);
    expect(second).toMatchObject({ items: [{ index: 3 }, { index: 4 }], next: "4" });
    expect(await page(`?after=${second.next}`)).toEqual({ items: [], next: "4" });
    expect(await page("?after=latest")).toEqual({ items: [], next: "4" });
  });

  it("goes on past entries of other scopes", async () => {
    swarm.record(3, "zone:other.example");
    swarm.record(1);
    expect(await page(`?limit=3&scope=${SCOPE}`)).toEqual({ items: [], next: "2" });
    expect((await page(`?limit=3&scope=${SCOPE}&after=2`)).items).toHaveLength(1);
  });

  it("starts in an empty record", async () => {
    expect(await page("?after=latest")).toEqual({ items: [], next: "-1" });
  });
});

function open(signal = new AbortController().signal): ReadableStreamDefaultReader<string> {
  const stream = eventStream(swarm, { after: [-1], scope: null, signal });
  return stream.pipeThrough(decoder()).getReader();
}

/** Lets `seconds` pass with every read of an empty record, as a long poll does. */
const slow = (seconds: number): void => {
  let passed = 0;
  vi.spyOn(swarm.log, "read").mockImplementation(async ({ waitMs }) => {
    expect(waitMs).toBeLessThanOrEqual(10_000);
    passed += Math.min(seconds, waitMs / 1000);
    swarm.clock = instantAt(passed);
    return [];
  });
};

describe("eventStream", () => {
  it.each([4, 10])(
    "is never silent for 15 seconds, and ends by itself (reads take %i s)",
    async (seconds) => {
      slow(seconds);
      const reader = open();
      const chunks: string[] = [];
      for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
        chunks.push(chunk.value);
      }
      expect(chunks[0]).toBe("retry: 3000\n\n");
      expect(chunks.slice(1, -1).every((chunk) => chunk.startsWith(": "))).toBe(true);
      expect(chunks.length).toBeGreaterThan(LIFE_MS / 15_000);
      expect(chunks.length).toBeLessThan(LIFE_MS / 5_000 + 3);
      expect(chunks.at(-1)).toContain("retry: 3000");
      expect(Date.parse(swarm.clock)).toBe(Date.parse(instantAt(LIFE_MS / 1000)));
    },
  );

  it("fetches nothing while nobody reads", async () => {
    swarm.record(5000);
    const reader = open();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 20));
    // One in our stream and a few in the pipe of the test, never all of them.
    expect(swarm.reads.length).toBeLessThan(6);
    await reader.cancel();
  });
});

describe("the end of an eventStream", () => {
  it("stops when the client goes away", async () => {
    const left = new AbortController();
    slow(10);
    const reader = open(left.signal);
    await reader.read();
    left.abort();
    const rest: string[] = [];
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      rest.push(chunk.value);
    }
    expect(rest.length).toBeLessThan(5);
    const other = open();
    await other.cancel();
    const asked = vi.mocked(swarm.log.read).mock.calls.length;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(vi.mocked(swarm.log.read).mock.calls.length).toBeLessThanOrEqual(asked + 1);
  });

  it("does not spin when the record answers at once", async () => {
    const reader = open();
    await reader.read();
    const pending = reader.read();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(swarm.reads.length).toBeLessThan(4);
    await reader.cancel();
    await pending;
  });

  it("ends cleanly when the record cannot be read", async () => {
    const logged = vi.spyOn(console, "error").mockReturnValue();
    vi.spyOn(swarm.log, "read").mockRejectedValue(new Error("log away"));
    const reader = open();
    const chunks = [await reader.read(), await reader.read(), await reader.read()];
    expect(chunks.map(({ done }) => done)).toEqual([false, false, true]);
    expect(JSON.stringify(chunks)).not.toContain("log away");
    expect(logged).toHaveBeenCalledWith('{"event":"events_ended","message":"log away"}');
    logged.mockRestore();
  });
});
