// The record in a process of its own, to be killed: `node log-rig-process.mjs <state directory>` prints its address.
import { startLogRig } from "../../scripts/log-rig.mjs";

const [stateDir] = process.argv.slice(2);
const { url } = await startLogRig({ stateDir });
process.stdout.write(`${url}\n`);
