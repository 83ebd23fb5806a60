import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  homeOf,
  homesOf,
  objectAt,
  originAt,
  parseShardCount,
  type Place,
  placeOf,
  SHARDS_MAX,
} from "../../../src/core/log/shards.ts";

const scope = fc.stringMatching(/^[a-z][a-z0-9]{0,20}$/).map((name) => `zone:${name}.example`);
const count = fc.integer({ min: 1, max: SHARDS_MAX });

describe("a scope's shard", () => {
  it("is one of those there are, and the same whenever it is asked for", () => {
    fc.assert(
      fc.property(scope, count, (of, shards) => {
        const home = homeOf(of, shards);
        expect(home).toBe(homeOf(of, shards));
        expect(home).toBeGreaterThanOrEqual(0);
        expect(home).toBeLessThan(shards);
      }),
    );
  });

  it("stays when shards are added, or is one of the new ones", () => {
    fc.assert(
      fc.property(scope, count, count, (of, one, other) => {
        const [few, many] = [Math.min(one, other), Math.max(one, other)];
        const [before, after] = [homeOf(of, few), homeOf(of, many)];
        expect(after === before || after >= few).toBe(true);
        expect([...homesOf(of, [few, many])]).toEqual([...new Set([before, after])]);
      }),
    );
  });

  it("is the first for what is about no scope", () => {
    for (const of of ["record", "system", "", "example.com/log/shard/3"])
      expect(homeOf(of, SHARDS_MAX)).toBe(0);
  });

  it("spreads scopes evenly", () => {
    const homes = Array.from({ length: 8 }, () => 0);
    for (let at = 0; at < 8_000; at += 1) {
      const home = homeOf(`zone:z${at}.example`, 8);
      homes[home] = (homes[home] ?? 0) + 1;
    }
    for (const scopes of homes) expect(Math.abs(scopes - 1_000)).toBeLessThan(150);
  });

  it("never moves: these were recorded", () => {
    const named = ["zone:harbor-books.example", "zone:example.com", "zone:a.example"];
    expect(named.map((of) => [2, 3, 8, 64].map((shards) => homeOf(of, shards)))).toEqual([
      [0, 0, 0, 20],
      [1, 1, 5, 16],
      [1, 1, 7, 7],
    ]);
  });
});

describe("the record's logs", () => {
  it("have a name, an object and a place each", () => {
    const places: Place[] = [...Array.from({ length: SHARDS_MAX }, (_, at) => at), "root"];
    expect(new Set(places.map((place) => originAt("x.example/record", place))).size).toBe(65);
    for (const place of places) expect(placeOf(objectAt(place))).toBe(place);
    for (const other of ["record/", "record/shard/0", "record/shard/64", "record/shard/01", "x"])
      expect(placeOf(other)).toBeNull();
  });

  it("are as many as was said, or it is refused", () => {
    expect(parseShardCount("1")).toEqual({ ok: true, value: 1 });
    expect(parseShardCount("64")).toEqual({ ok: true, value: 64 });
    for (const text of ["0", "65", "", "3.0", "+3", "03", "many"])
      expect(parseShardCount(text).ok).toBe(false);
  });
});
