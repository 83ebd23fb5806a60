/** Who sends mail for others, by the names that people use, and the name to include in SPF. From the providers' own instructions. */
const SENDERS: readonly (readonly [RegExp, string])[] = [
  [/\bgoogle(?: workspace)?\b|\bgmail\b|\bg suite\b|구글|지메일/, "_spf.google.com"],
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

/** Known senders, and names that are not the zone's own. */
export const mailSendersIn = (
  text: string,
  hostnames: readonly string[],
  zone: string | null,
): readonly string[] => [
  ...new Set([
    ...SENDERS.flatMap(([pattern, name]) => (pattern.test(text) ? [name] : [])),
    ...hostnames.filter((host) => zone === null || (host !== zone && !host.endsWith(`.${zone}`))),
  ]),
];
