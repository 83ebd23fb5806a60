// The record in a process of its own, to be killed: `node log-rig-process.mjs <state directory> <shards>` prints its address.
import { startLogRig } from "../../scripts/log-rig.mjs";

const [stateDir, shards] = process.argv.slice(2);
const { url } = await startLogRig({ stateDir, shards: Number(shards) });
process.stdout.write(`${url}\n`);
