/** The long way: every case instead of a few of each, larger numbers. */
export const isFull = import.meta.env["DRIFTLESS_FULL"] === "1";
