import { z } from "zod";
import { digestOf, type Json, type JsonObject, textOf } from "../canonical.ts";
import {
  type Declarations,
  defineGoldenPath,
  type Expansion,
  listOf,
  mapOf,
  nameFor,
  type PathState,
  zoneOf,
} from "./golden-path.ts";
import { email, serviceName } from "./parameters.ts";
import { canonicalText } from "../kinds/txt-content.ts";
import { dkimKey, dkimText, dmarcText, spfText } from "./mail-records.ts";
import { MTA_STS_CODE } from "./mta-sts-code.ts";
import { isAt, text, workerOf } from "./worker-parts.ts";

/** RFC 7208: no more than ten look-ups, and each include is one at least. */
const SENDERS_MAX = 9;
const MTA_STS_SECONDS = 604_800;

const rsaKey = z.strictObject({
  selector: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
  public_key: z.string().regex(/^[A-Za-z0-9+/=]{0,1000}$/, "must be base64, without the armour"),
});

/** Members that version 1 had. */
const common = {
  senders: z
    .array(serviceName)
    .max(SENDERS_MAX)
    .default([])
    .meta({ description: "whose servers send for the domain, as in `include:`" }),
  dmarc_policy: z.enum(["none", "quarantine", "reject"]).default("quarantine"),
  report_to: email
    .optional()
    .meta({ description: "where reports go; left out: `dmarc` in the zone" }),
  dkim: z.array(rsaKey).max(20).default([]),
};
const mtaStsMode = z
  .enum(["off", "testing", "enforce"])
  .default("testing")
  .meta({ description: "whether other servers must use TLS to deliver (RFC 8461)" });

const parameters = z.strictObject({
  ...common,
  dkim: z.array(dkimKey).max(20).default([]).meta({ description: "public keys by selector" }),
  mta_sts: mtaStsMode,
});
const parametersV1 = z.strictObject(common);
const parametersV2 = z.strictObject({ ...common, mta_sts: mtaStsMode });
type Parameters = z.output<typeof parameters>;
type ParametersV1 = z.output<typeof parametersV1>;

/** Without the quotes that it may have been written with. */
const bare = (content: Json | undefined): string => canonicalText(textOf(content));

const recordsAt = (state: PathState, name: string): readonly JsonObject[] =>
  listOf(state.declared["dns_record"]).filter((record) => isAt(record, name, zoneOf(state).name));

const txtBefore = (state: PathState, name: string, starts: string): JsonObject | undefined =>
  recordsAt(state, name).find(
    ({ type, content }) => type === "TXT" && bare(content).toLowerCase().startsWith(starts),
  );

/** Mail servers that take mail; one `.` says that there is none (RFC 7505). */
const mailServers = (state: PathState): readonly string[] =>
  recordsAt(state, "@")
    .filter(({ type }) => type === "MX")
    .map(({ content, data }) => textOf(content) || textOf(mapOf(data)["target"]))
    .filter((server) => server !== "" && server !== ".")
    .map((server) => server.replace(/\.$/, "").toLowerCase())
    .toSorted();

function spfV1(given: ParametersV1, before: string | undefined): string {
  const terms = (before ?? "").split(/\s+/).slice(1);
  const kept = terms.filter((term) => term !== "" && !/^[-~?+]?all$/i.test(term));
  const wanted = given.senders.map((sender) => `include:${sender}`);
  const all = terms.includes("-all") || wanted.length + kept.length === 0 ? "-all" : "~all";
  return ["v=spf1", ...new Set([...kept, ...wanted]), all].join(" ");
}

const txt = (name: string, content: string): JsonObject => ({ name, type: "TXT", content });

const POLICIES = ["none", "quarantine", "reject"];

function dmarcV1(given: ParametersV1, before: string | undefined, zone: string): string {
  const declared = /\bp=(none|quarantine|reject)\b/.exec(before ?? "")?.[1] ?? "none";
  const at = Math.max(POLICIES.indexOf(declared), POLICIES.indexOf(given.dmarc_policy));
  return `v=DMARC1; p=${POLICIES[at]}; rua=mailto:${given.report_to ?? `dmarc@${zone}`}; adkim=r; aspf=r`;
}

/** Versions 1 and 2: alignment as loose as can be, reports to one address, a redirect without effect. */
function expandV1(given: ParametersV1, state: PathState): Expansion {
  const zone = zoneOf(state).name;
  const before = {
    spf: txtBefore(state, "@", "v=spf1"),
    dmarc: txtBefore(state, "_dmarc", "v=dmarc1"),
  };
  const records = [
    txt("@", spfV1(given, textOf(before.spf?.["content"]) || undefined)),
    txt("_dmarc", dmarcV1(given, textOf(before.dmarc?.["content"]) || undefined, zone)),
    ...given.dkim.map(({ selector, public_key: key }) =>
      txt(`${selector}._domainkey`, `v=DKIM1; k=rsa; p=${key}`),
    ),
  ];
  const superseded = Object.values(before).filter((record) => record !== undefined);
  return {
    declares: { dns_record: records },
    retires: { dns_record: superseded },
    notes: [],
  };
}

const SELECTORS = "no DKIM key was named: the sender's own instructions say which to publish";

function expandRecords(given: Parameters, state: PathState): Expansion {
  const zone = zoneOf(state).name;
  const before = {
    spf: txtBefore(state, "@", "v=spf1"),
    dmarc: txtBefore(state, "_dmarc", "v=dmarc1"),
  };
  const spf = spfText(given.senders, bare(before.spf?.["content"]) || undefined);
  const wanted = { policy: given.dmarc_policy, reportTo: given.report_to, zone };
  const dmarc = dmarcText(wanted, bare(before.dmarc?.["content"]) || undefined);
  return {
    declares: {
      dns_record: [
        txt("@", spf.content),
        txt("_dmarc", dmarc.content),
        ...given.dkim.map((key) => txt(`${key.selector}._domainkey`, dkimText(key))),
      ],
    },
    retires: { dns_record: Object.values(before).filter((record) => record !== undefined) },
    notes: [...spf.notes, ...dmarc.notes, ...(given.dkim.length === 0 ? [SELECTORS] : [])],
  };
}

/** What this path announces, in whatever mode; another announcement is somebody else's. */
const OURS = /^v=STSv1; id=(?:testing|enforce)/;

/** The policy is told by a Worker; a domain that has one elsewhere, or takes no mail, keeps what it has. */
function mtaSts(given: Pick<Parameters, "mta_sts" | "report_to">, state: PathState): Expansion {
  const servers = mailServers(state);
  const zone = zoneOf(state).name;
  const announced = recordsAt(state, "_mta-sts");
  const theirs =
    recordsAt(state, "mta-sts").length > 0 ||
    announced.some(({ content }) => !OURS.test(textOf(content)));
  const nothing = { declares: {}, retires: {}, notes: [] };
  if (given.mta_sts === "off")
    return announced.length === 0
      ? nothing
      : {
          ...nothing,
          notes: ["servers that know the policy keep to it for a week after it is gone"],
        };
  if (servers.length === 0)
    return { ...nothing, notes: ["the domain takes no mail, so there is no MTA-STS policy"] };
  const wanted = `v=TLSRPTv1; rua=mailto:${given.report_to ?? `tls-reports@${zone}`}`;
  const [reports] = recordsAt(state, "_smtp._tls");
  const records =
    reports === undefined || textOf(reports["content"]) === wanted
      ? [txt("_smtp._tls", wanted)]
      : [];
  if (theirs) return { ...nothing, declares: { dns_record: records } };
  const name = nameFor("mta-sts", zone, "");
  const policy = workerOf(name, MTA_STS_CODE, [
    text("MODE", given.mta_sts),
    text("MX", servers.join(" ")),
    text("MAX_AGE", String(MTA_STS_SECONDS)),
  ]);
  // The id has to change with the policy, and says nothing else: letters and digits, at most 32.
  const id = `${given.mta_sts}${digestOf(servers).slice(7, 23)}`;
  return {
    declares: {
      dns_record: [txt("_mta-sts", `v=STSv1; id=${id}`), ...records],
      worker: [policy],
      worker_domain: [{ hostname: `mta-sts.${zone}`, service: name, zone }],
    },
    retires: { dns_record: announced },
    notes: [],
  };
}

const both = (one: Declarations, other: Declarations): Declarations => ({
  ...other,
  dns_record: [...listOf(one["dns_record"]), ...listOf(other["dns_record"])],
});

const whole = (base: Expansion, more: Expansion): Expansion => ({
  declares: both(base.declares, more.declares),
  retires: both(base.retires, more.retires),
  notes: [...base.notes, ...more.notes],
});

export const emailAuthentication = defineGoldenPath({
  name: "email-authentication",
  version: 3,
  title: { en: "E-mail authentication", ko: "이메일 인증 DNS" },
  summary: {
    en: "SPF, DKIM, DMARC and MTA-STS, so that nobody else can send in the domain's name.",
    ko: "다른 사람이 도메인 이름으로 메일을 보내지 못하도록 SPF, DKIM, DMARC, MTA-STS를 설정합니다.",
  },
  needs: "zone",
  parameters,
  instance: () => "",
  expand: (given, state) => whole(expandRecords(given, state), mtaSts(given, state)),
  invariants: [
    {
      name: "SPF ends without a pass for everybody",
      holds: (declares) =>
        listOf(declares["dns_record"])
          .map(({ content }) => textOf(content))
          .filter((content) => content.startsWith("v=spf1"))
          .every((content) => /(?:[-~]all| redirect=\S+)$/i.test(content)),
    },
    {
      name: "there is one SPF and one DMARC record",
      holds: (declares) => {
        const contents = listOf(declares["dns_record"]).map(({ content }) => textOf(content));
        return ["v=spf1", "v=DMARC1"].every(
          (start) => contents.filter((content) => content.startsWith(start)).length === 1,
        );
      },
    },
  ],
  cost: [],
  risk: ["mail from senders that nobody named is treated as forged"],
  earlier: new Map([
    [
      1,
      {
        parameters: parametersV1,
        expand: (given, state) => expandV1(parametersV1.parse(given), state),
        // Version 2 tells other servers to use TLS, at first without turning mail away.
        upgrade: (given) => ({ ...given, mta_sts: "testing" }),
      },
    ],
    [
      2,
      {
        parameters: parametersV2,
        expand: (given, state) => {
          const read = parametersV2.parse(given);
          return whole(expandV1(read, state), mtaSts(read, state));
        },
        // Version 3 keeps stricter alignment, other addresses of reports and redirects, and knows keys of Ed25519.
        upgrade: (given) => given,
      },
    ],
  ]),
});
