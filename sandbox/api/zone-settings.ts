/** Zone settings: one by one, and all at once as the real API has long had it. */
import { z } from "zod";
import { ApiError, type Answer } from "../envelope.ts";
import { acceptSetting, SETTINGS, type SettingSpec } from "../model/setting-values.ts";
import { developmentModeSeconds, ZONE_SETTING, type StoredSetting } from "../model/zone-setting.ts";
import { zoneOf, type StoredZone } from "../model/zone.ts";
import type { Call, Operation } from "../product.ts";

function specOf(id: string): SettingSpec {
  const spec = SETTINGS[id];
  if (spec !== undefined) return spec;
  throw new ApiError(400, { code: 1006, message: `Unrecognized zone setting name: ${id}` });
}

function shown(id: string, zone: StoredZone, call: Call): Record<string, unknown> {
  const spec = specOf(id);
  const stored = call.shelf(ZONE_SETTING, zone.id).get(id);
  const value = stored?.value ?? spec.initial;
  if (id === "ssl_recommender") return { id, enabled: value };
  const editable = spec.hidesEditable === true ? {} : { editable: spec.editable !== false };
  const setting = { id, value, ...editable, modified_on: stored?.modified_on ?? null };
  if (id !== "development_mode") return setting;
  const remaining = Math.max(0, developmentModeSeconds(stored, call.now));
  return { ...setting, value: remaining > 0 ? "on" : "off", time_remaining: remaining };
}

function change(
  zone: StoredZone,
  wanted: { readonly id: string; readonly body: Readonly<Record<string, unknown>> },
  call: Call,
): Record<string, unknown> {
  const { id, body } = wanted;
  const spec = specOf(id);
  const given = body[id === "ssl_recommender" ? "enabled" : "value"];
  const value = acceptSetting(id, spec, given);
  if (spec.editable === false) {
    throw new ApiError(403, { code: 1015, message: `Not allowed to edit setting for ${id}` });
  }
  const stored: StoredSetting = { id, value, modified_on: call.timestamp };
  call.shelf(ZONE_SETTING, zone.id).put(stored);
  const response = shown(id, zone, call);
  call.changed({
    action: "update",
    resource: { id, type: "zone_setting", product: "zone_settings", scope: "zones" },
    zone: { id: zone.id, name: zone.name },
    request: body,
    response,
  });
  return response;
}

const settingId = (call: Call): string => call.param("setting_id");

const one = (call: Call): Answer => ({ result: shown(settingId(call), zoneOf(call), call) });

/** Newer ones that the old list of all never learned of: it shows only rows with a value and `editable`. */
const isListed = (row: Record<string, unknown>): boolean => "value" in row && "editable" in row;

function all(call: Call): Answer {
  const zone = zoneOf(call);
  return {
    result: Object.keys(SETTINGS)
      .map((id) => shown(id, zone, call))
      .filter(isListed),
  };
}

function edit(call: Call): Answer {
  const zone = zoneOf(call);
  const body = call.json(z.record(z.string(), z.unknown()));
  return { result: change(zone, { id: settingId(call), body }, call) };
}

const Items = z.object({ items: z.array(z.looseObject({ id: z.string() })).max(100) });

function editAll(call: Call): Answer {
  const zone = zoneOf(call);
  const { items } = call.json(Items);
  return { result: items.map((body) => change(zone, { id: body.id, body }, call)) };
}

const SETTINGS_PATH = "/zones/:zone_id/settings";
const SETTING_PATH = `${SETTINGS_PATH}/:setting_id`;

export const ZONE_SETTINGS: readonly Operation[] = [
  { method: "GET", path: SETTINGS_PATH, needs: "zone_settings:read", handle: all },
  { method: "PATCH", path: SETTINGS_PATH, needs: "zone_settings:write", handle: editAll },
  { method: "GET", path: SETTING_PATH, needs: "zone_settings:read", handle: one },
  { method: "PATCH", path: SETTING_PATH, needs: "zone_settings:write", handle: edit },
];
