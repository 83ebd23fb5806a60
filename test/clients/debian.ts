/** Debian's Cloudflare clients: installed once where that is possible, and run as they are. */
import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PACKAGES = ["python3-cloudflare", "python3-certbot-dns-cloudflare", "certbot", "lexicon"];
/** The first time takes a download of some 15 MB. */
const INSTALL_MS_MAX = 75_000;
const RUN_MS_MAX = 40_000;
const OUTPUT_MAX = 4 * 1024 * 1024;
const PYTHON = "/usr/bin/python3"; // Debian's own: the packages belong to it

interface Ran {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

interface Run {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly limitMs?: number;
  readonly killSignal?: NodeJS.Signals;
}

/** Ends with the process, at the latest at its time limit; then the process is killed by its pid. */
function run(command: string, args: readonly string[], given: Run = {}): Promise<Ran> {
  const { env = {}, stdin = "", limitMs = RUN_MS_MAX, killSignal = "SIGKILL" } = given;
  const limits = { timeout: limitMs, killSignal, maxBuffer: OUTPUT_MAX };
  return new Promise((resolve) => {
    const whole = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8", ...env };
    const child = execFile(
      command,
      args,
      // The Workers' variables, which their types add to every environment, are not ours to set.
      { ...limits, env: whole as unknown as NodeJS.ProcessEnv },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : (error.code ?? error.signal ?? "unknown");
        resolve({ code, stdout, stderr });
      },
    );
    child.stdin?.on("error", () => {}); // It has ended without reading it all.
    child.stdin?.end(stdin);
  });
}

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

async function areInstalled(): Promise<boolean> {
  if (!isExecutable("/usr/bin/dpkg-query") || !isExecutable(PYTHON)) return false;
  const { stdout } = await run("dpkg-query", ["-W", "-f", "${Status}\n", ...PACKAGES]);
  const installed = stdout.split("\n").filter((line) => line === "install ok installed");
  return installed.length === PACKAGES.length;
}

/** Resolves to why the clients cannot be had here; undefined when they are there. */
export async function whyMissing(): Promise<string | undefined> {
  if (process.env["SKIP_APT"] === "1") return "SKIP_APT=1";
  if (process.platform !== "linux") return `there is no apt on ${process.platform}`;
  if (await areInstalled()) return undefined;
  if (!isExecutable("/usr/bin/apt-get")) return "there is no apt-get";
  if (process.getuid?.() !== 0) return `not root, and not installed: ${PACKAGES.join(", ")}`;
  return await install();
}

async function install(): Promise<string | undefined> {
  const deadline = performance.now() + INSTALL_MS_MAX;
  const apt = (...args: string[]) => {
    const limitMs = Math.max(1, Math.round(deadline - performance.now()));
    const options = ["-qq", "-o", "DPkg::Lock::Timeout=30", "-o", "Acquire::Retries=0"];
    const timeouts = ["http", "https"].flatMap((of) => ["-o", `Acquire::${of}::Timeout=15`]);
    const env = { DEBIAN_FRONTEND: "noninteractive", ...proxies() };
    // Not SIGKILL: it would leave packages half unpacked.
    const within = { env, limitMs, killSignal: "SIGTERM" } as const;
    return run("apt-get", [...options, ...timeouts, ...args], within);
  };
  const get = ["install", "-y", "--no-install-recommends", ...PACKAGES];
  if ((await apt(...get)).code === 0) return undefined;
  await apt("update"); // the lists may be absent or old
  const { code, stderr } = await apt(...get);
  if (code === 0) return undefined;
  const [first = "no reason given"] = stderr.split("\n").filter((line) => line !== "");
  return `apt-get install failed (${code}): ${first}`;
}

/** Packages may have to come through whatever proxy this machine has. */
function proxies(): Record<string, string> {
  const names = ["http_proxy", "https_proxy", "no_proxy"];
  const all = [...names, ...names.map((name) => name.toUpperCase())];
  const given: Readonly<Record<string, string | undefined>> = { ...process.env };
  return Object.fromEntries(
    all.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])),
  );
}

/** A home of its own, without anybody's configuration; gone after `use`. */
export async function withHome<T>(use: (home: string) => Promise<T>): Promise<T> {
  const home = await mkdtemp(join(tmpdir(), "driftless-clients-"));
  try {
    return await use(home);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** Written so that only we can read it: certbot warns of anything else. */
export async function secretFile(home: string, name: string, text: string): Promise<string> {
  const file = join(home, name);
  await writeFile(file, text, { mode: 0o600 });
  return file;
}

/** Runs a script of `python/` and reads the JSON that it prints. */
export async function python<T>(
  script: string,
  args: readonly string[],
  { home, env = {}, stdin = "" }: { home: string } & Run,
): Promise<T> {
  const file = join(import.meta.dirname, "python", script);
  const closed = "http://127.0.0.1:9"; // whatever is not on this machine is refused at once
  const { code, stdout, stderr } = await run(PYTHON, ["-B", file, ...args], {
    stdin,
    env: {
      HOME: home,
      TLDEXTRACT_CACHE_PATH: home,
      http_proxy: closed,
      https_proxy: closed,
      no_proxy: "127.0.0.1",
      ...env,
    },
  });
  if (code !== 0) throw new Error(`${script} ended with ${code}: ${stderr.slice(-3_000)}`);
  const [last = ""] = stdout.trimEnd().split("\n").slice(-1);
  return JSON.parse(last) as T;
}
