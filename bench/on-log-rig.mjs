// A record of its own for one bench, and nothing left of it.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLogRig } from "../scripts/log-rig.mjs";

export const onLogRig = (measure) => async (context) => {
  const stateDir = await mkdtemp(join(tmpdir(), "driftless-log-"));
  const rig = await startLogRig({ stateDir });
  try {
    await measure({ rig, ...context });
  } finally {
    await rig.stop();
    await rm(stateDir, { recursive: true, force: true, maxRetries: 3 });
  }
};
