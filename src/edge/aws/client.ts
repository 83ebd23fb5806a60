/**
 * AWS's APIs, one call at a time, in paths and JSON like those of any provider. What goes out is handed to `fetch` unsigned
 * and with a path of ours: who signs knows the address (`connect.ts`), and this client knows no credential. Nothing is
 * retried here.
 */
import type { Json } from "../../core/canonical.ts";
import { type Answer, faulted, type ProviderApi, unavailable } from "../../core/provider-api.ts";
import type { ApiRequest } from "../../core/resource.ts";
import { type Address, addressOf, type Sub } from "./address.ts";
import { readAs, Unreadable, writeAs } from "./shapes.ts";
import { type Element, parseXml, XML_CHARS_MAX, xmlOf } from "./xml.ts";

/** How long one call may take. */
const TIMEOUT_MS = 20_000;
/** Where a request stands before it is signed. The name resolves nowhere: one that escapes goes to nobody. */
export const UNSIGNED_ORIGIN = "https://aws.invalid";
const NAMESPACES: Readonly<Record<Address["service"], string>> = {
  s3: "http://s3.amazonaws.com/doc/2006-03-01/",
  route53: "https://route53.amazonaws.com/doc/2013-04-01/",
  sts: "https://sts.amazonaws.com/doc/2011-06-15/",
};

export interface AwsApiOptions {
  /** Stands where others have a token: the name of a lease. Null: whoever sends has its own credential. */
  readonly lease: string | null;
  readonly fetch: (request: Request) => Promise<Response>;
}

interface Sent {
  readonly method: string;
  readonly target: string;
  readonly body: Json;
}

export class AwsApi implements ProviderApi {
  readonly #options: AwsApiOptions;

  constructor(options: AwsApiOptions) {
    this.#options = options;
  }

  get(path: string, query: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const search = new URLSearchParams(query)
      .toString()
      .replaceAll("+", "%20")
      .replaceAll("*", "%2A");
    const target = search === "" ? path : `${path}?${search}`;
    return this.#call({ method: "GET", target, body: null });
  }

  send({ method, path, body }: ApiRequest): Promise<Answer> {
    return this.#call({ method, target: path, body });
  }

  async #call(sent: Sent): Promise<Answer> {
    const address = addressOf(sent.target);
    if (address === null) return { type: "refused", status: 400, codes: [], detail: "NoAddress" };
    try {
      const response = await this.#options.fetch(this.#request(sent, address));
      return answerOf(response.status, await textOf(response), { sent, address });
    } catch (fault) {
      // An answer that cannot be read says nothing of what became of the call.
      return fault instanceof Unreadable
        ? unavailable(`an answer of another form: ${fault.message}`)
        : faulted(fault);
    }
  }

  #request({ method, target, body }: Sent, address: Address): Request {
    const { lease } = this.#options;
    const content = body === null ? null : bodyOf(address, body);
    return new Request(`${UNSIGNED_ORIGIN}${target}`, {
      method,
      redirect: "manual",
      headers: lease === null ? {} : { authorization: `Bearer lease:${lease}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(content === null ? {} : { body: content }),
    });
  }
}

/** A bucket of the first region is made without saying where. */
function bodyOf({ service, region, xml: { root, shape } }: Address, body: Json): string | null {
  if (root === "CreateBucketConfiguration" && region === "us-east-1") return null;
  return xmlOf(writeAs(shape, root, body), NAMESPACES[service]);
}

async function textOf(response: Response): Promise<string> {
  const length = Number(response.headers.get("content-length") ?? 0);
  if (length > XML_CHARS_MAX) {
    await response.body?.cancel();
    throw new Unreadable("too large");
  }
  return response.text();
}

/** Passing conditions, whatever their status: 400 for some of them, 409 and 503 for others. */
const THROTTLED = new Set([
  "Throttling",
  "ThrottlingException",
  "RequestLimitExceeded",
  "SlowDown",
  "PriorRequestNotComplete",
]);
const PASSING = new Set(["OperationAborted", "RequestTimeout"]);

function answerOf(
  status: number,
  text: string,
  { sent, address }: { readonly sent: Sent; readonly address: Address },
): Answer {
  if (status >= 300) return refusal(status, text);
  const xml: Sub | undefined = sent.method === "GET" ? address.xml : address.written;
  if (text.trim() === "" || xml === undefined) return { type: "ok", result: null, info: {} };
  const root = parseXml(text);
  if (!root.ok) throw new Unreadable(root.error);
  if (root.value.name !== xml.root) throw new Unreadable(`<${root.value.name.slice(0, 40)}>`);
  return { type: "ok", result: readAs(xml.shape, root.value), info: {} };
}

function refusal(status: number, text: string): Answer {
  const detail = codeIn(text);
  // In the word that all providers' limits go by.
  if (THROTTLED.has(detail)) return unavailable("status 429");
  if (status >= 500 || status === 429 || PASSING.has(detail))
    return unavailable(`status ${status}`);
  return { type: "refused", status, codes: [], ...(detail === "" ? {} : { detail }) };
}

/** `<Error><Code>` in S3, one element deeper elsewhere. Text from outside: letters and digits only. */
function codeIn(text: string): string {
  const root = parseXml(text);
  if (!root.ok) return "";
  const error = root.value.name === "Error" ? root.value : childOf(root.value, "Error");
  return (childOf(error, "Code")?.text ?? "").replaceAll(/[^A-Za-z0-9.]/g, "").slice(0, 64);
}

const childOf = (element: Element | undefined, name: string): Element | undefined =>
  element?.children.find((one) => one.name === name);
