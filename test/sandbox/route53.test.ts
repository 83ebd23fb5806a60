/** Route 53 as the sandbox has it: batches that happen as a whole, names in octal, pages, changes that take a moment. */
import { exports } from "cloudflare:workers";
import { beforeEach, expect, it } from "vitest";
import { type AwsKey, READER, signedFor } from "../support/aws.ts";

const control = (method: string, path: string, body: object): Promise<Response> =>
  exports.default.fetch(
    new Request(`http://sandbox/sandbox${path}`, { method, body: JSON.stringify(body) }),
  );
async function route53(call: string, body?: string, key?: AwsKey) {
  const asked = { service: "route53", ...(body ? { body } : {}), ...(key ? { key } : {}) } as const;
  const response = await exports.default.fetch(await signedFor(call, asked));
  return { status: response.status, text: await response.text() };
}

const ZONE = "/2013-04-01/hostedzone/Z0HARBORBOOKSPUBLIC1";
const set = (name: string, type: string, ...values: readonly string[]): string =>
  `<ResourceRecordSet><Name>${name}</Name><Type>${type}</Type><TTL>300</TTL><ResourceRecords>${values
    .map((value) => `<ResourceRecord><Value>${value}</Value></ResourceRecord>`)
    .join("")}</ResourceRecords></ResourceRecordSet>`;
const batch = (...changes: readonly (readonly [string, string])[]): string =>
  `<ChangeResourceRecordSetsRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><ChangeBatch><Changes>${changes
    .map(([action, of]) => `<Change><Action>${action}</Action>${of}</Change>`)
    .join("")}</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>`;
const change = (...changes: readonly (readonly [string, string])[]) =>
  route53(`POST ${ZONE}/rrset`, batch(...changes));
const names = async (query = ""): Promise<readonly string[]> =>
  [
    ...(await route53(`GET ${ZONE}/rrset${query}`)).text.matchAll(
      /<Name>([^<]+)<\/Name><Type>(\w+)/g,
    ),
  ].map(([, name, type]) => `${type} ${name}`);

const SEEDED = [
  "NS harbor-books.example.",
  "SOA harbor-books.example.",
  "TXT harbor-books.example.",
  "CNAME \\052.preview.harbor-books.example.",
  "A status.harbor-books.example.",
];

beforeEach(async () => {
  await control("POST", "/reset", { seed: "default" });
});

it("lists zones and record sets in its order, in pages", async () => {
  const zones = await route53("GET /2013-04-01/hostedzone?maxitems=1", undefined, READER);
  expect(zones.text).toContain("<IsTruncated>true</IsTruncated>");
  expect(zones.text).toContain("<NextMarker>Z0HARBORBOOKSPRIVATE</NextMarker>");
  expect(await names()).toEqual(SEEDED);
  const first = await route53(`GET ${ZONE}/rrset?maxitems=3`);
  expect(first.text).toContain(
    "<NextRecordName>\\052.preview.harbor-books.example.</NextRecordName>",
  );
  expect(await names("?maxitems=3&name=%5C052.preview.harbor-books.example.&type=CNAME")).toEqual(
    SEEDED.slice(3),
  );
});

it("changes are pending, and then everywhere", async () => {
  await control("PUT", "/options", { route53_propagation_ms: 60_000 });
  const made = await change(["CREATE", set("new.harbor-books.example", "A", "192.0.2.1")]);
  expect(made.text).toContain("<Status>PENDING</Status>");
  const id = /<Id>\/change\/(\w+)</.exec(made.text)?.[1];
  expect((await route53(`GET /2013-04-01/change/${id}`)).text).toContain("PENDING");
  await control("PUT", "/options", { route53_propagation_ms: 0 });
  expect((await route53(`GET /2013-04-01/change/${id}`)).text).toContain("INSYNC");
  expect((await route53("GET /2013-04-01/change/CNONE")).text).toContain("NoSuchChange");
});

it("a batch happens as a whole or not at all, and what is deleted is named exactly", async () => {
  const wrong = await change(
    ["CREATE", set("new.harbor-books.example", "A", "192.0.2.1")],
    ["DELETE", set("status.harbor-books.example", "A", "192.0.2.1")],
  );
  expect(wrong).toMatchObject({ status: 400 });
  expect(wrong.text).toContain("the values provided do not match the current values");
  expect(await names()).toEqual(SEEDED);
  const right = await change(
    ["DELETE", set("STATUS.harbor-books.example.", "A", "192.0.2.90")],
    ["CREATE", set("status.harbor-books.example", "CNAME", "pages.example")],
  );
  expect(right.status, right.text).toBe(200);
  expect(await names()).toContain("CNAME status.harbor-books.example.");
});

it.each([
  ["CREATE", set("status.harbor-books.example", "A", "192.0.2.9"), "already exists"],
  ["DELETE", set("gone.harbor-books.example", "A", "192.0.2.9"), "was not found"],
  ["CREATE", set("www.other.example", "A", "192.0.2.9"), "not permitted in zone"],
  ["CREATE", set("x.harbor-books.example", "A", "999.0.2.9"), "Invalid Resource Record"],
  ["CREATE", set("status.harbor-books.example", "CNAME", "a.example"), "conflicts"],
  ["CREATE", set("harbor-books.example", "CNAME", "a.example"), "at apex"],
  ["CREATE", set("t.harbor-books.example", "TXT", "bare"), "Invalid Resource Record"],
])("%s %s is refused: %s", async (action, of, problem) => {
  const reply = await change([action, of]);
  expect(reply.status).toBe(400);
  expect(reply.text).toContain("<Code>InvalidChangeBatch</Code>");
  expect(reply.text).toContain(problem);
});

it("who may only read changes nothing, and a zone that is not there is told", async () => {
  const body = batch(["CREATE", set("x.harbor-books.example", "A", "192.0.2.9")]);
  expect((await route53(`POST ${ZONE}/rrset`, body, READER)).status).toBe(403);
  expect((await route53("GET /2013-04-01/hostedzone/Z9/rrset")).text).toContain("NoSuchHostedZone");
});
