/** The long way: every case instead of a few of each, larger numbers. */
export const isFull = process.env["DRIFTLESS_FULL"] === "1";
