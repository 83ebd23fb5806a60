import { PLACE } from "./places.ts";

/** Who sends mail for others, by the names that people use, and the name to include in SPF. From the providers' own instructions. */
const SENDERS: readonly (readonly [RegExp, string])[] = [
  [
    /\bgoogle(?: workspace)?\b|\bgmail\b|\bg suite\b|구글(?: ?워크스페이스)?|지메일/,
    "_spf.google.com",
  ],
  [
    /\bmicrosoft(?: 365)?\b|\boffice ?365\b|\bo365\b|\boutlook\b|\bexchange online\b|마이크로소프트|아웃룩/,
    "spf.protection.outlook.com",
  ],
  [/\bsend ?grid\b|센드그리드/, "sendgrid.net"],
  [/\bmailchimp\b|메일침프/, "servers.mcsv.net"],
  [/\bamazon ses\b|\baws ses\b|\bses\b/, "amazonses.com"],
  [/\bmailgun\b|메일건/, "mailgun.org"],
  [/\bzoho\b|조호/, "zohomail.com"],
  [/\bpostmark\b/, "spf.mtasv.net"],
  [/\bfastmail\b/, "spf.messagingengine.com"],
  [/\bzendesk\b|젠데스크/, "mail.zendesk.com"],
];

/** `via x.test`, `x.test에서 보내`: a name that only stands there may be the domain that is meant, and no sender. */
const sends = (host: string, text: string): boolean => {
  const name = host.replaceAll(".", "\\.");
  return new RegExp(
    `\\b(?:via|through|from|using|by|includ(?:e|es|ing)|allow|authori[sz]e|let|senders?|sends?|with|and|,) (?:only )?${name}|${name} ?(?:sends?|may|as (?:a )?sender|에서|[을를]? ?통해|[이가으]?로? ?(?:보내|발송))`,
  ).test(text);
};

/** Known senders, and names that are not the zone's own. */
export const mailSendersIn = (
  text: string,
  hostnames: readonly string[],
  zone: string | null,
): readonly string[] => [
  ...new Set([
    ...SENDERS.flatMap(([pattern, name]) => (pattern.test(text) ? [name] : [])),
    ...hostnames.filter(
      (host) =>
        (zone === null || (host !== zone && !host.endsWith(`.${zone}`))) && sends(host, text),
    ),
  ]),
];

export const withoutSenders = (text: string): string =>
  SENDERS.reduce((so, [pattern]) => so.replaceAll(new RegExp(pattern, "g"), PLACE), text);
