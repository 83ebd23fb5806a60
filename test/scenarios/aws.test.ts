/** An account of AWS beside Cloudflare: the same golden state, votes, vault and record (I1 to I4, I7 to I11). */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { ADMIN, AWS_ACCOUNT, AWS_SCOPE, type AwsAsked, signedFor } from "../support/aws.ts";
import { checkRecord } from "../support/check-world.ts";
import {
  api,
  apiJson,
  approved,
  BOOKS,
  control,
  drift,
  putGolden,
  reconcile,
  runs,
  settled,
  tick,
  vaultWrites,
} from "../support/world.ts";

const s3 = async (call: string, asked: AwsAsked = {}): Promise<string> => {
  const response = await env.CF_API.fetch(await signedFor(call, { key: ADMIN, ...asked }));
  const text = await response.text();
  if (!response.ok && response.status !== 404) throw new Error(`${call}: ${text}`);
  return text;
};

const HERE =
  "<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>";
const OPEN = "<PublicAccessBlockConfiguration/>";
const rule = (days: number): string =>
  `<LifecycleConfiguration><Rule><ID>end</ID><Filter><Prefix></Prefix></Filter><Status>Enabled</Status><Expiration><Days>${days}</Days></Expiration></Rule></LifecycleConfiguration>`;

const golden = (more = ""): string => `apiVersion: driftless.dev/v1
kind: GoldenState
metadata: { scope: "${AWS_SCOPE}" }
spec:
  resources:
    s3_bucket:
      - name: harbor-logs
        region: eu-central-1
        public_access_block: {}
        encryption: { algorithm: "aws:kms", bucket_key: true }
        versioning: enabled
        lifecycle: [{ ID: end, Expiration: { Days: 395 } }]
        tags: { owner: platform }
${more}`;

const scope = `/api/v1/scopes/${encodeURIComponent(AWS_SCOPE)}`;
const paths = async (): Promise<readonly string[]> =>
  (await vaultWrites()).map(({ method, path, query }) => `${method} ${path}?${query}`);

beforeAll(async () => {
  await control("POST", "/reset", {});
  await tick();
});

describe("an account of AWS", () => {
  it("is a scope, and what is in it is imported without a difference", async () => {
    const { items } = await apiJson<{ items: { scope: string; level: string }[] }>(
      "/api/v1/scopes",
    );
    expect(items).toContainEqual(
      expect.objectContaining({ scope: AWS_SCOPE, level: "aws_account" }),
    );
    await s3("PUT /older-logs", { body: HERE });
    await s3("PUT /older-logs?lifecycle", { body: rule(90) });
    const response = await api(`${scope}/import`, "dev-operator");
    const text = await response.text();
    expect(response.status, text).toBe(200);
    expect(text).toContain("older-logs");
    expect(text).toContain("Days: 90");
    expect((await putGolden(text, { scope: AWS_SCOPE })).status).toBe(200);
    await settled(AWS_SCOPE, ({ status }) => status === "in_sync");
    expect(await vaultWrites()).toEqual([]);
  });

  it("gets what is declared: voted for, recorded, written once, found so, and nothing more", async () => {
    await control("DELETE", "/journal");
    expect((await putGolden(golden(), { scope: AWS_SCOPE, ifMatch: '"1"' })).status).toBe(200);
    await reconcile(AWS_SCOPE);
    await settled(AWS_SCOPE, ({ status }) => status === "in_sync");
    expect(await paths()).toEqual([
      "PUT /aws/s3/harbor-logs?",
      "PUT /aws/s3/harbor-logs?encryption",
      "PUT /aws/s3/harbor-logs?versioning",
      "PUT /aws/s3/harbor-logs?lifecycle",
      "PUT /aws/s3/harbor-logs?tagging",
    ]);
    const [run] = await runs(AWS_SCOPE);
    expect(run?.phase).toBe("verified");
    expect(await s3("GET /harbor-logs?encryption")).toContain("aws:kms");
    expect(await s3("GET /harbor-logs?lifecycle")).toContain("<Days>395</Days>");
    await checkRecord();
    await control("DELETE", "/journal");
    await reconcile(AWS_SCOPE);
    expect(await vaultWrites()).toEqual([]);
  });

  it.each([
    ["opened to the public", "PUT /harbor-logs?publicAccessBlock", OPEN, "publicAccessBlock"],
    [
      "without its key",
      "PUT /harbor-logs?encryption",
      "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>",
      "encryption",
    ],
    [
      "without versions",
      "PUT /harbor-logs?versioning",
      "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>",
      "versioning",
    ],
    ["emptied sooner", "PUT /harbor-logs?lifecycle", rule(30), "lifecycle"],
  ])("a bucket that is %s is as declared again, by one write", async (...[, call, body, part]) => {
    await s3(call, { body });
    await control("DELETE", "/journal");
    await reconcile(AWS_SCOPE);
    await settled(AWS_SCOPE, ({ status }) => status === "in_sync");
    expect(await paths()).toEqual([`PUT /aws/s3/harbor-logs?${part}`]);
  });

  it("without its tags it gets them back, and nobody is known to have taken them", async () => {
    await s3("DELETE /harbor-logs?tagging");
    await control("DELETE", "/journal");
    await reconcile(AWS_SCOPE);
    await settled(AWS_SCOPE, ({ status }) => status === "in_sync");
    expect(await paths()).toEqual(["PUT /aws/s3/harbor-logs?tagging"]);
  });

  it("an end that objects do not have yet waits for a person", async () => {
    await s3("DELETE /harbor-logs?lifecycle");
    await control("DELETE", "/journal");
    await reconcile(AWS_SCOPE);
    expect((await drift(AWS_SCOPE)).status).not.toBe("in_sync");
    expect(await vaultWrites()).toEqual([]);
    await approved(AWS_SCOPE);
    await settled(AWS_SCOPE, ({ status }) => status === "in_sync");
    expect(await paths()).toEqual(["PUT /aws/s3/harbor-logs?lifecycle"]);
  });

  it.each([
    ["applied, and the reply was lost", { type: "drop_reply" }],
    ["applied, and answered with an error", { type: "status_after", status: 500 }],
    ["never arrived", { type: "drop_request" }],
    ["refused for its rate", { type: "status", status: 503 }],
  ])("a write that %s is made good and not repeated", async (how, effect) => {
    // Another drift each time: the same one coming straight back would be left to people (I14).
    const body = `<Tagging><TagSet><Tag><Key>edited</Key><Value>${how}</Value></Tag></TagSet></Tagging>`;
    await s3("PUT /harbor-logs?tagging", { body });
    await control("DELETE", "/journal");
    await control("PUT", "/faults", {
      rules: [
        {
          id: "write",
          match: { method: "PUT", path: "*/harbor-logs", token: "driftless-vault-write" },
          times: 1,
          effect,
        },
      ],
    });
    await reconcile(AWS_SCOPE);
    await settled(AWS_SCOPE, ({ status }) => status === "in_sync");
    expect((await vaultWrites()).filter(({ applied }) => applied)).toHaveLength(1);
    await control("DELETE", "/faults");
    await checkRecord();
  });

  it.each([
    ["is cut in the middle", { type: "malformed" }],
    ["lost its rows", { type: "empty_page" }],
  ])("a list that %s changes nothing (I8)", async (_, effect) => {
    await control("DELETE", "/journal");
    await control("PUT", "/faults", {
      rules: [{ id: "read", match: { method: "GET", path: "/aws/s3" }, times: 2, effect }],
    });
    await reconcile(AWS_SCOPE);
    await settled(AWS_SCOPE, ({ status }) => status === "in_sync");
    expect(await vaultWrites()).toEqual([]);
    await control("DELETE", "/faults");
  });
});

describe("records of Route 53", () => {
  const ZONE = "Z0HARBORBOOKSPUBLIC1";
  const RRSET = `/2013-04-01/hostedzone/${ZONE}/rrset`;
  const records = (): Promise<string> => s3(`GET ${RRSET}`, { service: "route53" });
  const change = (action: string, address: string): Promise<string> =>
    s3(`POST ${RRSET}`, {
      service: "route53",
      body: `<ChangeResourceRecordSetsRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><ChangeBatch><Changes><Change><Action>${action}</Action><ResourceRecordSet><Name>pay.harbor-books.example</Name><Type>A</Type><TTL>300</TTL><ResourceRecords><ResourceRecord><Value>${address}</Value></ResourceRecord></ResourceRecords></ResourceRecordSet></Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>`,
    });
  const RECORDS = `    route53_record:
      - { zone: harbor-books.example, name: pay, type: A, values: [192.0.2.80, 192.0.2.81] }
      - { zone: harbor-books.example, name: "*.preview", type: CNAME, ttl: 60, values: [preview.harbor-books.example] }
      - { zone: harbor-books.example, name: "@", type: TXT, values: ['harbor "books"'] }
      - { zone: harbor-books.example, name: status, type: A, values: [192.0.2.90] }
`;

  it("are made in one batch, followed until they are everywhere, and what was there is no drift", async () => {
    await control("PUT", "/options", { route53_propagation_ms: 400 });
    await control("DELETE", "/journal");
    const put = await putGolden(golden(RECORDS), { scope: AWS_SCOPE, ifMatch: '"2"' });
    expect(put.status, await put.text()).toBe(200);
    await reconcile(AWS_SCOPE);
    await settled(AWS_SCOPE, ({ status }) => status === "in_sync");
    expect(await paths()).toEqual([`POST /aws/route53${RRSET}?`]);
    expect(await records()).toContain("<Value>192.0.2.81</Value>");
    const { entries } = await control<{ entries: { path: string; token_name: string }[] }>(
      "GET",
      "/journal?limit=5000",
    );
    const polls = entries.filter(
      ({ path, token_name }) => path.includes("/change/") && token_name === "driftless-vault-write",
    );
    expect(polls.length).toBeGreaterThan(0);
    await control("PUT", "/options", { route53_propagation_ms: 0 });
    await checkRecord();
  });

  it("that somebody has changed are as declared again, in one batch that names what goes", async () => {
    await change("UPSERT", "203.0.113.66");
    await control("DELETE", "/journal");
    await reconcile(AWS_SCOPE);
    await settled(AWS_SCOPE, ({ status }) => status === "in_sync");
    const [write, ...more] = await vaultWrites();
    expect(more).toEqual([]);
    expect(JSON.stringify(write?.body)).toMatch(/DELETE.*203\.0\.113\.66.*CREATE.*192\.0\.2\.80/s);
    expect(await records()).not.toContain("203.0.113.66");
  });

  it.each([
    ["applied, and the reply was lost", { type: "drop_reply" }],
    ["never arrived", { type: "drop_request" }],
  ])("a batch that %s is made good and not repeated", async (how, effect) => {
    await change("UPSERT", `203.0.113.${how.length}`);
    await control("DELETE", "/journal");
    const match = { method: "POST", path: "*/rrset", token: "driftless-vault-write" };
    await control("PUT", "/faults", { rules: [{ id: "w", match, times: 1, effect }] });
    await reconcile(AWS_SCOPE);
    await settled(AWS_SCOPE, ({ status }) => status === "in_sync");
    expect((await vaultWrites()).filter(({ applied }) => applied)).toHaveLength(1);
    await control("DELETE", "/faults");
    await checkRecord();
  });
});

describe("an intent that names AWS", () => {
  const ask = (text: string, planOnly = true) =>
    apiJson<{
      id: string;
      phase: string;
      draft: { parts: { scope: string; changes: { kind: string; identity: string }[] }[] } | null;
      errors: { detail: string }[];
    }>("/api/v1/intents", "dev-operator", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ scope: BOOKS.scope, text, plan_only: planOnly }),
    });

  it.each([
    "Provision a PCI-DSS compliant service on AWS",
    "AWS에 PCI-DSS 규정을 준수하는 서비스를 구성해줘",
  ])("%s: the archive of its logs is at AWS, and the rest where it was", async (text) => {
    const { draft, errors } = await ask(text);
    expect(errors).toEqual([]);
    const scopes = draft?.parts.map((part) => part.scope);
    expect(scopes?.[0]).toBe(AWS_SCOPE);
    expect(scopes).toContain(BOOKS.scope);
    const changes = draft?.parts[0]?.changes.map(({ kind, identity }) => `${kind} ${identity}`);
    expect(changes).toEqual([
      `s3_bucket pci-harbor-books-example-logs-${AWS_ACCOUNT}`,
      "route53_record CAA harbor-books.example harbor-books.example",
    ]);
  });

  it("is carried out: first AWS, then the account, then the zone, and then there is nothing left", async () => {
    const text = "Provision a PCI-DSS compliant service on AWS";
    await control("DELETE", "/journal");
    const { id } = await ask(text, false);
    const amended = await vi.waitFor(
      async () => {
        const one = await apiJson<{
          phase: string;
          draft: { parts: { scope: string }[] } | null;
          amended: { scope: string }[];
        }>(`/api/v1/intents/${id}`);
        for (const { scope: each } of one.draft?.parts ?? []) {
          const [run] = await runs(each);
          if (run?.phase === "awaiting_approval") await approved(each);
        }
        expect(one.phase).toBe("amended");
        for (const { scope: each } of one.amended)
          expect((await drift(each)).status, each).toBe("in_sync");
        return one.amended.map((part) => part.scope);
      },
      { timeout: 28_000, interval: 200 },
    );
    expect(amended).toEqual([AWS_SCOPE, expect.stringMatching(/^account:/), BOOKS.scope]);
    const bucket = `pci-harbor-books-example-logs-${AWS_ACCOUNT}`;
    const called = (await paths()).map((one) => one.replace(bucket, "B"));
    expect(called.slice(0, 5)).toEqual([
      "PUT /aws/s3/B?",
      "PUT /aws/s3/B?encryption",
      "PUT /aws/s3/B?versioning",
      "PUT /aws/s3/B?lifecycle",
      "PUT /aws/s3/B?tagging",
    ]);
    expect(called.findIndex((one) => one.includes("/access/apps"))).toBeGreaterThan(
      called.findLastIndex((one) => one.includes("/aws/")),
    );
    const here = (call: string) => s3(call, { region: "us-east-1" });
    expect(await here(`GET /${bucket}?encryption`)).toContain("aws:kms");
    expect(await here(`GET /${bucket}?versioning`)).toContain("Enabled");
    expect(await here(`GET /${bucket}?publicAccessBlock`)).toMatch(/(?:<\w+>true<\/\w+>){4}/);
    expect(await here(`GET /${bucket}?lifecycle`)).toContain("<Days>395</Days>");
    await checkRecord();
    await control("DELETE", "/journal");
    expect(await ask(text, false)).toMatchObject({ phase: "amended", draft: { parts: [] } });
    await reconcile(AWS_SCOPE);
    expect(await vaultWrites()).toEqual([]);
  });

  it("asked in the scope of AWS it is sent to a zone's", async () => {
    const response = await api("/api/v1/intents", "dev-operator", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ scope: AWS_SCOPE, text: "Provision a PCI-DSS service" }),
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("scope of a zone");
  });
});
