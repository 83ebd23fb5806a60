/** The items of a list: what is taken, and how it is spelled when it comes back. */
import { z } from "zod";
import { formatAddressOrNetwork, parseNetwork } from "../model/network.ts";
import type { Kind } from "../store.ts";
import type { ListKind } from "./list.ts";

const Redirect = z.object({
  source_url: z.string(),
  target_url: z.string(),
  include_subdomains: z.boolean().optional(),
  preserve_path_suffix: z.boolean().optional(),
  preserve_query_string: z.boolean().optional(),
  status_code: z.literal([301, 302, 307, 308]).optional(),
  subpath_matching: z.boolean().optional(),
});

const Hostname = z.object({
  url_hostname: z.string(),
  exclude_exact_hostname: z.boolean().optional(),
});

const comment = z.string().max(500).nullish();

/** What is wrong with the form is refused at once; what is wrong with a value, by the operation. */
export const ITEM_FORM = {
  ip: z.object({ ip: z.string(), comment }),
  asn: z.object({ asn: z.number(), comment }),
  hostname: z.object({ hostname: Hostname, comment }),
  redirect: z.object({ redirect: Redirect, comment }),
} as const satisfies Readonly<Record<ListKind, z.ZodType>>;

export interface ItemValue {
  readonly ip?: string;
  readonly asn?: number;
  readonly hostname?: z.infer<typeof Hostname>;
  readonly redirect?: z.infer<typeof Redirect>;
}

export interface StoredItem extends ItemValue {
  readonly id: string;
  readonly comment?: string;
  readonly created_on: string;
  readonly modified_on: string;
}

/** By what an item is: two items of one list never say the same. */
export const LIST_ITEM: Kind<StoredItem> = { name: "list_item", key: (item) => identityOf(item) };

export function identityOf({ ip, asn, hostname, redirect }: ItemValue): string {
  return ip ?? redirect?.source_url ?? hostname?.url_hostname ?? String(asn);
}

/** A value that no list takes. */
export class BadItem extends Error {}

/** As the API gives it back. */
export function normalised(value: ItemValue): ItemValue {
  if (value.ip !== undefined) return { ip: storedIp(value.ip) };
  if (value.asn !== undefined) return { asn: storedAsn(value.asn) };
  if (value.hostname !== undefined) {
    const { url_hostname: name, ...rest } = value.hostname;
    return { hostname: { ...rest, url_hostname: storedHostname(name) } };
  }
  if (value.redirect === undefined) throw new BadItem("the item says nothing");
  return { redirect: storedRedirect(value.redirect) };
}

const PREFIX_MIN = { 4: 8, 6: 4 } as const;
const V6_NETWORK_MAX = 64;

/** A network of one address is that address; other networks lose their host bits. */
function storedIp(text: string): string {
  const network = parseNetwork(text);
  if (network === undefined) throw new BadItem(`'${text}' is not a valid IP address or network`);
  const { family, prefix } = network;
  const isAddress = prefix === (family === 4 ? 32 : 128);
  const isTooSmall = family === 6 && !isAddress && prefix > V6_NETWORK_MAX;
  if (prefix < PREFIX_MIN[family] || isTooSmall) {
    throw new BadItem(`'${text}' is not valid: the prefix length is not allowed`);
  }
  return formatAddressOrNetwork(network);
}

function storedAsn(asn: number): number {
  if (Number.isInteger(asn) && asn >= 1 && asn <= 4_294_967_295) return asn;
  throw new BadItem(`'${asn}' is not a valid autonomous system number`);
}

function storedHostname(name: string): string {
  const isWild = name.trim().startsWith("*.");
  const host = URL.parse(`http://${name.trim().slice(isWild ? 2 : 0)}`)?.hostname ?? "";
  const ascii = `${isWild ? "*." : ""}${host.replace(/\.$/, "")}`;
  if (/^(?:\*\.)?(?:[a-z0-9_-]{1,63}\.)+[a-z0-9-]{2,63}$/.test(ascii)) return ascii;
  throw new BadItem(`'${name}' is not a valid hostname`);
}

/** Host and scheme in lower case, and a path, as the redirect engine compares them. */
function storedRedirect(redirect: z.infer<typeof Redirect>): z.infer<typeof Redirect> {
  const { source_url: source, target_url: target } = redirect;
  if (URL.parse(target) === null) throw new BadItem(`'${target}' is not a valid target URL`);
  const [, scheme = "", host = "", path = ""] =
    /^(https?:\/\/)?([^/?#\s]+)([^\s]*)$/i.exec(source) ?? [];
  if (!/^[^.]+\..+$/.test(host)) throw new BadItem(`'${source}' is not a valid source URL`);
  const lowered = scheme.toLowerCase() + host.toLowerCase();
  return { ...redirect, source_url: path === "" ? `${lowered}/` : lowered + path };
}
