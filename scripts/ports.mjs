// A port that is taken is found before anything starts, and its message says which setting moves
// it.
import { createServer } from "node:net";
import { StartError } from "./start-error.mjs";

/** Resolves to the port that will be used: `wanted`, or any free one when that is 0. */
export async function freePort({ host, wanted, setting }) {
  const server = createServer();
  const listening = new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port: wanted, exclusive: true }, () => resolve(server.address().port));
  });
  try {
    return await listening;
  } catch (error) {
    throw new StartError(refusal({ host, wanted, setting, code: error.code }));
  } finally {
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  }
}

function refusal({ host, wanted, setting, code }) {
  if (code === "EADDRINUSE") return `port ${wanted} is in use; set ${setting} to a free one`;
  return `cannot listen on ${host}:${wanted}: ${code}; set ${setting} to another port`;
}
